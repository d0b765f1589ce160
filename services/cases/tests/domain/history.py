"""Words for tests of cases: events and commands with arbitrary but speaking values."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from libs.ledger.personal import Personal
from libs.rules.areas import AreaPath
from libs.rules.due import Limit, Unit
from libs.rules.routing import Decision, Question, Responsibility, route
from libs.rules.terms import OUTCOMES, standard
from libs.rules.working_time import ROUND_THE_CLOCK, Calendar, Hours
from services.cases.domain.case.commands import (
    ApprovePause,
    Facts,
    OpenCase,
    PauseCase,
    ReassignCase,
    RefusePause,
    RequestPause,
    ResolveCase,
)
from services.cases.domain.case.events import CaseClosed, CaseOpened, CaseRejected, CaseResolved, CaseRouted
from services.cases.domain.case.terms import USUAL, CaseTerms
from services.cases.domain.clocks import ClockKind, Commitment, Deadline, promise
from services.cases.domain.values import Channel, Closing

CASE_ID = "c41d"
PUBLIC_ID = "LL-7F3K9-2QD4X"
ROADS = "roads-department"
PARKS = "parks-department"
STREET = AreaPath("city/harbour/mole-street")
MONDAY = datetime(2022, 1, 3, 9, 0, tzinfo=UTC)
ELEVEN = MONDAY + timedelta(hours=2)
"""A pause for the weather from then on ends on Wednesday at eleven, unless a longer one is approved."""
IN_THREE_WEEKS = datetime(2022, 1, 24, 11, 0, tzinfo=UTC)
OFFICER, ABOVE = "rob", "ada-of-the-district"

OFFICE_DAY: Hours = ((9 * 60, 17 * 60),)
OFFICE = Calendar(zone="UTC", week=(OFFICE_DAY,) * 5 + ((), ()))
ALWAYS = Calendar(zone="UTC", week=(ROUND_THE_CLOCK,) * 7)

TWO_HOURS = Limit(amount=2, unit=Unit.WORKING_HOURS)
THREE_DAYS = Limit(amount=3, unit=Unit.WORKING_DAYS)
TERMS = standard(first_response=TWO_HOURS, resolution=THREE_DAYS)
COMMITMENT = Commitment(commitment_id="potholes", version=4, terms=TERMS, calendar_id="office")


CASE_TERMS = CaseTerms.of(TERMS, OUTCOMES)


def after(**delta: float) -> datetime:
    """A moment some time after the Monday morning on which everything begins."""
    return MONDAY + timedelta(**delta)


def deadlines(at: datetime = MONDAY) -> tuple[Deadline, ...]:
    """First response by 11:00 on the same day, resolution by Thursday 09:00."""
    return promise(COMMITMENT, OFFICE, at)


def resolution_deadline() -> Deadline:
    """That of the resolution clock."""
    return next(deadline for deadline in deadlines() if deadline.clock is ClockKind.RESOLUTION)


ROADS_ANSWER = Responsibility(
    item_id="item-1",
    version=2,
    affair_id="potholes",
    area_id="city",
    body_id=ROADS,
    valid_from=datetime(2020, 1, 1, tzinfo=UTC),
)


def resolve(at: datetime, **changes: object) -> ResolveCase:
    """The body says that it is dealt with."""
    return replace(ResolveCase(outcome_code="resolved", at=at), **changes)  # type: ignore[arg-type]  # named by the tests


def resolved(at: datetime, **changes: object) -> CaseResolved:
    """It said so; the reporter has a week to answer."""
    said = CaseResolved(
        body_id=ROADS,
        on_time=True,
        outcome=None,
        outcome_code="resolved",
        confirm_until=at + timedelta(days=7),
        at=at,
    )
    return replace(said, **changes)  # type: ignore[arg-type]  # named by the tests


def closed(at: datetime, cause: Closing = Closing.SILENCE) -> CaseClosed:
    """Ended; for thirty days it may be reopened."""
    return CaseClosed(body_id=ROADS, cause=cause, reopen_until=at + timedelta(days=30), at=at)


def rejected(at: datetime, body_id: str | None = ROADS) -> CaseRejected:
    """A dispatcher found it unclear; for thirty days the reporter may object."""
    until = at + timedelta(days=30)
    return CaseRejected(body_id=body_id, reason_code="unclear", reopen_until=until, at=at)


def pause(at: datetime, reason_code: str = "weather") -> PauseCase:
    """Work waits."""
    return PauseCase(reason_code=reason_code, calendars={"office": OFFICE}, at=at)


def request_pause(at: datetime = ELEVEN, until: datetime = IN_THREE_WEEKS, **changes: object) -> RequestPause:
    """The officer at the roads department requests a pause beyond the limit."""
    request = RequestPause(
        reason_code="weather", until=until, requested_by=OFFICER, calendars={"office": OFFICE}, at=at
    )
    return replace(request, **changes)  # type: ignore[arg-type]  # named by the tests


def approve_pause(at: datetime, pause_id: str = "pause-1", by: str = ABOVE) -> ApprovePause:
    """The district lets work wait."""
    return ApprovePause(pause_id=pause_id, decided_by=by, calendars={"office": OFFICE}, at=at)


def refuse_pause(at: datetime, pause_id: str = "pause-1", by: str = ABOVE) -> RefusePause:
    """It does not."""
    return RefusePause(pause_id=pause_id, decided_by=by, at=at)


PARKS_ANSWER = replace(ROADS_ANSWER, item_id="item-2", body_id=PARKS)


def reassign(to: str, *, known: bool = True, **delta: float) -> ReassignCase:
    """A dispatcher names a body, by a decree."""
    return ReassignCase(
        body_id=to, body_known=known, legal_basis="Decree 7", calendars={"office": OFFICE}, at=after(**delta)
    )


def decision(*items: Responsibility, at: datetime = MONDAY) -> Decision:
    """What the router says for a pothole in Mole Street."""
    question = Question(affair_path="roads/potholes", area_path=STREET, at=at, known=17)
    return route(items, question)


def facts(*items: Responsibility, anonymous_allowed: bool = False, promised: bool = True) -> Facts:
    """What is known about a pothole in Mole Street."""
    return Facts(
        affair_path="roads/potholes",
        area_path=STREET,
        anonymous_allowed=anonymous_allowed,
        responsibilities=items,
        commitment=COMMITMENT if promised else None,
        terms=CASE_TERMS if promised else USUAL,
        calendar=OFFICE if promised else None,
        known=17,
    )


def open_case(known: Facts | None = None, **changes: object) -> OpenCase:
    """Mrs Lin reports a pothole by telephone."""
    fields: dict[str, object] = {
        "case_id": CASE_ID,
        "public_id": PUBLIC_ID,
        "channel": Channel.PHONE_OPERATOR,
        "facts": known or facts(ROADS_ANSWER),
        "at": MONDAY,
        "reporter_id": "resident-lin",
        "reporter_known": True,
        "description": "a hole as deep as a bucket",
    }
    return OpenCase(**{**fields, **changes})  # type: ignore[arg-type]  # named by the tests


def opened(*, promised: bool = True, imported: bool = False) -> CaseOpened:
    """Her report, taken in."""
    return CaseOpened(
        case_id=CASE_ID,
        public_id=PUBLIC_ID,
        affair_id="potholes",
        area_path=STREET,
        channel=Channel.PHONE_OPERATOR,
        at=MONDAY,
        deadlines=deadlines() if promised else (),
        terms=CASE_TERMS if promised else USUAL,
        reporter_id="resident-lin",
        imported=imported,
        redrawn=False,
        description=Personal("resident-lin", "a hole as deep as a bucket"),
    )


def routed() -> CaseRouted:
    """To the roads department."""
    return CaseRouted(body_id=ROADS, decision=decision(ROADS_ANSWER), at=MONDAY)
