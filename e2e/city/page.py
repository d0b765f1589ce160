"""The page that `make run` prints: the report, and what the import came to."""

from collections.abc import Iterator

from e2e.city import summary
from e2e.city.los_angeles import HOLIDAYS_OF, ZONE
from services.command.imports.report import page
from services.command.imports.report.board import Board, Cut, Period

RULE = page.RULE
CUT = Cut(
    name="Los Angeles", zone=ZONE, least_depth=3,
    areas="By council region", bodies="By department", affairs="By request type",
    area="council", body="department", affair="request type",
)  # fmt: skip
"""What the city calls things."""


def lines(board: Board, outcome: summary.Summary, *, again: bool) -> Iterator[str]:
    """From the most to the least important; `again`: the import was finished by an earlier start."""
    period = summary.period(outcome)
    yield from page.lines(board, period, list(sentences(period)))
    yield from ("", RULE)
    yield from summary.lines(outcome, again=again)


def sentences(period: Period) -> Iterator[str]:
    """What a reader must know of this city's figures."""
    yield "Time limits and working hours are ASSUMED (the city's file promises nothing)."
    if not period.first.year == period.until.year == HOLIDAYS_OF:
        yield f"Limits leave out the city's holidays of {HOLIDAYS_OF}, and know those of no other year."
