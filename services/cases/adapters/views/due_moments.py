"""Which case's clocks have something to say next, and when? And which moments passed too early?"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NotRequired, TypedDict, cast

from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Row, Rows, Table, View, Views
from libs.messaging.clocks import Moment
from libs.query.conditions import Condition
from libs.query.freshness import Fresh, PageQuery
from libs.query.listing import Listing
from libs.query.paging import ascending
from libs.query.reach import Reach
from libs.rules.areas import AreaPath
from services.cases.application.ports import EarlyCase, EarlyMoment
from services.cases.domain.case import CASE, events
from services.cases.domain.case.commands import CaseCommand, PassMoments
from services.cases.domain.clocks import ClockKind, Deadline, MomentKind

COLUMNS = {MomentKind.WARNING: ("warned", "warn_time"), MomentKind.BREACH: ("breached", "due_time")}
"""Of each moment of a clock: whether it has passed, and when it is due."""
RESPONSE, RESOLUTION = ClockKind.FIRST_RESPONSE.value, ClockKind.RESOLUTION.value


class DueRow(TypedDict):
    """The clocks of a case, and when it closes by itself; `next_time` is set while something is to come."""

    case_id: str
    area_path: AreaPath
    held: bool
    first_response_warn_time: NotRequired[datetime | None]
    first_response_due_time: NotRequired[datetime | None]
    first_response_warned: bool
    first_response_breached: bool
    first_response_stopped: bool
    resolution_warn_time: NotRequired[datetime | None]
    resolution_due_time: NotRequired[datetime | None]
    resolution_warned: bool
    resolution_breached: bool
    resolution_stopped: bool
    close_time: NotRequired[datetime | None]
    next_time: NotRequired[datetime | None]


CASES = Table.of("cases", DueRow, key=("case_id",), indexes=("(next_time) WHERE next_time IS NOT NULL",))


class DueMoments(View):
    """One row for each case with a promise, or that was resolved: the schedule of the clocks."""

    name = "due_moments"
    tables = (CASES,)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Start, stop and move the clocks of the case."""
        event, case_id = recorded.event, recorded.subject_id
        if isinstance(event, events.CaseOpened):
            if event.deadlines:
                _put(rows, _started(event))
        elif changes := _changes(event):
            row = rows.get(CASES, case_id)
            if row is None and isinstance(event, events.CaseResolved):
                row = cast("DueRow", _unpromised(case_id, recorded.metadata.area or ""))
            if row is not None:
                _put(rows, {**row, **changes})

    def due(self, cursor: Cursor[DictRow], now: datetime, limit: int) -> list[Moment[CaseCommand]]:
        """The cases whose next moment lies before `now`, the earliest moment first."""
        cursor.execute(
            "SELECT case_id, next_time FROM cases WHERE next_time < %s ORDER BY next_time LIMIT %s",
            (now, limit),
        )
        return [Moment(row["next_time"], CASE, row["case_id"], PassMoments(at=now)) for row in cursor]


VIEW = DueMoments()
LISTED = Listing(table=CASES, order=(ascending("case_id"),), area="area_path")


@dataclass(frozen=True, slots=True)
class EarlyReads:
    """`ports.EarlyReads`, answered from the view."""

    views: Views

    def early(
        self, query: PageQuery, reach: Reach, now: datetime, fresh: Fresh
    ) -> tuple[list[EarlyCase], str]:
        """A page of the cases with moments that have passed and are due after `now`."""
        moments = [(clock.value, *columns) for clock in ClockKind for columns in COLUMNS.values()]
        early = Condition.any_of(
            [Condition(f"{clock}_{flag} AND {clock}_{time} > %s", (now,)) for clock, flag, time in moments]
        )
        with fresh.read(self.views, VIEW) as cursor:
            rows, token = LISTED.page(cursor, query, reach, where=early)
        return [_early(cast("Row", row), now) for row in rows], token


def _started(event: events.CaseOpened) -> Row:
    row = {**_unpromised(event.case_id, event.area_path), "held": event.imported}
    for deadline in event.deadlines:
        row[f"{deadline.clock.value}_warn_time"] = deadline.warn_at
        row[f"{deadline.clock.value}_due_time"] = deadline.due_at
        row[f"{deadline.clock.value}_stopped"] = False
    return row


def _unpromised(case_id: str, area_path: str) -> Row:
    """All clocks stand still."""
    row: Row = {"case_id": case_id, "area_path": area_path, "held": False}
    for clock in ClockKind:
        row |= {f"{clock.value}_{flag}": False for flag in ("warned", "breached")}
        row[f"{clock.value}_stopped"] = True
    return row


def _put(rows: Rows, row: Row) -> None:
    moments = () if row["held"] else (_next(row, RESPONSE), _next(row, RESOLUTION), row.get("close_time"))
    next_time = min((each for each in moments if each), default=None)
    rows.put(CASES, cast("DueRow", {**row, "next_time": next_time}))  # its keys are made of clocks' names


def _early(row: Row, now: datetime) -> EarlyCase:
    moments = [
        EarlyMoment(clock=clock, moment=kind, due_at=row[f"{clock.value}_{time}"])
        for clock in ClockKind
        for kind, (flag, time) in COLUMNS.items()
        if row[f"{clock.value}_{flag}"] and row[f"{clock.value}_{time}"] > now
    ]
    return EarlyCase(case_id=row["case_id"], moments=moments)


def _next(row: Row, clock: str) -> datetime | None:
    if row[f"{clock}_stopped"] or row[f"{clock}_breached"] or not row.get(f"{clock}_due_time"):
        return None
    moment: datetime = row[f"{clock}_due_time"] if row[f"{clock}_warned"] else row[f"{clock}_warn_time"]
    return moment


def _changes(event: object) -> Row:  # noqa: C901  # one case for each event that matters
    """What an event does to the clocks of its case."""
    match event:
        case events.CaseAccepted() | events.WorkStarted() | events.ReporterAnswered():
            return {f"{RESPONSE}_stopped": True}
        case events.CaseReturned(response_void=True):
            return {f"{RESPONSE}_stopped": False}
        case events.CaseResolved(confirm_until=until):
            return {f"{RESPONSE}_stopped": True, f"{RESOLUTION}_stopped": True, "close_time": until}
        case events.CaseRejected() | events.CaseWithdrawn():
            return {f"{RESPONSE}_stopped": True, f"{RESOLUTION}_stopped": True, "held": False}
        case events.RejectionContested(responded=responded):
            return {f"{RESPONSE}_stopped": responded, f"{RESOLUTION}_stopped": False}
        case events.CasePaused():
            return {f"{RESOLUTION}_stopped": True}
        case events.CaseResumed(resolution=later):
            return {f"{RESOLUTION}_stopped": False, **_moved(later)}
        case events.CaseReopened(imported=imported):
            again = {f"{RESOLUTION}_stopped": False, "close_time": None}
            return {**again, "held": True} if imported else again
        case events.CaseClosed():
            return {"held": False, "close_time": None}
        case events.CaseReleased():
            return {"held": False}
        case events.DeadlineWarned(clock=clock):
            return {f"{clock.value}_warned": True}
        case events.DeadlineBreached(clock=clock):
            return {f"{clock.value}_warned": True, f"{clock.value}_breached": True}
        case events.MomentAnnulled(clock=clock, moment=moment):
            return {f"{clock.value}_{COLUMNS[moment][0]}": False}
        case _:
            return {}


def _moved(later: Deadline | None) -> Row:
    if later is None:
        return {}
    return {f"{RESOLUTION}_warn_time": later.warn_at, f"{RESOLUTION}_due_time": later.due_at}
