"""One year of working time, summed up: counting takes two steps, for one day as for a hundred."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate

Span = tuple[datetime, datetime]
"""When work is done without a break, in UTC."""

NONE = timedelta()


class WorkingYear:
    """The spans that begin in one local year, and how much work is done before and after each."""

    __slots__ = ("_after", "_before", "_ends", "_starts")

    def __init__(self, spans: Sequence[Span]) -> None:
        self._starts = [start for start, _ in spans]
        self._ends = [end for _, end in spans]
        self._after = list(accumulate(end - start for start, end in spans))
        self._before = [NONE, *self._after[:-1]]

    @property
    def idle(self) -> bool:
        """Whether no work is done in it."""
        return not self._starts

    def done_before(self, moment: datetime) -> timedelta:
        """How much of its work is done before a moment."""
        i = bisect_right(self._ends, moment)
        if i == len(self._ends):
            return self._after[-1] if self._after else NONE
        return self._before[i] + max(moment - self._starts[i], NONE)

    def next_working(self, moment: datetime) -> datetime | None:
        """The moment itself if work is being done then, else the next one when work begins."""
        i = bisect_right(self._ends, moment)
        return max(moment, self._starts[i]) if i < len(self._ends) else None

    def done_at(self, target: timedelta, moment: datetime) -> datetime | None:
        """When so much of its work is done, not before a moment at which work can still be done."""
        i = bisect_left(self._after, target, bisect_right(self._ends, moment))
        return self._starts[i] + (target - self._before[i]) if i < len(self._ends) else None
