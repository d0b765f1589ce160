"""Time zones: what the wall clock shows at a moment, and when it first shows a time.

Moments and wall times are whole microseconds since 0001-01-01T00:00, a Monday: in UTC, or as the wall clock
shows it.
"""

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
DAY = 24 * 60 * 60 * SECOND

_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
_FIRST, _YEARS = datetime(1970, 1, 1, tzinfo=UTC), 150
"""Clock changes are known for these years; before and after, clocks stay as they are there."""
_LOOK = timedelta(days=3)
"""No two changes of one zone since then lie closer together."""
_OF_THE_MACHINE = frozenset({"localtime", "posixrules", "Factory"})


def is_zone(name: str) -> bool:
    """Whether the name is an IANA time zone, and means the same on every machine."""
    if name in _OF_THE_MACHINE or name not in _names():
        return False
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones())


def ticks(moment: datetime) -> int:
    """An aware moment in microseconds."""
    since = moment - _BEGINNING
    return since.days * DAY + since.seconds * SECOND + since.microseconds


def moment_of(at: int) -> datetime:
    """The moment in UTC. Raises `OverflowError` beyond the year 9999."""
    return _BEGINNING + at * MICROSECOND


class Zone:
    """The changes of a zone's clocks: `ats` (moments), `walls` (the wall time that each cuts off), `shifts`.

    `offsets[i]` is what the wall clock is ahead of UTC after `i` changes.
    """

    __slots__ = ("ats", "offsets", "shifts", "walls")

    def __init__(self, first_offset: int, changes: list[tuple[int, int]]) -> None:
        self.ats = [at for at, _ in changes]
        self.offsets = [first_offset, *(offset for _, offset in changes)]
        self.walls = [at + before for at, before in zip(self.ats, self.offsets, strict=False)]
        self.shifts = [after - before for before, after in zip(self.offsets, self.offsets[1:], strict=False)]

    def wall(self, at: int) -> int:
        """What the wall clock shows at a moment."""
        return at + self.offsets[bisect_right(self.ats, at)]

    def first(self, wall: int) -> int:
        """The first moment at which the wall clock shows this time or a later one.

        So a time that a change skips comes with the change, and one that comes twice, the first time.
        """
        passed = bisect_right(self.walls, wall)
        at = wall - self.offsets[passed]
        return max(at, self.ats[passed - 1]) if passed else at

    def day_from(self, at: int) -> int:
        """The first day that begins at a moment or later."""
        return -(-self.wall(at) // DAY)


@cache
def zone(name: str) -> Zone:
    """The zone of this name; some milliseconds the first time."""
    info = ZoneInfo(name)
    here = _FIRST.astimezone(info)  # what is added to it is added to its wall time
    first = offset = _microseconds(here.utcoffset())
    changes = []
    for _ in range(_YEARS * 366 // _LOOK.days):
        there = here + _LOOK
        after = _microseconds(there.utcoffset())
        if after != offset:
            changes.append((_change(info, ticks(here), ticks(there), offset), after))
        here, offset = there, after
    return Zone(first, changes)


def _change(info: ZoneInfo, before: int, after: int, offset: int) -> int:
    """The second at which the offset is no more what it was."""
    low, high = before // SECOND, after // SECOND
    while high - low > 1:
        middle = (low + high) // 2
        if _microseconds(moment_of(middle * SECOND).astimezone(info).utcoffset()) == offset:
            low = middle
        else:
            high = middle
    return high * SECOND


def _microseconds(offset: timedelta | None) -> int:
    return 0 if offset is None else offset // MICROSECOND
