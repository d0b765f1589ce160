"""Which case's clocks have something to say next, and when? And which moments passed too early?"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NotRequired, TypedDict

import msgspec
from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.recorded import Recorded
from libs.ledger.views.values import Json
from libs.ledger.views.view import Rows, Table, View, Views
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
from services.cases.domain.case.timekeeping import Clocks, clocks_after, started


class DueRow(TypedDict):
    """The clocks of a case, and when it closes by itself; `next_time` is set while something is to come.

    `early_until`: the latest due time of the moments that have passed; ahead of now, one passed too early.
    """

    case_id: str
    area_path: AreaPath
    held: bool
    ended: bool
    clocks: Json
    early_until: NotRequired[datetime | None]
    pause_time: NotRequired[datetime | None]
    request_time: NotRequired[datetime | None]
    close_time: NotRequired[datetime | None]
    next_time: NotRequired[datetime | None]


class Changes(TypedDict, total=False):
    """What may change of it besides the clocks."""

    held: bool
    ended: bool
    pause_time: datetime | None
    request_time: datetime | None
    close_time: datetime | None


_WITHOUT_PROMISE = events.CasePaused | events.PauseRequested | events.CaseResolved | events.DuplicateAdded
"""What gives a case something to come where nothing is promised."""

CASES = Table.of("cases", DueRow, key=("case_id",), indexes=("(next_time) WHERE next_time IS NOT NULL",))


class DueMoments(View):
    """One row for each case with a promise, or that was resolved: the schedule of the clocks."""

    name = "due_moments"
    of_streams = "case"
    tables = (CASES,)
    holds = (("clocks", Clocks),)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Start, stop and move the clocks of the case."""
        event, case_id = recorded.event, recorded.subject_id
        if isinstance(event, events.CaseOpened):
            if event.deadlines:
                new = _new(event.case_id, event.area_path, held=event.imported)
                rows.put(CASES, _planned(new, started(event)))
        elif recorded.category == "case":
            row = rows.get(CASES, case_id)
            if row is not None:
                clocks, changes = kept_clocks(row), _changes(event)
                if (after := clocks_after(clocks, event)) != clocks or changes:
                    rows.put(CASES, _planned({**row, **changes}, after))
            elif isinstance(event, _WITHOUT_PROMISE):
                row = _new(case_id, AreaPath(recorded.metadata.area or ""), held=False)
                rows.put(CASES, _planned({**row, **_changes(event)}, clocks_after((), event)))

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
        early = Condition("early_until > %s", (now,))
        with fresh.read(self.views, VIEW) as cursor:
            rows, token = LISTED.page(cursor, query, reach, where=early)
        return [_early(row["case_id"], kept_clocks(row), now) for row in rows], token


def kept_clocks(row: DueRow) -> Clocks:
    """The clocks of a row."""
    return msgspec.convert(row["clocks"], Clocks)


def _new(case_id: str, area_path: AreaPath, held: bool) -> DueRow:
    return DueRow(case_id=case_id, area_path=area_path, held=held, ended=False, clocks=[])


def _planned(row: DueRow, clocks: Clocks) -> DueRow:
    """The row with its clocks, and the next moment at which something is to come."""
    moments = [clock.next_moment() for clock in clocks] if not row["ended"] else []
    by_itself = (row.get("pause_time"), row.get("request_time"), row.get("close_time"))
    moments = [] if row["held"] else [*moments, *by_itself]
    return {
        **row,
        "clocks": clocks,
        "early_until": max((at for clock in clocks for _, at in clock.passed_moments()), default=None),
        "next_time": min((at for at in moments if at), default=None),
    }


def _changes(event: events.CaseEvent) -> Changes:  # noqa: C901  # a table
    """What an event changes besides the clocks."""
    match event:
        case events.CaseResolved(confirm_until=until):
            return {"close_time": until, "request_time": None}
        case events.CaseRejected() | events.CaseWithdrawn():
            return {"held": False, "ended": True, "pause_time": None, "request_time": None}
        case events.RejectionContested():
            return {"ended": False}
        case events.CaseReopened(imported=True):
            return {"held": True, "close_time": None}
        case events.CaseReopened():
            return {"close_time": None}
        case events.CasePaused(warn_at=moment) | events.PauseWarned(until=moment):
            return {"pause_time": moment}
        case events.PauseLapsed():
            return {"pause_time": None}
        case events.CaseResumed():
            return {"pause_time": None, "request_time": None}
        case events.PauseRequested(decide_by=moment):
            return {"request_time": moment}
        case (
            events.PauseApproved()
            | events.PauseRefused()
            | events.PauseRequestLapsed()
            | events.CaseReassigned()
        ):
            return {"request_time": None}
        case events.CaseClosed():
            return {"held": False, "close_time": None}
        case events.CaseMerged():
            return {"held": True}
        case events.CaseReleased() | events.CaseUnmerged():
            return {"held": False}
        case _:
            return {}


def _early(case_id: str, clocks: Clocks, now: datetime) -> EarlyCase:
    moments = [
        EarlyMoment(clock=clock.deadline.clock, moment=kind, due_at=at)
        for clock in clocks
        for kind, at in clock.passed_moments()
        if at > now
    ]
    return EarlyCase(case_id=case_id, moments=moments)
