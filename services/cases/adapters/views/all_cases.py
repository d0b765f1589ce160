"""Which cases are there, how do they stand, and which does nobody answer for?"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Row, Rows, Table, View
from libs.query.conditions import Condition
from libs.query.filters import Filters, area, choice, flag, moment, text
from libs.query.paging import Page
from services.cases.domain import events
from services.cases.domain.clocks import ClockKind, Deadline
from services.cases.domain.values import Channel

STATES = (
    "submitted",
    "routed",
    "accepted",
    "in_progress",
    "waiting",
    "resolved",
    "closed",
    "rejected",
    "withdrawn",
)

FILTERS = Filters(
    state=choice("state", {state.upper(): state for state in STATES}),
    affair_id=text("affair_id"),
    area_id=text("area_id"),
    area_path=area("area_path"),
    body_id=text("body_id"),
    channel=choice("channel", {channel.name: channel.value for channel in Channel}),
    reporter_id=text("reporter_id"),
    public_id=text("public_id"),
    external_system=text("external_system"),
    external_number=text("external_number"),
    opened_time=moment("opened_time"),
    due_time=moment("due_time"),
    ended_time=moment("ended_time"),
    overdue=flag("overdue"),
    anonymous=flag("anonymous"),
    assisted=flag("assisted"),
)

OWNED: Row = {"unowned_since": None, "unowned_cause": None}

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""Stands in `due_order` for "no promise": such cases come last."""


class AllCases(View):
    """One row for each case, without personal data."""

    name = "all_cases"
    tables = (
        Table(
            "cases",
            {
                "case_id": "text",
                "public_id": "text",
                "state": "text",
                "affair_id": "text",
                "area_id": "text",
                "area_path": "text",
                "body_id": "text",
                "channel": "text",
                "anonymous": "boolean",
                "assisted": "boolean",
                "reporter_id": "text",
                "opened_time": "timestamptz",
                "ended_time": "timestamptz",
                "commitment_id": "text",
                "commitment_version": "integer",
                "response_warn_time": "timestamptz",
                "response_due_time": "timestamptz",
                "response_met_time": "timestamptz",
                "response_breached": "boolean",
                "warn_time": "timestamptz",
                "due_time": "timestamptz",
                "due_order": "timestamptz",
                "met_time": "timestamptz",
                "overdue": "boolean",
                "returns": "integer",
                "reopenings": "integer",
                "external_system": "text",
                "external_number": "text",
                "held": "boolean",
                "deciding_path": "text",
                "unowned_since": "timestamptz",
                "unowned_cause": "text",
            },
            key=("case_id",),
            indexes=(
                "opened_time, case_id",
                "due_order, case_id",
                "area_path text_pattern_ops",
                "body_id, state",
                "public_id",
                "(reporter_id, opened_time) WHERE reporter_id IS NOT NULL",
                "(external_system, external_number) WHERE external_system IS NOT NULL",
                "(external_system) WHERE held",
                "(unowned_since, case_id) WHERE unowned_since IS NOT NULL",
            ),
        ),
    )

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Bring the case's row up to date."""
        event = recorded.event
        if isinstance(event, events.CaseOpened):
            rows.put("cases", _opened(event))
        elif recorded.category == "case" and (changes := _changes(event, recorded.subject_id, rows)):
            rows.change("cases", recorded.subject_id, **changes)

    def listed(self, cursor: Cursor[DictRow], where: Condition, page: Page) -> Sequence[DictRow]:
        """The rows of a page, and one more."""
        return cursor.execute(
            f"SELECT * FROM cases WHERE {where.sql} ORDER BY {page.order_by} LIMIT {page.fetch}",
            where.params,
        ).fetchall()

    def unowned(self, cursor: Cursor[DictRow], where: Condition, page: Page) -> Sequence[DictRow]:
        """A page of the cases that nobody answers for, and one row more."""
        return self.listed(cursor, Condition("unowned_since IS NOT NULL") & where, page)

    def by_public_id(self, cursor: Cursor[DictRow], public_id: str) -> DictRow | None:
        """The case that the public knows by this number; the first one, should two ever share it."""
        return cursor.execute(
            "SELECT * FROM cases WHERE public_id = %s ORDER BY opened_time, case_id LIMIT 1", (public_id,)
        ).fetchone()

    def held(self, cursor: Cursor[DictRow], where: Condition, limit: int) -> tuple[list[str], int]:
        """Imported cases that the running clocks do not look after yet: some ids, and how many in all."""
        ids = cursor.execute(
            f"SELECT case_id FROM cases WHERE held AND {where.sql} ORDER BY case_id LIMIT {limit:d}",
            where.params,
        ).fetchall()
        counted = cursor.execute(
            f"SELECT count(*) AS held FROM cases WHERE held AND {where.sql}", where.params
        ).fetchone()
        return [row["case_id"] for row in ids], counted["held"] if counted else 0


def _opened(event: events.CaseOpened) -> Row:
    promised = {deadline.clock: deadline for deadline in event.deadlines}
    response, resolution = promised.get(ClockKind.FIRST_RESPONSE), promised.get(ClockKind.RESOLUTION)
    commitment = response or resolution
    return {
        "case_id": event.case_id,
        "public_id": event.public_id,
        "state": "submitted",
        "affair_id": event.affair_id,
        "area_id": event.area_path.rpartition("/")[2],
        "area_path": event.area_path,
        "channel": event.channel.value,
        "anonymous": event.anonymous,
        "assisted": event.assisted,
        "reporter_id": event.reporter_id,
        "opened_time": event.at,
        "commitment_id": commitment.commitment_id if commitment else None,
        "commitment_version": commitment.commitment_version if commitment else None,
        "response_warn_time": response.warn_at if response else None,
        "response_due_time": response.due_at if response else None,
        "response_breached": False,
        "warn_time": resolution.warn_at if resolution else None,
        "due_time": resolution.due_at if resolution else None,
        "due_order": resolution.due_at if resolution else NEVER,
        "overdue": False,
        "returns": 0,
        "reopenings": 0,
        "external_system": event.external.system if event.external else None,
        "external_number": event.external.number if event.external else None,
        "held": event.imported,
        "deciding_path": event.area_path,
    }


def _changes(event: events.Event, case_id: str, rows: Rows) -> Row:  # noqa: C901  # one case for each event
    match event:
        case events.CaseOpened() | events.DeadlineWarned() | events.NoteAdded(to_reporter=False):
            return {}
        case events.CaseContentErased():
            return {}
        case events.CaseRouted(body_id=body) | events.CaseReassigned(body_id=body):
            return {"state": "routed", "body_id": body, **OWNED}
        case events.CaseUnowned(at=at):
            return {"state": "submitted", "unowned_since": at, "unowned_cause": "no responsibility"}
        case events.CaseReturned(returns=returns, at=at):
            unowned = {"unowned_since": at, "unowned_cause": "returned"}
            return {"state": "submitted", "body_id": None, "returns": returns, **unowned}
        case events.AdjudicationOpened(area_path=path):
            return {"deciding_path": path}
        case events.CaseAccepted(at=at):
            return {"state": "accepted", **_answered(case_id, rows, at)}
        case events.WorkStarted(at=at):
            return {"state": "in_progress", **_answered(case_id, rows, at)}
        case events.CasePaused():
            return {"state": "waiting"}
        case events.CaseResumed(resolution=later):
            return {"state": "in_progress", **_moved(later)}
        case events.NoteAdded(at=at):
            return _answered(case_id, rows, at)
        case events.CaseResolved(at=at):
            return {"state": "resolved", "met_time": at, **_answered(case_id, rows, at)}
        case events.CaseClosed(at=at):
            return {"state": "closed", "ended_time": at, "held": False}
        case events.CaseRejected(at=at):
            return {"state": "rejected", "ended_time": at, "held": False, **OWNED}
        case events.CaseWithdrawn(at=at):
            return {"state": "withdrawn", "ended_time": at, "held": False, **OWNED}
        case events.CaseReopened(imported=imported):
            row = rows.get("cases", case_id) or {}
            again = {"reopenings": row["reopenings"] + 1, "held": imported or row["held"]}
            return {"state": "accepted", "ended_time": None, "met_time": None, **again}
        case events.DeadlineBreached(clock=ClockKind.FIRST_RESPONSE):
            return {"response_breached": True}
        case events.DeadlineBreached():
            return {"overdue": True}
        case events.CaseReleased():
            return {"held": False}


def _answered(case_id: str, rows: Rows, at: datetime) -> Row:
    """The first answer counts."""
    row = rows.get("cases", case_id)
    return {"response_met_time": at} if row and row["response_met_time"] is None else {}


def _moved(later: Deadline | None) -> Row:
    if later is None:
        return {}
    return {"warn_time": later.warn_at, "due_time": later.due_at, "due_order": later.due_at}
