"""What a city manager would want to read, from the scoreboard alone."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from google.protobuf.timestamp_pb2 import Timestamp
from linli.cases.v1 import cases_types_pb2 as types
from linli.supervision.v1 import supervision_service_pb2 as supervision

from e2e.city.los_angeles import ZONE
from e2e.city.platform import City

WIDTH = 110
"""No line of the report is longer, but for what must not be cut: a token, a path."""
LEGEND = (
    "cases = open + closed + withdrawn + rejected (+ resolved, where any still wait to be closed).",
    "on time: of those resolved, within the limit. median, 90th pct: from opening to closing.",
    "first late: the first answer came after its limit, or has not come though the limit is used up.",
)
_DAY = 86_400

Row = supervision.ScoreboardRow


@dataclass(frozen=True, slots=True)
class Section:
    """One table of the report; `without` names the row of cases that belong to none."""

    title: str
    without: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Column:
    """A figure of every row; `always` shown, or only where any row `has` it."""

    heading: tuple[str, str]
    cell: Callable[[Row], str]
    has: Callable[[Row], object] = lambda _row: True


COLUMNS = (
    Column(("", "cases"), lambda row: f"{row.cases:,}"),
    Column(("", "open"), lambda row: f"{row.open:,}"),
    Column(
        ("", "resolved"),
        lambda row: f"{_in(row, types.CASE_STATE_RESOLVED):,}",
        lambda row: _in(row, types.CASE_STATE_RESOLVED),
    ),
    Column(("", "closed"), lambda row: f"{_in(row, types.CASE_STATE_CLOSED):,}"),
    Column(("", "withdrawn"), lambda row: f"{_in(row, types.CASE_STATE_WITHDRAWN):,}"),
    Column(("", "rejected"), lambda row: f"{_in(row, types.CASE_STATE_REJECTED):,}"),
    Column(("on", "time"), lambda row: f"{row.on_time_rate:.1%}" if row.HasField("on_time_rate") else "-"),
    Column(("", "median"), lambda row: _days(row, "median_close_seconds")),
    Column(("90th", "pct"), lambda row: _days(row, "p90_close_seconds")),
    Column(("first", "late"), lambda row: f"{row.first_response_breached:,}"),
    Column(("sent", "back"), lambda row: f"{row.returned:,}", lambda row: row.returned),
)


@dataclass(frozen=True, slots=True)
class Board:
    """The scoreboard: all cases in one row, the tables, and when open cases were judged."""

    whole: Row
    sections: Sequence[Section]
    judged: datetime


def read_board(city: City, revision: str) -> Board:
    """By region, department and request type; waits until the scoreboard has seen `revision`."""

    def ask(grouping: int, depth: int = 0) -> Any:
        request = supervision.GetScoreboardRequest(
            group_by=grouping,  # type: ignore[arg-type]  # one of the enum's
            area_depth=depth,
            cases_at_least=revision,
        )
        return city.supervision.get_scoreboard(request)

    whole = ask(supervision.GROUPING_ALL)
    sections = (
        Section("By council region", "(in no council)", ask(supervision.GROUPING_AREA, 2).rows),
        Section("By department", "(with no department)", ask(supervision.GROUPING_BODY).rows),
        Section("By request type", "(of no type)", ask(supervision.GROUPING_AFFAIR).rows),
    )
    return Board(whole.rows[0] if whole.rows else Row(), sections, _moment(whole.judged_time))


def lines(board: Board) -> Iterator[str]:
    """The tables as text, each the busiest first, then all cases together."""
    columns = [column for column in COLUMNS if column.has(board.whole)]
    for section in board.sections:
        busiest = sorted(section.rows, key=lambda row: -row.cases)
        table = [
            ("", *(column.heading[0] for column in columns)),
            ("", *(column.heading[1] for column in columns)),
            *(
                (_name(row.name, row.group_id or section.without), *(c.cell(row) for c in columns))
                for row in busiest
            ),
            ("all", *(column.cell(board.whole) for column in columns)),
        ]
        yield section.title
        yield from _columns(table)
        yield ""
    if not board.whole.returned:
        yield "No department sent a case back (the city's file does not tell of it)."


def longest_open(city: City, revision: str, most: int = 10) -> Iterator[str]:
    """The cases that have been open longest."""
    request = supervision.ListLongestOpenRequest(page_size=most, cases_at_least=revision)
    yield "Open longest"
    table = [("", "opened", "due", "", "", "")]
    for case in city.supervision.list_longest_open(request).cases:
        state = types.CaseState.Name(case.state).removeprefix("CASE_STATE_").lower().replace("_", " ")
        due = f"{_moment(case.due_time):%Y-%m-%d}" if case.HasField("due_time") else "-"
        affair, body = _name(case.affair_name, case.affair_id), _name(case.body_name, case.body_id)
        table.append((case.public_id, f"{_moment(case.opened_time):%Y-%m-%d}", due, state, affair, body))
    yield from _columns(table, left=True)


def tally(pairs: Iterable[tuple[str, int]]) -> Iterator[str]:
    """Counts with their sentences, the most frequent first."""
    for sentence, count in sorted(pairs, key=lambda pair: (-pair[1], pair[0])):
        yield f"  {count:>6,}  {sentence}"


def _columns(table: Sequence[Sequence[str]], *, left: bool = False) -> Iterator[str]:
    """The cells in columns, words to the left, figures to the right; names are cut so that all fits."""
    widths = [max(map(len, cells)) for cells in zip(*table, strict=True)]
    names = len(widths) - 1 if left else 0
    widths[names] -= max(0, 2 * len(widths) + sum(widths) - WIDTH)
    for row in table:
        cells = [
            _cut(cell, width).ljust(width) if left or number == 0 else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield ("  " + "  ".join(cells)).rstrip()


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _in(row: Row, state: int) -> int:
    return next((entry.cases for entry in row.states if entry.state == state), 0)


def _days(row: Row, field: str) -> str:
    if not row.HasField(field):  # type: ignore[arg-type]  # the name of a field
        return "-"
    seconds: int = getattr(row, field)
    return f"{seconds / _DAY:.1f} d" if seconds >= _DAY / 10 else f"{seconds / 60:.0f} min"


def _moment(stamp: Timestamp) -> datetime:
    """On the city's own clock."""
    return stamp.ToDatetime(UTC).astimezone(ZoneInfo(ZONE))


def _name(text: object, fallback: str) -> str:
    return getattr(text, "en", "") or getattr(text, "zh", "") or fallback
