"""A deadline is explained: what was counted, by which version of the calendar, and which pauses moved it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from libs.rules.due import Limit, Unit
from libs.rules.working_time import Versions
from libs.testkit.clocks import moment
from services.cases.domain.clocks import Deadline, promise, resumed
from services.cases.domain.explaining import Pause, Span, explained
from services.cases.tests.domain.history import COMMITMENT, MONDAY, OFFICE, TERMS, after, resolution_deadline

ONE = replace(OFFICE, version=1)
SHORT = replace(OFFICE, version=2, week=(((9 * 60, 12 * 60),),) * 5 + ((), ()))
WEDNESDAY = moment("2022-01-05 00:00")


def promised(limit: Limit, calendar: Versions) -> Deadline:
    terms = replace(TERMS, first_response=None, resolution=limit)
    [deadline] = promise(replace(COMMITMENT, terms=terms), calendar, MONDAY)
    return deadline


@pytest.mark.capability("002.3")
def test_each_span_names_the_version_that_counted_it() -> None:
    calendar = Versions.of(ONE).then(SHORT, WEDNESDAY)
    deadline = promised(Limit(amount=20, unit=Unit.WORKING_HOURS), calendar)

    explanation = explained(deadline, MONDAY, (), calendar)

    assert [(span.start.day, span.end.hour, span.version) for span in explanation.spans] == [
        (3, 17, 1),
        (4, 17, 1),
        (5, 12, 2),
        (6, 10, 2),
    ]
    assert explanation.counted == timedelta(hours=20)


def test_what_lies_in_a_pause_is_not_counted() -> None:
    calendar, pause = Versions.of(ONE), Pause(start=after(hours=2), end=after(hours=26))
    later = resumed(resolution_deadline(), after(hours=2), after(hours=26), calendar)

    explanation = explained(later, MONDAY, (pause,), calendar)

    assert explanation.pauses == ((pause, timedelta(hours=8)),)
    assert explanation.counted == timedelta(hours=24)
    assert not [span for span in explanation.spans if pause.start < span.start < after(hours=26)]


def test_day_and_night_are_one_span_of_no_version() -> None:
    calendar = Versions.of(ONE)
    deadline = promised(Limit(amount=72, unit=Unit.CALENDAR_HOURS), calendar)

    explanation = explained(deadline, MONDAY, (), calendar)

    assert explanation.spans == (Span(start=MONDAY, end=after(days=3), version=0),)


def test_a_pause_after_the_limit_was_used_up_moved_nothing() -> None:
    calendar, pause = Versions.of(ONE), Pause(start=after(days=9), end=after(days=10))

    explanation = explained(resolution_deadline(), MONDAY, (pause,), calendar)

    assert explanation.pauses == ((pause, timedelta()),)
    assert explanation.counted == timedelta(hours=24)


def test_a_pause_that_lasts_has_moved_nothing_yet() -> None:
    pause = Pause(start=after(hours=2), end=None)

    assert explained(resolution_deadline(), MONDAY, (pause,), Versions.of(ONE)).pauses == (
        (pause, timedelta()),
    )


def test_a_due_moment_beyond_what_the_calendar_knows_is_said_to_be() -> None:
    known = replace(OFFICE, known_until=date(2022, 1, 5))
    deadline, calendar = resolution_deadline(), Versions.of(known)  # due on Thursday the sixth

    explanation = explained(deadline, MONDAY, (), calendar)

    assert (explanation.known_until, explanation.beyond) == (date(2022, 1, 5), True)
    longer = Versions.of(replace(known, known_until=date(2022, 1, 6)))
    assert not explained(deadline, MONDAY, (), longer).beyond


def test_what_counts_day_and_night_needs_no_holidays() -> None:
    known = Versions.of(replace(OFFICE, known_until=date(2021, 12, 31)))
    deadline = promised(Limit(amount=3, unit=Unit.CALENDAR_HOURS), known)

    explanation = explained(deadline, MONDAY, (), known)

    assert (explanation.known_until, explanation.beyond) == (None, False)
