"""The page: the head, what is worst, and the tables."""

from collections.abc import Iterator, Sequence

from services.command.imports.report import headline, tables
from services.command.imports.report.board import Board, Period

RULE = "=" * tables.WIDTH


def lines(board: Board, period: Period, sentences: Sequence[str] = ()) -> Iterator[str]:
    """From the most to the least important; `sentences` are what a reader of this city's must know."""
    yield from (RULE, headline.title(board.cut, board.whole.cases, period), RULE)
    yield from tables.wrapped(headline.headline(board))
    yield ""
    worst = headline.worst(board)
    yield "The three worst things" if len(worst) == headline.WORST else "What went worst"
    for number, sentence in enumerate(worst, 1):
        yield from tables.wrapped(f"  {number}. {sentence}")
    if not worst:
        yield "  Nothing was late, and nothing is overdue."
    yield ""
    for note in headline.notes(board, sentences):
        yield from tables.wrapped(note)
    yield ""
    yield from tables.longest_open(board)
    yield ""
    yield from tables.lines(board)
    yield ""
    yield from tables.LEGEND_OF_HELD if board.held else tables.LEGEND
