"""The page that `make run` prints: the head, the tables, and what the import came to."""

from collections.abc import Iterator

from e2e.city import headline, report, summary
from e2e.city.board import Board

RULE = "=" * report.WIDTH


def lines(board: Board, outcome: summary.Summary, *, again: bool) -> Iterator[str]:
    """From the most to the least important; `again`: the import was finished by an earlier start."""
    period = summary.period(outcome)
    yield from (RULE, headline.title(board.whole.cases, period), RULE)
    yield from summary.wrapped(headline.headline(board))
    yield ""
    worst = headline.worst(board)
    yield "The three worst things" if len(worst) == headline.WORST else "What went worst"
    for number, sentence in enumerate(worst, 1):
        yield from summary.wrapped(f"  {number}. {sentence}")
    if not worst:
        yield "  Nothing was late, and nothing is overdue."
    yield ""
    for note in headline.notes(board, period):
        yield from summary.wrapped(note)
    yield ""
    yield from report.longest_open(board)
    yield ""
    yield from report.lines(board)
    yield ""
    yield from report.LEGEND
    yield from ("", RULE)
    yield from summary.lines(outcome, again=again)
