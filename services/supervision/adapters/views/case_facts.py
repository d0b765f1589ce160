"""What is known about each case: one row for each, from which every number of the scoreboard is counted."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Key, Row, Rows, Table, View
from services.supervision.domain.events import (
    AcceptanceNoted,
    AdjudicationNoted,
    BreachNoted,
    CaseRated,
    ClosingNoted,
    NoOwnerNoted,
    OpeningNoted,
    PauseNoted,
    ReassignmentNoted,
    RejectionNoted,
    RemarkNoted,
    ReopeningNoted,
    ResolutionNoted,
    ResumptionNoted,
    ReturnNoted,
    RoutingNoted,
    Step,
    WarningNoted,
    WithdrawalNoted,
    WorkNoted,
)
from services.supervision.domain.values import ClockKind

_SECOND = timedelta(seconds=1)

_CASES = Table(
    "cases",
    {
        "case_id": "text",
        "public_id": "text",
        "external_system": "text",
        "external_number": "text",
        "affair_id": "text",
        "area_path": "text",
        "channel": "text",
        "anonymous": "boolean",
        "assisted": "boolean",
        "state": "text",
        "body_id": "text",  # that must answer, or answered last
        "opened_at": "timestamptz",
        "first_response_due_at": "timestamptz",
        "first_response_at": "timestamptz",
        "first_response_breached": "boolean",
        "due_at": "timestamptz",
        "resolved_at": "timestamptz",  # for good: taken back by a reopening
        "resolution_breached": "boolean",
        "paused_at": "timestamptz",
        "ended_at": "timestamptz",
        "close_seconds": "bigint",  # whole seconds from opening to closing, of closed cases
        "returns": "integer",
        "reopenings": "integer",
        "resolutions": "integer",
        "ratings": "integer",
        "stars": "integer",  # of all ratings together
    },
    key=("case_id",),
    # few on purpose: every event of a case writes its row
    indexes=("public_id", "(opened_at, case_id) WHERE ended_at IS NULL AND resolved_at IS NULL"),
)
_HOLDINGS = Table(
    "holdings",  # which bodies a case was ever given to, and whether they sent it back
    {"case_id": "text", "body_id": "text", "returned": "boolean"},
    key=("case_id", "body_id"),
)
_SOURCES = Table(
    "sources",  # how far each source of cases is counted
    {"source": "text", "sequence": "bigint"},
    key=("source",),
)


class CaseFacts(View):
    """One row a case, one a case and body, one a source."""

    name = "case_facts"
    tables = (_CASES, _HOLDINGS, _SOURCES)

    def keys(self, recorded: Recorded[Any]) -> Iterable[tuple[str, Key]]:
        """The case, and its row for the body that it is given to."""
        event = recorded.event
        if recorded.category != "case_record" or isinstance(event, OpeningNoted):
            return ()
        case_id = recorded.subject_id
        if isinstance(event, RoutingNoted | ReassignmentNoted):
            return (("cases", case_id), ("holdings", (case_id, event.body_id)))
        return (("cases", case_id),)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Change the row of the case as the event says."""
        if recorded.category != "case_record":
            return
        event, case_id = recorded.event, recorded.subject_id
        if isinstance(event, OpeningNoted):
            rows.put("cases", _opened(event))
        elif isinstance(event, CaseRated):
            row = _row(rows, case_id)
            row.update(ratings=row["ratings"] + 1, stars=row["stars"] + event.stars)
            rows.put("cases", row)
            return
        elif not isinstance(event, WarningNoted | AdjudicationNoted):  # they change no row
            row = _row(rows, case_id)
            _take(row, event)
            rows.put("cases", row)
            _hold(rows, case_id, event)
        rows.put("sources", {"source": event.origin.source, "sequence": event.origin.sequence})

    def case_of(self, cursor: Cursor[DictRow], public_id: str) -> str | None:
        """The case with a public number."""
        found = cursor.execute("SELECT case_id FROM cases WHERE public_id = %s", (public_id,)).fetchone()
        return None if found is None else str(found["case_id"])

    def counted_until(self, cursor: Cursor[DictRow], source: str) -> int:
        """The last position of a source that is counted."""
        found = cursor.execute("SELECT sequence FROM sources WHERE source = %s", (source,)).fetchone()
        return 0 if found is None else int(found["sequence"])


def _row(rows: Rows, case_id: str) -> Row:
    row = rows.get("cases", case_id)
    if row is None:
        raise KeyError(f"no row for case {case_id}: its record does not begin with its opening")
    return row


def _opened(event: OpeningNoted) -> Row:
    return {
        "case_id": event.case_id,
        "public_id": event.public_id,
        "external_system": event.external_system,
        "external_number": event.external_number,
        "affair_id": event.affair_id,
        "area_path": event.area_path,
        "channel": event.channel,
        "anonymous": event.anonymous,
        "assisted": event.assisted,
        "state": "submitted",
        "opened_at": event.origin.at,
        "first_response_due_at": event.first_response_due_at,
        "first_response_breached": False,
        "due_at": event.due_at,
        "resolution_breached": False,
        "returns": 0,
        "reopenings": 0,
        "resolutions": 0,
        "ratings": 0,
        "stars": 0,
    }


def _take(row: Row, event: Step) -> None:  # noqa: C901  # one case for each event
    """What a step changes in the row of its case."""
    match event:
        case RoutingNoted(body_id=body) | ReassignmentNoted(body_id=body):
            row.update(state="routed", body_id=body)
        case NoOwnerNoted():
            row.update(state="submitted", body_id=None)
        case AcceptanceNoted(body_id=body):
            row.update(state="accepted", body_id=body)
            _answered(row, event)
        case ReturnNoted():
            row.update(state="submitted", body_id=None, returns=row["returns"] + 1)
        case WorkNoted(body_id=body):
            row.update(state="in_progress", body_id=body)
            _answered(row, event)
        case PauseNoted():
            row.update(state="waiting", paused_at=event.origin.at)
        case ResumptionNoted(due_at=due):
            row.update(state="in_progress", paused_at=None, due_at=due or row["due_at"])
        case RemarkNoted(to_reporter=True):
            _answered(row, event)
        case ResolutionNoted(body_id=body):
            row.update(state="resolved", body_id=body, resolved_at=event.origin.at)
            row["resolutions"] += 1
            _answered(row, event)
        case ClosingNoted(body_id=body):
            seconds = (event.origin.at - row["opened_at"]) // _SECOND
            row.update(state="closed", body_id=body, ended_at=event.origin.at, close_seconds=seconds)
        case WithdrawalNoted(body_id=had):
            row.update(state="withdrawn", body_id=had, ended_at=event.origin.at, paused_at=None)
        case RejectionNoted(body_id=had):
            row.update(state="rejected", body_id=had, ended_at=event.origin.at, paused_at=None)
        case ReopeningNoted(body_id=body):
            row.update(state="accepted", body_id=body, reopenings=row["reopenings"] + 1)
            row.update(resolved_at=None, ended_at=None, close_seconds=None)
        case BreachNoted(clock=ClockKind.FIRST_RESPONSE):
            row["first_response_breached"] = True
        case BreachNoted(clock=ClockKind.RESOLUTION):
            row["resolution_breached"] = True
        case RemarkNoted() | BreachNoted() | WarningNoted() | AdjudicationNoted():
            pass


def _answered(row: Row, event: Step) -> None:
    """The first answer counts; later ones change nothing."""
    if row["first_response_at"] is None:
        row["first_response_at"] = event.origin.at


def _hold(rows: Rows, case_id: str, event: Step) -> None:
    """Who was given the case, and who sent it back."""
    match event:
        case RoutingNoted(body_id=body) | ReassignmentNoted(body_id=body):
            if rows.get("holdings", (case_id, body)) is None:
                rows.put("holdings", {"case_id": case_id, "body_id": body, "returned": False})
        case ReturnNoted(body_id=body):
            rows.put("holdings", {"case_id": case_id, "body_id": body, "returned": True})
        case _:
            pass
