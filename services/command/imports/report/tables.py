"""What a city manager would want to read, from the scoreboard alone: the tables."""

import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from linli.cases.v1 import cases_types_pb2 as types

from libs.rpc.moments import moment
from services.command.imports.report.board import Board, OpenCase, Row

WIDTH = 100
"""No line of the report is longer, but for what must not be cut: a token, a path."""
LEGEND = (
    "cases = open + closed + withdrawn + rejected (+ resolved, where any still wait to be closed).",
    "on time: of the cases resolved, the share resolved within the limit.",
    "median, 90th pct: half, and nine in ten, of the closed cases took no longer than this, from opening",
    "to closing, in days (d), hours (h) or minutes (min).",
    "first late: of all cases, the share whose first answer came after its limit, or has not come though",
    "that limit is used up.",
)
LEGEND_OF_HELD = (
    *LEGEND[:-2],
    "first late: of all cases, the share whose first answer came after its limit. Those that have none yet",
    "are counted once the cases are handed over to the clocks (--finish).",
)
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


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
        ("re-", "solved"),
        lambda row: f"{in_state(row, types.CASE_STATE_RESOLVED):,}",
        lambda row: in_state(row, types.CASE_STATE_RESOLVED),
    ),
    Column(("", "closed"), lambda row: f"{in_state(row, types.CASE_STATE_CLOSED):,}"),
    Column(("with-", "drawn"), lambda row: f"{in_state(row, types.CASE_STATE_WITHDRAWN):,}"),
    Column(("re-", "jected"), lambda row: f"{in_state(row, types.CASE_STATE_REJECTED):,}"),
    Column(("on", "time"), lambda row: f"{row.on_time_rate:.1%}" if row.HasField("on_time_rate") else "-"),
    Column(("", "median"), lambda row: _lasted(row, "median_close_seconds")),
    Column(("90th", "pct"), lambda row: _lasted(row, "p90_close_seconds")),
    Column(("first", "late"), lambda row: share(row.first_response_breached, row.cases)),
    Column(("sent", "back"), lambda row: f"{row.returned:,}", lambda row: row.returned),
)


def lines(board: Board) -> Iterator[str]:
    """The tables as text, each the busiest first, then all cases together."""
    columns = [column for column in COLUMNS if column.has(board.whole)]
    for section in board.sections:
        busiest = sorted(section.rows, key=lambda row: -row.cases)
        table = [
            ("", *(column.heading[0] for column in columns)),
            ("", *(column.heading[1] for column in columns)),
            *(
                (name_of(row.name, row.group_id or section.without), *(c.cell(row) for c in columns))
                for row in busiest
            ),
            ("all", *(column.cell(board.whole) for column in columns)),
        ]
        yield section.title
        yield from _columns(table)
        yield ""
    if not board.whole.returned:
        yield f"No {board.cut.body} sent a case back (the file does not tell of it)."


def longest_open(board: Board) -> Iterator[str]:
    """The cases that have been open longest."""
    yield f"Open longest on {day(board.judged)}, and days past the limit"
    if not board.waiting:
        yield "  No case is open."
        return
    table = [("", "open for", "overdue", board.cut.affair, board.cut.area, board.cut.body)]
    for case in board.waiting:
        age, late = f"{open_for(case, board.judged):,} d", overdue(case, board.judged)
        affair, body = name_of(case.affair_name, case.affair_id), name_of(case.body_name, case.body_id)
        place = area_of(case, board)
        table.append((case.public_id, age, f"{late:,} d" if late else "-", affair, place, body))
    yield from _columns(table, words=(0, 3, 4, 5))


def area_of(case: OpenCase, board: Board) -> str:
    """The name of its area; of a case that lies in none that counts, so in words."""
    named = case.area_path.count("/") + 1 >= board.cut.least_depth
    return name_of(case.area_name, case.area_path) if named else f"in no {board.cut.area}"


def open_for(case: OpenCase, judged: datetime) -> int:
    """Whole days since the case was opened."""
    return max(0, (judged - moment(case.opened_time)).days)


def overdue(case: OpenCase, judged: datetime) -> int:
    """Whole days since the case was due, at least 1; 0 if it is not overdue."""
    if not case.HasField("due_time") or moment(case.due_time) >= judged:
        return 0
    return max(1, (judged - moment(case.due_time)).days)


def tally(pairs: Iterable[tuple[str, int]]) -> Iterator[str]:
    """Counts with their sentences, the most frequent first."""
    for sentence, count in sorted(pairs, key=lambda pair: (-pair[1], pair[0])):
        yield f"  {count:>6,}  {sentence}"


def wrapped(text: str) -> Sequence[str]:
    """The text in lines that are not too long; what follows the first is set in."""
    return textwrap.wrap(
        text, WIDTH, subsequent_indent="    " if text.startswith(" ") else "",
        break_on_hyphens=False, break_long_words=False, drop_whitespace=True,
    )  # fmt: skip


def _columns(table: Sequence[Sequence[str]], words: Sequence[int] = (0,)) -> Iterator[str]:
    """The cells in columns, words to the left, figures to the right; the longest words are cut to fit."""
    widths = [max(map(len, cells)) for cells in zip(*table, strict=True)]
    while 2 * len(widths) + sum(widths) > WIDTH:
        widths[max(words, key=lambda number: (widths[number], number))] -= 1
    for row in table:
        cells = [
            _cut(cell, width).ljust(width) if number in words else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield ("  " + "  ".join(cells)).rstrip()


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def in_state(row: Row, state: int) -> int:
    """How many of the row's cases are in the state."""
    return next((entry.cases for entry in row.states if entry.state == state), 0)


def _lasted(row: Row, field: str) -> str:
    return lasted(getattr(row, field)) if row.HasField(field) else "-"  # type: ignore[arg-type]  # its name


def lasted(seconds: int) -> str:
    """`2.3 d`, `5.1 h` or `12 min`."""
    if seconds >= _DAY:
        return f"{seconds / _DAY:.1f} d"
    return f"{seconds / _HOUR:.1f} h" if seconds >= _HOUR else f"{seconds // _MINUTE} min"


def spoken(seconds: int) -> str:
    """The same in a sentence: `2.3 days`."""
    figure, unit = lasted(seconds).split()
    return f"{figure} { {'d': 'days', 'h': 'hours', 'min': 'minutes'}[unit] }"


def share(part: int, of: int) -> str:
    """`12.3%`; `-` of nothing."""
    return f"{part / of:.1%}" if of else "-"


def span(first: datetime, last: datetime) -> str:
    """`1 to 3 January 2020`, as short as may be."""
    words, ended = day(first).split(), day(last).split()
    if words == ended:
        return " ".join(ended)
    while words[-1] == ended[len(words) - 1] and len(words) > 1:
        words.pop()
    return f"{' '.join(words)} to {' '.join(ended)}"


def day(moment: datetime) -> str:
    """`3 August 2020`, on the clock that the moment is told by."""
    return f"{moment.day} {moment:%B %Y}"


def name_of(text: object, fallback: str) -> str:
    """In English, or else in Chinese, or else the `fallback`."""
    return getattr(text, "en", "") or getattr(text, "zh", "") or fallback
