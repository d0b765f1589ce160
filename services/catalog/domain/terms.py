"""Which terms a commitment may have: what a clumsy clerk would promise by mistake is refused."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import pairwise

from libs.rules.due import Limit, Unit
from libs.rules.terms import Choice, Escalation, EscalationLevel, Level, Pauses, Terms
from services.catalog.domain import refusals

LONGEST = 31
"""The most days that adjudication, an acknowledgement or an answer should take; more is a slip of the pen."""
LONGEST_AFTER = 366
"""The same, for the time from a due moment to a level of the escalation."""


def checked(terms: Terms) -> None:
    """Refuse terms that contradict each other, or are longer than such terms ever should be."""
    if terms.first_response is None and terms.resolution is None:
        raise refusals.commitment_is_empty()
    for field, first, last in (
        ("answer", terms.answer, terms.first_response or terms.resolution),
        ("dispatch", terms.dispatch, terms.first_response or terms.resolution),
        ("first_response", terms.first_response, terms.resolution),
        ("pauses.limit", terms.pauses.limit, terms.resolution),
    ):
        if first and last and longer(first, last):
            raise refusals.limits_contradict(field)
    _check_length(terms.adjudication, LONGEST, "adjudication")
    _check_length(terms.escalation.acknowledgement, LONGEST, "escalation.acknowledgement")
    for party, limit in (
        ("resident", terms.messages.resident),
        ("community", terms.messages.community),
        ("department", terms.messages.department),
    ):
        _check_length(limit, LONGEST, f"message_limits.{party}")
    _check_pauses(terms.pauses)
    _check_escalation(terms.escalation)
    check_choices(terms.reject_reasons, "reject_reasons")


def check_choices(choices: Iterable[Choice], field: str) -> None:
    """Refuse a list with a code twice, or with an entry that has no name."""
    codes = set[str]()
    for each in choices:
        if each.code in codes:
            raise refusals.code_is_repeated(field, each.code)
        if not (each.zh or each.en):
            raise refusals.name_is_missing(field)
        codes.add(each.code)


def longer(first: Limit, last: Limit) -> bool:
    """Whether one limit is certainly longer than another.

    Limits of different kinds (hours of work and days of work, or either and days of the calendar) cannot be
    compared without a calendar and a moment to count from.
    """
    if first.unit is last.unit:
        return first.amount > last.amount
    if first.unit.counts_work or last.unit.counts_work:
        return False
    return _time(first) > _time(last)


def _check_pauses(pauses: Pauses) -> None:
    field = "pauses.reasons"
    check_choices((each.reason for each in pauses.reasons), field)
    if any(longer(each.limit, pauses.limit) for each in pauses.reasons):
        raise refusals.limits_contradict(field)


def _check_escalation(escalation: Escalation) -> None:
    field = "escalation.levels"
    for level in escalation.levels:
        if (level.after is None) == (level.percent == 0) or 0 < level.percent < 100:
            raise refusals.escalation_moment_is_invalid()
        if level.after is not None:
            _check_length(level.after, LONGEST_AFTER, field)
    levels = list(Level)
    for first, next_ in pairwise(escalation.levels):
        if not _earlier(first, next_) or levels.index(next_.level) > levels.index(first.level):
            raise refusals.escalation_is_out_of_order()


def _earlier(first: EscalationLevel, next_: EscalationLevel) -> bool:
    """Whether a level certainly comes before another; the due moment comes before all that is after it."""
    if first.after is None:
        return next_.percent > first.percent or (next_.after is not None and first.percent == 100)
    return next_.after is not None and longer(next_.after, first.after)


def _check_length(limit: Limit, days: int, field: str) -> None:
    if _time(limit) > timedelta(days=days):
        raise refusals.limit_is_too_long(field, days)


def _time(limit: Limit) -> timedelta:
    """The least time that a limit takes, day and night."""
    if limit.unit in (Unit.WORKING_HOURS, Unit.CALENDAR_HOURS):
        return timedelta(hours=limit.amount)
    return timedelta(days=limit.amount)
