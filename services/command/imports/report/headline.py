"""The head of the report: how the city did in a few lines, and the three worst things, each in one."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from linli.cases.v1 import cases_types_pb2 as types

from services.command.imports.report.board import Board, Cut, Period, Row
from services.command.imports.report.tables import (
    area_of,
    day,
    in_state,
    name_of,
    open_for,
    overdue,
    share,
    span,
    spoken,
)

WORST = 3
_FEWEST = 10
"""Groups of fewer cases stand in the tables only."""
_SURE = 1.96
"""So many standard errors on either side hold 95 in 100 estimates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Late:
    """How many cases of a group were resolved late, or got their first answer late."""

    what: str
    late: int
    of: int
    sentence: str

    @property
    def at_least(self) -> float:
        """The share that small numbers do not make look worse than it is: Wilson's lower bound (1927)."""
        share, z2 = self.late / self.of, _SURE**2
        spread = _SURE * math.sqrt(share * (1 - share) / self.of + z2 / (4 * self.of**2))
        return (share + z2 / (2 * self.of) - spread) / (1 + z2 / self.of)


def title(cut: Cut, cases: int, period: Period) -> str:
    """What the report is about, by the file's own dates."""
    first, last = cut.local(period.first), cut.local(period.last)
    return f"{cut.name}: {cases:,} service requests of {span(first, last)}"


def headline(board: Board) -> str:
    """How the city did, in one sentence of four figures."""
    whole = board.whole
    closed = in_state(whole, types.CASE_STATE_CLOSED)
    text = f"{closed:,} of {whole.cases:,} requests are closed"
    if whole.HasField("on_time_rate") and whole.HasField("median_close_seconds"):
        text += (
            f", {whole.on_time_rate:.1%} within the limit, half within {spoken(whole.median_close_seconds)}"
        )
    late = share(whole.first_response_breached, whole.cases)
    text += f"; {late} got their first answer {_late_or_never(board)}; "
    if not whole.open:
        return f"{text}none is still open."
    be = "is" if whole.open == 1 else "are"
    return f"{text}{whole.open:,} {be} still open, {whole.overdue:,} of them overdue."


def notes(board: Board, sentences: Sequence[str] = ()) -> Iterator[str]:
    """What a reader has to know to take the figures for what they are; `sentences` of the city come first."""
    judged = f"Open cases are judged as of {day(board.judged)}, the last day in the file."
    yield " ".join([*sentences[:1], judged])
    yield from sentences[1:]
    crews = board.crews
    if crews.HasField("median_close_seconds"):
        yield (
            f"Crews reported {crews.cases:,} cases themselves ({share(crews.cases, board.whole.cases)}), "
            f"often as they did the work: half of these were closed within "
            f"{spoken(crews.median_close_seconds)}. A median of minutes comes from many such cases."
        )


def worst(board: Board) -> Sequence[str]:
    """Up to three sentences: who closes late, who answers late, what lies overdue; each by its worst.

    Where one of them has nothing to say, the next worst of the others stands in.
    """
    ranked = sorted(_all_late(board), key=lambda found: found.at_least, reverse=True)
    first = {found.what: found for found in reversed(ranked)}
    chosen = sorted(first.values(), key=lambda found: found.at_least, reverse=True)
    sentences = [found.sentence for found in chosen] + list(_overdue(board))
    same = {(found.what, found.late, found.of) for found in chosen}
    for found in ranked:
        if len(sentences) < WORST and (found.what, found.late, found.of) not in same:
            same.add((found.what, found.late, found.of))
            sentences.append(found.sentence)
    return sentences


def _all_late(board: Board) -> Iterator[_Late]:
    """For each group of each table that is worse than all cases together."""
    for section in board.sections:
        for row in section.rows:
            name = name_of(row.name, row.group_id or section.without)
            yield from _resolved_late(row, name, board.whole)
            yield from _answered_late(row, name, board)


def _resolved_late(row: Row, name: str, whole: Row) -> Iterator[_Late]:
    resolved, of_all = row.on_time + row.late, whole.on_time + whole.late
    if resolved < _FEWEST or row.late * of_all <= whole.late * resolved:
        return
    text = f"{name}: {row.late:,} of {resolved:,} cases were resolved late "
    text += f"({share(row.late, resolved)}; of all cases {share(whole.late, of_all)})"
    if row.HasField("median_close_seconds"):
        text += f"; the median took {spoken(row.median_close_seconds)}"
    yield _Late(what="resolved", late=row.late, of=resolved, sentence=f"{text}.")


def _late_or_never(board: Board) -> str:
    return "late" if board.held else "late or not at all"


def _answered_late(row: Row, name: str, board: Board) -> Iterator[_Late]:
    whole = board.whole
    waited, of_all = row.first_response_breached, whole.first_response_breached
    if row.cases < _FEWEST or waited * whole.cases <= of_all * row.cases:
        return
    text = f"{name}: {waited:,} of {row.cases:,} cases got a first answer {_late_or_never(board)} "
    text += f"({share(waited, row.cases)}; of all cases {share(of_all, whole.cases)})."
    yield _Late(what="answered", late=waited, of=row.cases, sentence=text)


def _overdue(board: Board) -> Iterator[str]:
    if not board.whole.overdue:
        return
    text = f"Left open: {board.whole.overdue:,} of {board.whole.open:,} open cases are overdue"
    for oldest in board.waiting[:1]:
        about = f"{name_of(oldest.affair_name, oldest.affair_id)}, {area_of(oldest, board)}"
        age, late = open_for(oldest, board.judged), overdue(oldest, board.judged)
        if late:
            text += f"; the oldest has been open for {_days(age)}, {_days(late)} too long"
            text += f" ({oldest.public_id}: {about})"
    yield f"{text}."


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count:,} days"
