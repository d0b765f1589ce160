"""Times as files write them: by patterns, as serial numbers, on a city's clock with its changes."""

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from services.command.imports.mapping import Dates
from services.command.imports.rules import Rule

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EXCEL = datetime(1899, 12, 30)  # noqa: DTZ001 -- a serial date is on the city's clock
"""Day 0 of Excel's serial dates: it counts a 29 February 1900 that there was not, so days before March 1900
are off by one."""
_NUMBER = re.compile(r"^\d+([.,]\d+)?([eE]\+?\d+)?$")
_BLANKS = re.compile(r"\s+")
_UTC = re.compile(r"\s?(UTC|GMT)$", re.IGNORECASE)
_HALVES = re.compile(r"\b([ap])\.?\s?m\b\.?", re.IGNORECASE)
_LATEST_SERIAL = 2_958_465.99999


def _serial(text: str) -> float:
    if not _NUMBER.match(text):
        raise ValueError(text)
    return float(text.replace(",", "."))


def _excel(text: str) -> datetime:
    serial = _serial(text)
    if not 1 <= serial <= _LATEST_SERIAL:
        raise ValueError(text)
    return _EXCEL + timedelta(seconds=round(serial * 86_400))


def _seconds(text: str) -> datetime:
    return _EPOCH + timedelta(seconds=_serial(text))


def _milliseconds(text: str) -> datetime:
    return _EPOCH + timedelta(milliseconds=math.floor(_serial(text)))


def _iso(text: str) -> datetime:
    return datetime.fromisoformat(text)


WORDS: Mapping[str, Callable[[str], datetime]] = {
    "iso": _iso,
    "excel": _excel,
    "epoch_seconds": _seconds,
    "epoch_milliseconds": _milliseconds,
}
"""Ways of writing that no pattern of strptime describes."""


def normal(text: str) -> str:
    """A time without what people vary: full-width figures, blanks, `p.m.`, 上午 and 下午, UTC for +00:00."""
    text = _BLANKS.sub(" ", unicodedata.normalize("NFKC", text)).strip()
    text = _UTC.sub("+00:00", text.replace("上午", "AM").replace("下午", "PM"))
    return _HALVES.sub(lambda half: f"{half[1].upper()}M", text)


class Clock:
    """Reads times of one file."""

    def __init__(self, zone: str, dates: Dates, *, iso: bool = False) -> None:
        """`iso`: the file's reader writes times so, whatever the map says."""
        self._zone = ZoneInfo(zone)
        self._fold = 1 if dates.fold == "second" else 0
        self._written_as = " or ".join(dates.formats)
        self._formats = (*dates.formats, *(["iso"] if iso else []))
        self.read = lru_cache(maxsize=20_000)(self._read)

    def _read(self, text: str) -> tuple[datetime, Rule | None, bool]:
        """The moment in UTC, the rule if it lies at a clock change, and whether it is a date without a time.

        Raises ValueError if no format fits, or if it is so early or late that not every clock can show it.
        """
        naive = self._naive(normal(text))
        if naive.year in {MINYEAR, MAXYEAR}:
            raise ValueError(f"lies outside of the years {MINYEAR + 1} to {MAXYEAR - 1}")
        if naive.tzinfo is not None:
            return naive.astimezone(UTC), None, False
        whole_day = (naive.hour, naive.minute, naive.second, naive.microsecond) == (0, 0, 0, 0)
        first, second = naive.replace(tzinfo=self._zone), naive.replace(tzinfo=self._zone, fold=1)
        if first.utcoffset() == second.utcoffset():
            return first.astimezone(UTC), None, whole_day
        skipped = first.astimezone(UTC).astimezone(self._zone).replace(tzinfo=None) != naive
        if skipped:  # read with the offset before the change it comes out later by what was skipped
            return first.astimezone(UTC), Rule.GAP, whole_day
        return (second if self._fold else first).astimezone(UTC), Rule.FOLD, whole_day

    def _naive(self, text: str) -> datetime:
        for written in self._formats:
            try:
                read = WORDS.get(written)
                return read(text) if read is not None else datetime.strptime(text, written)  # noqa: DTZ007
            except (ValueError, OverflowError):
                continue
        raise ValueError(f"is not written as {self._written_as}")

    def same_day(self, one: datetime, other: datetime) -> bool:
        """Whether two moments lie on the same day of this clock."""
        return one.astimezone(self._zone).date() == other.astimezone(self._zone).date()
