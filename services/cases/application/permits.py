"""Who may act on a case: how far a grant must reach, held against the case as it is.

Each answers a check that the stream calls with the state that the command meets.
"""

from collections.abc import Callable, Collection
from hmac import compare_digest

from libs.query.reach import Jurisdiction, Permit, Reach
from libs.rules.areas import parent_of
from libs.rules.terms import Recipient
from services.cases.domain import refusals
from services.cases.domain.case import pause_refusals
from services.cases.domain.case.situations import Case, NotOpened, Opened, body_of
from services.cases.domain.clocks import ClockKind, escalated

Check = Callable[[Case], None]
"""Refuses unless the caller may act on the case as the command meets it."""


def for_body(reach: Callable[[], Reach]) -> Check:
    """The caller acts for the body that must answer. A grant for an area alone is not enough.

    `reach` is asked when the case is at hand: asking counts as a check.
    """

    def check(case: Case) -> None:
        opened = as_opened(case)
        body, area_path = body_of(opened), opened.file.area_path
        for_bodies = Reach(tuple(limit for limit in reach().limits if limit.body or not limit.path))
        for_bodies.require(area_path=area_path, body=body)

    return check


def for_affair(require: Callable[[str], None]) -> Check:
    """The caller may act on matters of the affair; `require` refuses one that is beyond a delegation."""
    return lambda case: require(as_opened(case).file.affair_id)


def for_pause(reach: Callable[[], Reach], working: Callable[[], Reach]) -> Check:
    """The caller decides on the pause that a body requested: for the area up, and not for that body.

    `reach` is asked when the case is at hand: asking counts as a check. `working`: the
    caller's reach by `cases.work`.
    """

    def check(case: Case) -> None:
        opened = as_opened(case)
        file, body_id = opened.file, body_of(opened)
        request = file.pause_request
        area_path = request.area_path if request else parent_of(file.area_path) or file.area_path
        reach().require(area_path=area_path)
        if working().names(body_id):
            raise pause_refusals.pause_decided_by_requester()

    return check


def deciding(case: Case) -> Jurisdiction:
    """The area that decides who answers: that of the case, or the next one up."""
    return Jurisdiction(area_path=as_opened(case).file.deciding_path)


def area(case: Case) -> Jurisdiction:
    """The area of the case."""
    return Jurisdiction(area_path=as_opened(case).file.area_path)


def area_and_body(case: Case) -> Jurisdiction:
    """The area of the case and the body that answers: a grant for either is enough."""
    opened = as_opened(case)
    file = opened.file
    return Jurisdiction(area_path=file.area_path, body_id=body_of(opened), affair_id=file.affair_id)


def for_reporter(
    is_caller: Callable[[str], None], mine: Callable[[], Collection[str]], importing: Reach
) -> Check:
    """The caller is the reporter; or imports history of the area, in which others acted.

    Whoever reported a case that was merged into this one is a reporter, too.

    `is_caller` refuses an id that is not the caller's. `mine` (the caller's ids) is asked when the case is at
    hand: asking counts as a check.
    """

    def check(case: Case) -> None:
        file, ids = as_opened(case).file, mine()
        reported = any(each.reporter_id in ids for each in file.reports)
        if not reported and not importing.covers(area_path=file.area_path):
            is_caller(file.reporter_id or "")

    return check


def for_outsider(working: Callable[[], Reach]) -> Check:
    """The caller does not work for the body that has the case. `working`: their reach by `cases.work`."""

    def check(case: Case) -> None:
        if working().names(body_of(as_opened(case))):
            raise refusals.works_for_the_body()

    return check


def for_no_stand_in(ids: Collection[str], stood_in: Callable[[str, Collection[str]], bool]) -> Check:
    """None of these people did anything on the case in the place of the body that has it.

    `stood_in` says of a case whether one of them did.
    """

    def check(case: Case) -> None:
        if stood_in(as_opened(case).file.case_id, ids):
            raise refusals.works_for_the_body()

    return check


def for_addressee(
    holding: Callable[[Recipient], Reach], reach: Callable[[], Reach], clock: ClockKind, level: int
) -> Check:
    """The caller holds the role that a level of the escalation tells, in the area that it tells.

    `holding` gives the caller's reach by a role; `reach` is asked when the case is at hand: asking counts
    as a check.
    """

    def check(case: Case) -> None:
        file = as_opened(case).file
        reach().require(area_path=file.area_path)
        if told := escalated(file.clocks, clock, level):
            step, _ = told
            holding(step.recipient).require(area_path=step.area_path)

    return check


def for_receipt(digest: str) -> Check:
    """The caller has shown the receipt of the case; `digest` is what would be stored of their code."""

    def check(case: Case) -> None:
        receipt = None if isinstance(case, NotOpened) else case.file.receipt
        if receipt is None or not compare_digest(receipt, digest):
            raise refusals.receipt_refused()

    return check


def for_report(case_id: str) -> Check:
    """The case is about a report that is known to be the caller's."""

    def check(case: Case) -> None:
        if all(each.case_id != case_id for each in as_opened(case).file.reports):
            raise refusals.receipt_refused()

    return check


def all_of(*checks: Check) -> Check:
    """Each of the checks, in their order."""

    def check(case: Case) -> None:
        for each in checks:
            each(case)

    return check


def both(first: Check, dating: Permit) -> Check:
    """The check, and for a command that is dated back that of importing history here."""
    return all_of(first, lambda case: dating(area(case)))


def as_opened(case: Case) -> Opened:
    """The case, if there is one. Raises CASE_NOT_FOUND."""
    if isinstance(case, NotOpened):
        raise refusals.case_not_found()
    return case
