"""How does each case stand, who had it, and up to which position of its source is it counted?"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypedDict

from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Key, Rows, Table, View, Views
from libs.query.conditions import Condition
from libs.query.filters import Filters, area, choice, moment, text
from libs.query.freshness import Fresh, ListQuery
from libs.query.listing import Derived, Listing
from libs.query.paging import ascending
from libs.query.reach import Reach
from libs.rules.areas import AreaPath, parent_of
from libs.rules.terms import Level
from services.supervision.adapters import scoreboard
from services.supervision.adapters.case_rows import CaseRow, opened, promise, take
from services.supervision.application.ports import Counted, OpenCase, Question
from services.supervision.domain.case_record import CASE_RECORD, events
from services.supervision.domain.noted import CaseAreasNoted, NameNoted
from services.supervision.entrypoints.wire import CHANNELS, OPEN_NAMES, STATES

_GIVEN = (events.RoutingNoted, events.ReassignmentNoted)
_CHANGE_NO_ROW = (events.WarningNoted, events.AdjudicationNoted, events.PauseRequestFact)


class HoldingRow(TypedDict):
    """A body that the case was ever given to, and whether it sent it back."""

    case_id: str
    body_id: str
    returned: bool


class SourceRow(TypedDict):
    """How far a source of cases is counted."""

    source: str
    sequence: int


class CellRow(TypedDict):
    """An area that the public is not shown: a grid cell, by its path."""

    path: str


class RedrawnRow(TypedDict):
    """A case that lies elsewhere by other boundaries: since when (microseconds since 1970) in which areas."""

    case_id: str
    since: list[int]
    paths: list[str]


CASES = Table.of(
    "cases",
    CaseRow,
    key=("case_id",),
    # few on purpose: every event of a case writes its row
    indexes=("public_id", "(opened_at, case_id) WHERE ended_at IS NULL AND resolved_at IS NULL"),
)
HOLDINGS = Table.of("holdings", HoldingRow, key=("case_id", "body_id"))
SOURCES = Table.of("sources", SourceRow, key=("source",))
CELLS = Table.of("cells", CellRow, key=("path",))
REDRAWN = Table.of("redrawn", RedrawnRow, key=("case_id",))
PUBLIC = Derived(
    name="cases",
    row=CaseRow,
    sql="SELECT {}, CASE WHEN cells.path IS NULL THEN area_path ELSE {} END AS area_path"
    " FROM cases LEFT JOIN cells ON cells.path = cases.area_path".format(
        ", ".join(column for column in CaseRow.__annotations__ if column != "area_path"),
        "regexp_replace(area_path, '/[^/]*$', '')",
    ),
)
"""The same cases, each in the area in which the public sees it."""
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
PUBLIC_LISTED = replace(LISTED, table=PUBLIC)
_OPEN = Condition("ended_at IS NULL AND resolved_at IS NULL")


class CaseFacts(View):
    """One row a case, a case and body, a source, a grid cell, a case that other boundaries put elsewhere."""

    name = "case_facts"
    of_streams = CASE_RECORD.category
    tables = (CASES, HOLDINGS, SOURCES, CELLS, REDRAWN)

    def keys(self, recorded: Recorded[Any]) -> Iterable[tuple[str, Key]]:
        """The case, and its row for the body that it is given to."""
        event = recorded.event
        if recorded.category != CASE_RECORD.category:
            return ()
        case_id = recorded.subject_id
        if isinstance(event, events.DuplicateNoted | events.SeparationNoted):
            return (("cases", case_id), ("cases", event.duplicate_id))
        held = (("holdings", (case_id, event.body_id)),) if isinstance(event, _GIVEN) else ()
        return (("cases", case_id), *held)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Change the row of the case as the event says."""
        event, case_id = recorded.event, recorded.subject_id
        if isinstance(event, NameNoted) and event.level is Level.GRID_CELL:
            rows.put(CELLS, CellRow(path=event.path))
        elif isinstance(event, CaseAreasNoted):
            rows.put(REDRAWN, _redrawn(event))
        if recorded.category != CASE_RECORD.category:
            return
        if isinstance(event, events.OpeningNoted):
            rows.put(CASES, opened(event))
        elif isinstance(event, events.CaseRated):
            row = _row(rows, case_id)
            row["ratings"] += 1
            row["stars"] += event.stars
            rows.put(CASES, row)
            return
        elif not isinstance(event, _CHANGE_NO_ROW):
            row = _row(rows, case_id)
            take(row, event)
            if isinstance(event, events.DuplicateNoted | events.SeparationNoted):
                promise(row, event, rows.get(CASES, event.duplicate_id))
            rows.put(CASES, row)
            _hold(rows, case_id, event)
        rows.put(SOURCES, SourceRow(source=event.origin.source, sequence=event.origin.sequence))


VIEW = CaseFacts()


def _row(rows: Rows, case_id: str) -> CaseRow:
    if (row := rows.get(CASES, case_id)) is None:
        raise KeyError(f"no row for case {case_id}: its record does not begin with its opening")
    return row


def _redrawn(noted: CaseAreasNoted) -> RedrawnRow:
    return RedrawnRow(
        case_id=noted.case_id,
        since=[_micros(each.since) for each in noted.areas],
        paths=[each.path for each in noted.areas],
    )


def _come_from(cursor: Cursor[DictRow], question: Question) -> Sequence[AreaPath]:
    """Where those cases were opened that lie in the area asked for by the boundaries of its moment only."""
    within = question.selection.area_path
    if not question.drawn_at or not within:
        return ()
    lies, inside = (
        scoreboard.placed(CASES.name, _micros(question.drawn_at)),
        Condition.within("area_path", within),
    )
    select = f"SELECT DISTINCT opened_path FROM {lies} WHERE opened_path <> area_path AND {inside.sql}"
    return [row["opened_path"] for row in cursor.execute(select, inside.params).fetchall()]


def _micros(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


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

    def count(self, question: Question, fresh: Fresh, exact: Callable[[Sequence[AreaPath]], bool]) -> Counted:
        """What a question comes to, by one snapshot."""
        with fresh.read(self.views, VIEW) as cursor:
            sure = exact(_come_from(cursor, question))
            cases = CASES.name if sure else f"({PUBLIC.sql}) AS cases"
            if sure and question.drawn_at:
                cases = scoreboard.placed(cases, _micros(question.drawn_at))
            cases = scoreboard.moved(cursor, cases, question.moved)
            sequence = "SELECT sequence FROM sources WHERE source = %s"
            counted = cursor.execute(sequence, (self.cases,)).fetchone()
            scores = scoreboard.count(cursor, cases, question)
            return Counted(scores=scores, position=counted["sequence"] if counted else 0, exact=sure)

    def longest_open(
        self, query: ListQuery, reach: Reach, fresh: Fresh, *, exact: bool
    ) -> tuple[Sequence[OpenCase], str]:
        """A page of open cases within reach, the earliest opened first, and the token of the next."""
        with fresh.read(self.views, VIEW) as cursor:
            return (LISTED if exact else PUBLIC_LISTED).page(cursor, query, reach, where=_OPEN)

    def public_area(self, area_path: AreaPath) -> AreaPath:
        """What the public sees of an area: itself, or the community of a grid cell."""
        with Fresh().read(self.views, VIEW) as cursor:
            cell = cursor.execute("SELECT FROM cells WHERE path = %s", (area_path,)).fetchone()
            return area_path if cell is None else parent_of(area_path)

    def case_of(self, public_id: str) -> str | None:
        """The case with a public number."""
        with Fresh().read(self.views, VIEW) as cursor:
            row = LISTED.one(cursor, public_id=public_id)
            return None if row is None else row["case_id"]
