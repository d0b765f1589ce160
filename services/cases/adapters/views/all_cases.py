"""Which cases are there, how do they stand, and which does nobody answer for?"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Row, Rows, Table, View, Views
from libs.query.conditions import Condition
from libs.query.filters import Filters, area, choice, filled, flag, moment, text
from libs.query.freshness import Fresh, PageQuery
from libs.query.listing import Listing
from libs.query.paging import Order, ascending, descending
from libs.query.reach import Reach
from libs.rpc.text import key, tag
from services.cases.adapters import case_rows
from services.cases.application.ports import CaseRow
from services.cases.domain.case import events
from services.cases.domain.clocks import ClockKind, Deadline, MomentKind
from services.cases.domain.values import CaseState
from services.cases.entrypoints.wire.words import CHANNELS, STATES

_OWNERS = ("", "body_id, ", "area_path text_pattern_ops, ")
_ORDERS = ("opened_time, case_id", "state, opened_time, case_id", "state, due_order, case_id")
# In a state by due time, a word is looked for by areas and months, which the index tells by itself.
_IN_STATE = "(state, due_order, case_id) INCLUDE (area_path, opened_time)"
CASES = Table.of(
    "cases",
    CaseRow,
    key=("case_id",),
    indexes=(
        "due_order, case_id",
        "affair_id, opened_time, case_id",
        _IN_STATE,
        *(f"{owner}{order}" for owner in _OWNERS for order in _ORDERS if owner or "due" not in order),
        "(due_order, case_id) WHERE ended_time IS NULL",
        "public_id",
        "(reporter_id, opened_time) WHERE reporter_id IS NOT NULL",
        "(external_system, external_number) WHERE external_system IS NOT NULL",
        "(external_system) WHERE held",
        "(unowned_since, case_id) WHERE unowned_since IS NOT NULL",
        "(state) INCLUDE (overdue, met_time) WHERE ended_time IS NULL",
    ),
    history=(*(f"{owner}opened_time, case_id" for owner in _OWNERS), "due_order, case_id"),
)
FILTERS = Filters(
    state=choice("state", STATES.stored, STATES.prefix),
    affair_id=text("affair_id"),
    area_id=text("area_id"),
    area_path=area("area_path"),
    body_id=text("body_id"),
    channel=choice("channel", CHANNELS.stored, CHANNELS.prefix),
    reporter_id=text("reporter_id"),
    public_id=text("public_id"),
    external_system=text("external_system", tag),
    external_number=text("external_number", key),
    opened_time=moment("opened_time"),
    due_time=moment("due_time", beside="due_order"),
    ended_time=moment("ended_time"),
    ended=filled("ended_time"),
    overdue=flag("overdue"),
    anonymous=flag("anonymous"),
    assisted=flag("assisted"),
    pause_requested=flag("pause_requested"),
)

NEWEST_FIRST = (descending("opened_time", datetime), descending("case_id"))
ORDERS: Mapping[str, tuple[Order, ...]] = {
    "": NEWEST_FIRST,
    "opened_time": (ascending("opened_time", datetime), ascending("case_id")),
    "opened_time desc": NEWEST_FIRST,
    "due_time": (ascending("due_order", datetime), ascending("case_id")),
    "due_time desc": (descending("due_order", datetime), descending("case_id")),
}
"""The orders that a caller may ask for; `due_order` puts cases without a promise last."""
LISTED = Listing(table=CASES, order=NEWEST_FIRST, filters=FILTERS, area="area_path", body="body_id")
OLDEST = Listing(table=CASES, order=ORDERS["opened_time"])
UNOWNED = Listing(
    table=CASES, order=(ascending("unowned_since", datetime), ascending("case_id")), area="deciding_path"
)

_UNOWNED = Condition("unowned_since IS NOT NULL AND ended_time IS NULL")
OWNED: Row = {"unowned_since": None, "unowned_cause": None, "pause_requested": False}
BREACHED = {ClockKind.FIRST_RESPONSE: "response_breached", ClockKind.RESOLUTION: "overdue"}


class AllCases(View):
    """One row for each case, without personal data."""

    name = "all_cases"
    of_streams = "case"
    tables = (CASES,)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Bring the case's row up to date."""
        event = recorded.event
        if isinstance(event, events.CaseOpened):
            rows.put(CASES, case_rows.opened(event))
        elif recorded.category == "case" and (changes := _changes(event, recorded.subject_id, rows)):
            rows.change(CASES, recorded.subject_id, **changes)


VIEW = AllCases()


def _changes(event: events.CaseEvent, case_id: str, rows: Rows) -> Row:  # noqa: C901  # one case for each event
    """The columns that an event changes: one long `match`, so that mypy finds a missing event."""
    match event:
        case events.CaseOpened() | events.DeadlineWarned() | events.NoteAdded() | events.CaseContentErased():
            return {}
        case events.MomentAnnulled(moment=MomentKind.WARNING) | events.EscalationAcknowledged():
            return {}
        case events.CaseEscalated() | events.PauseWarned():
            return {}
        case events.DeadlineBreached(clock=clock) | events.MomentAnnulled(clock=clock):
            return {BREACHED[clock]: isinstance(event, events.DeadlineBreached)} if clock in BREACHED else {}
        case events.CaseRouted(body_id=body) | events.CaseReassigned(body_id=body):
            return {"state": CaseState.ROUTED.value, "body_id": body, **OWNED}
        case events.CaseUnowned(at=at, deciding_path=path):
            return {**_unowned(at, "no responsibility"), **({"deciding_path": path} if path else {})}
        case events.CaseReturned(returns=returns, response_void=void, at=at):
            void_too = {"response_met_time": None} if void else {}
            return {"returns": returns, **_unowned(at, "returned"), **void_too}
        case events.AdjudicationOpened(area_path=path):
            return {"deciding_path": path}
        case events.CaseAccepted(at=at):
            return {"state": CaseState.ACCEPTED.value, **_answered(case_id, rows, at)}
        case events.WorkStarted(at=at):
            return {"state": CaseState.IN_PROGRESS.value, **_answered(case_id, rows, at)}
        case events.PauseRequested():
            return {"pause_requested": True}
        case events.PauseApproved() | events.PauseRefused() | events.PauseRequestLapsed():
            return {"pause_requested": False}
        case events.CasePaused():
            return {"state": CaseState.WAITING.value}
        case events.PauseLapsed(resolution=later):
            return _moved(later)
        case events.CaseResumed(resolution=later):
            return {"state": CaseState.IN_PROGRESS.value, **_moved(later), "pause_requested": False}
        case events.ReporterAnswered(at=at):
            return _answered(case_id, rows, at)
        case events.CaseResolved(at=at, outcome_code=outcome, confirm_until=until):
            asked: Row = {"outcome_code": outcome, "confirm_until": until, "met_time": at, **OWNED}
            return {"state": CaseState.RESOLVED.value, **asked, **_answered(case_id, rows, at)}
        case events.CaseConfirmed():
            return {"state": CaseState.CONFIRMED.value}
        case events.CaseClosed(at=at, reopen_until=until):
            return {"state": CaseState.CLOSED.value, **_ended(at, until)}
        case events.CaseRejected(at=at, reopen_until=until):
            return {"state": CaseState.REJECTED.value, **_ended(at, until), **OWNED}
        case events.RejectionContested(at=at):
            return {"ended_time": None, "reopen_until": None, **_unowned(at, "rejection contested")}
        case events.CaseWithdrawn(at=at):
            return {"state": CaseState.WITHDRAWN.value, "ended_time": at, "held": False, **OWNED}
        case events.CaseReopened(imported=imported):
            row = rows.get(CASES, case_id)
            before = (row["reopenings"], row["held"]) if row else (0, False)
            again = {"reopenings": before[0] + 1, "held": imported or before[1], "ended_time": None}
            undone = {"met_time": None, "outcome_code": None, "confirm_until": None, "reopen_until": None}
            return {"state": CaseState.ACCEPTED.value, **again, **undone}
        case events.CaseReleased():
            return {"held": False}
        case (
            events.CaseMerged() | events.CaseUnmerged() | events.DuplicateAdded() | events.DuplicateRemoved()
        ):
            return case_rows.merged(event)


def _answered(case_id: str, rows: Rows, at: datetime) -> Row:
    row = rows.get(CASES, case_id)
    return {"response_met_time": at} if row and row["response_met_time"] is None else {}


def _unowned(since: datetime, cause: str) -> Row:
    owner: Row = {"body_id": None, "unowned_since": since, "unowned_cause": cause}
    return {"state": CaseState.SUBMITTED.value, **owner}


def _ended(at: datetime, reopen_until: datetime | None) -> Row:
    return {"ended_time": at, "confirm_until": None, "reopen_until": reopen_until, "held": False}


def _moved(later: Deadline | None) -> Row:
    if later is None:
        return {}
    return {"warn_time": later.warn_at, "due_time": later.due_at, "due_order": later.due_at}


@dataclass(frozen=True, slots=True)
class CaseReads:
    """`ports.CaseReads`, answered from the view."""

    views: Views

    def of_reporter(
        self, query: PageQuery, reporter_ids: Collection[str], fresh: Fresh, area_path: str = ""
    ) -> tuple[list[CaseRow], str]:
        """A page of a reporter's cases; of those in an area, if one is named."""
        where = Condition.one_of("reporter_id", reporter_ids) & Condition.within("area_path", area_path)
        with fresh.read(self.views, VIEW) as cursor:
            return LISTED.page(cursor, query, where=where)

    def public(self, public_id: str, fresh: Fresh) -> CaseRow | None:
        """The case with a public number; the first one, should two ever share it."""
        with fresh.read(self.views, VIEW) as cursor:
            return OLDEST.one(cursor, public_id=public_id)

    def unowned(self, query: PageQuery, reach: Reach, fresh: Fresh) -> tuple[list[CaseRow], str]:
        """A page of the matters that nobody answers for and that areas within reach decide."""
        with fresh.read(self.views, VIEW) as cursor:
            return UNOWNED.page(cursor, query, reach, where=_UNOWNED)

    def held(self, reach: Reach, system: str, limit: int, fresh: Fresh) -> tuple[Sequence[str], int]:
        """Imported cases within reach, of a system, that are not released: some ids, and how many."""
        of_system = Condition("held AND external_system = %s", (system,))
        where = of_system & reach.condition(area_column="area_path")
        select = (
            f"SELECT case_id, count(*) OVER () AS held FROM cases WHERE {where.sql}"
            f" ORDER BY case_id LIMIT {limit:d}"
        )
        with fresh.read(self.views, VIEW) as cursor:
            rows = cursor.execute(select, where.params).fetchall()
        return [row["case_id"] for row in rows], rows[0]["held"] if rows else 0
