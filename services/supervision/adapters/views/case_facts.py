"""How does each case stand, who had it, and up to which position of its source is it counted?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NotRequired, TypedDict

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Key, Rows, Table, View, Views
from libs.query.conditions import Condition
from libs.query.filters import Filters, area, choice, moment, text
from libs.query.freshness import Fresh, ListQuery
from libs.query.listing import Listing
from libs.query.paging import ascending
from libs.query.reach import Reach
from services.supervision.adapters import scoreboard
from services.supervision.application.ports import OpenCase, Question
from services.supervision.domain.case_record import CASE_RECORD, events
from services.supervision.domain.metrics import Score
from services.supervision.domain.values import CaseState, ClockKind, MomentKind
from services.supervision.entrypoints.wire import CHANNELS, OPEN_NAMES, STATES

_GIVEN = (events.RoutingNoted, events.ReassignmentNoted)
_ANSWERS = (events.AcceptanceNoted, events.WorkNoted, events.AnswerNoted, events.ResolutionNoted)
_CHANGE_NO_ROW = (events.WarningNoted, events.AdjudicationNoted, events.PauseAsked)
_Breached = Literal["first_response_breached", "resolution_breached"]
_BreachedBy = Literal["first_response_breached_by", "resolution_breached_by"]
_BREACHED: Mapping[ClockKind, tuple[_Breached, _BreachedBy]] = {
    ClockKind.FIRST_RESPONSE: ("first_response_breached", "first_response_breached_by"),
    ClockKind.RESOLUTION: ("resolution_breached", "resolution_breached_by"),
}


class CaseRow(OpenCase):
    """A case, and what is counted of it; `body_id` must answer, or answered last.

    `..._breached_by`: the body that had the case when the limit was used up; None if none had it.
    """

    external_system: str | None
    external_number: str | None
    anonymous: bool
    assisted: bool
    first_response_due_at: datetime | None
    first_response_at: NotRequired[datetime | None]
    first_response_breached: bool
    first_response_breached_by: NotRequired[str | None]
    resolved_at: NotRequired[datetime | None]  # for good: taken back by a reopening
    resolution_breached: bool
    resolution_breached_by: NotRequired[str | None]
    paused_at: NotRequired[datetime | None]
    ended_at: NotRequired[datetime | None]
    close_seconds: NotRequired[int | None]  # whole seconds from opening to closing, of closed cases
    resolutions: int
    ratings: int
    stars: int  # of all ratings together


class HoldingRow(TypedDict):
    """A body that the case was ever given to, and whether it sent it back."""

    case_id: str
    body_id: str
    returned: bool


class SourceRow(TypedDict):
    """How far a source of cases is counted."""

    source: str
    sequence: int


CASES = Table.of(
    "cases",
    CaseRow,
    key=("case_id",),
    # few on purpose: every event of a case writes its row
    indexes=("public_id", "(opened_at, case_id) WHERE ended_at IS NULL AND resolved_at IS NULL"),
)
HOLDINGS = Table.of("holdings", HoldingRow, key=("case_id", "body_id"))
SOURCES = Table.of("sources", SourceRow, key=("source",))
LISTED = Listing(
    table=CASES,
    order=(ascending("opened_at", datetime), ascending("case_id")),
    filters=Filters(
        body_id=text("body_id"),
        affair_id=text("affair_id"),
        area_path=area("area_path"),
        channel=text("channel", CHANNELS.word_of),
        state=choice("state", OPEN_NAMES, STATES.prefix),
        opened_time=moment("opened_at"),
        due_time=moment("due_at"),
    ),
    area="area_path",
    body="body_id",
)
_OPEN = Condition("ended_at IS NULL AND resolved_at IS NULL")


class CaseFacts(View):
    """One row a case, one a case and body, one a source."""

    name = "case_facts"
    tables = (CASES, HOLDINGS, SOURCES)

    def keys(self, recorded: Recorded[Any]) -> Iterable[tuple[str, Key]]:
        """The case, and its row for the body that it is given to."""
        event = recorded.event
        if recorded.category != CASE_RECORD.category or isinstance(event, events.OpeningNoted):
            return ()
        case_id = recorded.subject_id
        held = (("holdings", (case_id, event.body_id)),) if isinstance(event, _GIVEN) else ()
        return (("cases", case_id), *held)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Change the row of the case as the event says."""
        if recorded.category != CASE_RECORD.category:
            return
        event, case_id = recorded.event, recorded.subject_id
        if isinstance(event, events.OpeningNoted):
            rows.put(CASES, _opened(event))
        elif isinstance(event, events.CaseRated):
            row = _row(rows, case_id)
            row["ratings"] += 1
            row["stars"] += event.stars
            rows.put(CASES, row)
            return
        elif not isinstance(event, _CHANGE_NO_ROW):
            row = _row(rows, case_id)
            _take(row, event)
            _answered(row, event)
            rows.put(CASES, row)
            _hold(rows, case_id, event)
        rows.put(SOURCES, SourceRow(source=event.origin.source, sequence=event.origin.sequence))


VIEW = CaseFacts()


def _row(rows: Rows, case_id: str) -> CaseRow:
    if (row := rows.get(CASES, case_id)) is None:
        raise KeyError(f"no row for case {case_id}: its record does not begin with its opening")
    return row


def _opened(event: events.OpeningNoted) -> CaseRow:
    return CaseRow(
        case_id=event.case_id,
        public_id=event.public_id,
        external_system=event.external_system,
        external_number=event.external_number,
        affair_id=event.affair_id,
        area_path=event.area_path,
        channel=event.channel,
        anonymous=event.anonymous,
        assisted=event.assisted,
        state=CaseState.SUBMITTED.value,
        body_id=None,
        opened_at=event.origin.at,
        first_response_due_at=event.first_response_due_at,
        first_response_breached=False,
        due_at=event.due_at,
        resolution_breached=False,
        returns=0,
        reopenings=0,
        resolutions=0,
        ratings=0,
        stars=0,
    )


def _take(row: CaseRow, event: events.Step) -> None:  # noqa: C901  # one case for each event
    """What a step changes in the row of its case."""
    at = event.origin.at
    match event:
        case events.RoutingNoted(body_id=body) | events.ReassignmentNoted(body_id=body):
            row["state"], row["body_id"] = CaseState.ROUTED.value, body
        case events.NoOwnerNoted():
            row["state"], row["body_id"] = CaseState.SUBMITTED.value, None
        case events.AcceptanceNoted(body_id=body):
            row["state"], row["body_id"] = CaseState.ACCEPTED.value, body
        case events.ReturnNoted(response_void=void):
            row["state"], row["body_id"] = CaseState.SUBMITTED.value, None
            row["returns"] += 1
            row["first_response_at"] = None if void else row["first_response_at"]
        case events.WorkNoted(body_id=body):
            row["state"], row["body_id"] = CaseState.IN_PROGRESS.value, body
        case events.PauseNoted():
            row["state"], row["paused_at"] = CaseState.WAITING.value, at
        case events.ResumptionNoted(due_at=due) | events.LapseNoted(due_at=due):
            state = CaseState.WAITING if isinstance(event, events.LapseNoted) else CaseState.IN_PROGRESS
            row["state"], row["paused_at"], row["due_at"] = state.value, None, due or row["due_at"]
        case events.ResolutionNoted(body_id=body):
            row["state"], row["body_id"], row["resolved_at"] = CaseState.RESOLVED.value, body, at
            row["resolutions"] += 1
        case events.ConfirmationNoted():
            row["state"] = CaseState.CONFIRMED.value
        case events.ContestNoted():
            row["state"], row["body_id"], row["ended_at"] = CaseState.SUBMITTED.value, None, None
        case events.ClosingNoted(body_id=body):
            row["state"], row["body_id"] = CaseState.CLOSED.value, body
            row["ended_at"], row["close_seconds"] = at, (at - row["opened_at"]) // timedelta(seconds=1)
        case events.WithdrawalNoted(body_id=had) | events.RejectionNoted(body_id=had):
            state = CaseState.WITHDRAWN if isinstance(event, events.WithdrawalNoted) else CaseState.REJECTED
            row["state"], row["body_id"], row["ended_at"], row["paused_at"] = state.value, had, at, None
        case events.ReopeningNoted(body_id=body):
            row["state"], row["body_id"] = CaseState.ACCEPTED.value, body
            row["reopenings"] += 1
            row["resolved_at"] = row["ended_at"] = row["close_seconds"] = None
        case events.BreachNoted(clock=clock, body_id=had):
            if clock in _BREACHED:  # the other clocks are told in the trail, and not scored
                breached, by = _BREACHED[clock]
                row[breached], row[by] = True, had
        case events.AnnulmentNoted(clock=clock, moment=MomentKind.BREACH):
            if clock in _BREACHED:
                breached, by = _BREACHED[clock]
                row[breached], row[by] = False, None
        case events.AnswerNoted() | events.RemarkNoted() | events.WarningNoted() | events.AdjudicationNoted():
            pass
        case events.PauseAsked() | events.AnnulmentNoted():  # of a warning
            pass


def _answered(row: CaseRow, event: events.Step) -> None:
    """The first answer counts; later ones change nothing."""
    if isinstance(event, _ANSWERS) and row["first_response_at"] is None:
        row["first_response_at"] = event.origin.at


def _hold(rows: Rows, case_id: str, event: events.Step) -> None:
    """Who was given the case, and who sent it back."""
    if isinstance(event, events.ReturnNoted):
        rows.put(HOLDINGS, HoldingRow(case_id=case_id, body_id=event.body_id, returned=True))
    elif isinstance(event, _GIVEN) and rows.get(HOLDINGS, (case_id, event.body_id)) is None:
        rows.put(HOLDINGS, HoldingRow(case_id=case_id, body_id=event.body_id, returned=False))


@dataclass(frozen=True, slots=True)
class CaseFactReads:
    """`ports.CaseFactReads`, answered from the view; `cases` is the name of the cases service's events."""

    views: Views
    cases: str

    def count(self, question: Question, fresh: Fresh) -> tuple[Sequence[Score], int]:
        """The groups of a scoreboard, and the position of cases up to which they count: one snapshot."""
        with fresh.read(self.views, VIEW) as cursor:
            sequence = "SELECT sequence FROM sources WHERE source = %s"
            counted = cursor.execute(sequence, (self.cases,)).fetchone()
            return scoreboard.count(cursor, question), counted["sequence"] if counted else 0

    def longest_open(self, query: ListQuery, reach: Reach, fresh: Fresh) -> tuple[Sequence[OpenCase], str]:
        """A page of open cases within reach, the earliest opened first, and the token of the next."""
        with fresh.read(self.views, VIEW) as cursor:
            return LISTED.page(cursor, query, reach, where=_OPEN)

    def case_of(self, public_id: str) -> str | None:
        """The case with a public number."""
        with Fresh().read(self.views, VIEW) as cursor:
            row = LISTED.one(cursor, public_id=public_id)
            return None if row is None else row["case_id"]
