"""What a city manager would want to read, from the scoreboard alone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from linli.cases.v1 import cases_types_pb2 as types
from linli.supervision.v1 import supervision_service_pb2 as supervision

from e2e.city.platform import City

HEADINGS = ("", "cases", "open", "closed", "on time", "median", "90th pct", "returned", "1st resp. late")
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Section:
    """One table of the report."""

    title: str
    rows: Sequence[supervision.ScoreboardRow]


def sections(city: City, revision: str) -> Iterator[Section]:
    """The scoreboard by region, department and request type; waits until it has seen `revision`."""
    for title, grouping, depth in (
        ("By council region", supervision.GROUPING_AREA, 2),
        ("By department", supervision.GROUPING_BODY, 0),
        ("By request type", supervision.GROUPING_AFFAIR, 0),
    ):
        request = supervision.GetScoreboardRequest(
            group_by=grouping, area_depth=depth, cases_at_least=revision
        )
        yield Section(title, city.supervision.get_scoreboard(request).rows)


def lines(section: Section) -> Iterator[str]:
    """The table as text, the busiest first."""
    table = [HEADINGS, *(_cells(row) for row in sorted(section.rows, key=lambda row: -row.cases))]
    widths = [max(len(cells[column]) for cells in table) for column in range(len(HEADINGS))]
    yield section.title
    for cells in table:
        first, rest = cells[0].ljust(widths[0]), zip(cells[1:], widths[1:], strict=True)
        yield "  " + "  ".join([first, *(cell.rjust(width) for cell, width in rest)])


def longest_open(city: City, revision: str, most: int = 10) -> Iterator[str]:
    """The cases that have been open longest."""
    request = supervision.ListLongestOpenRequest(page_size=most, cases_at_least=revision)
    yield "Open longest"
    for case in city.supervision.list_longest_open(request).cases:
        state = types.CaseState.Name(case.state).removeprefix("CASE_STATE_").lower().replace("_", " ")
        opened = case.opened_time.ToDatetime().strftime("%Y-%m-%d %H:%M")
        affair, body = _name(case.affair_name, case.affair_id), _name(case.body_name, case.body_id)
        yield f"  {case.public_id}  since {opened}Z  {state:<12} {affair:<26} {body}"


def tally(pairs: Iterable[tuple[str, int]]) -> Iterator[str]:
    """Counts with their sentences, the most frequent first."""
    for sentence, count in sorted(pairs, key=lambda pair: (-pair[1], pair[0])):
        yield f"  {count:>6,}  {sentence}"


def _cells(row: supervision.ScoreboardRow) -> tuple[str, ...]:
    states: Mapping[int, int] = {entry.state: entry.cases for entry in row.states}
    return (
        _name(row.name, row.group_id),
        f"{row.cases:,}",
        f"{row.open:,}",
        f"{states.get(types.CASE_STATE_CLOSED, 0):,}",
        f"{row.on_time_rate:.1%}" if row.HasField("on_time_rate") else "-",
        _days(row.median_close_seconds) if row.HasField("median_close_seconds") else "-",
        _days(row.p90_close_seconds) if row.HasField("p90_close_seconds") else "-",
        f"{row.returned:,}",
        f"{row.first_response_breached:,}",
    )


def _days(seconds: int) -> str:
    return f"{seconds / _DAY:.1f} d" if seconds >= _DAY / 10 else f"{seconds / 60:.0f} min"


def _name(text: object, fallback: str) -> str:
    return getattr(text, "en", "") or getattr(text, "zh", "") or fallback or "(in no council)"
