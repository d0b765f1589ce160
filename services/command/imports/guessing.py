"""Guesses how times are written."""

import re
from collections.abc import Iterable, Sequence

from services.command.imports.mapping import Dates
from services.command.imports.moments import Clock
from services.command.imports.usual import FORMATS, SERIALS

_FEWEST = 0.02


def best_formats(samples: Sequence[str]) -> Sequence[str]:
    """At most two that read nearly all samples. Of two that read the same, days before months lose no day."""
    left = list(samples)
    chosen: list[str] = []
    while left and len(chosen) < 2:
        counted = {each: sum(reads(each, sample) for sample in left) for each in FORMATS}
        best = max(counted, key=lambda each: counted[each])
        if counted[best] <= _FEWEST * len(samples):
            break
        chosen.append(best)
        left = [sample for sample in left if not reads(best, sample)]
    return chosen


def reads(written_as: str, sample: str) -> bool:
    """Whether a format reads a time, as one of our age."""
    if written_as in SERIALS:
        try:
            lowest, highest = SERIALS[written_as]
            return lowest <= float(sample.replace(",", ".")) <= highest
        except ValueError:
            return False
    if written_as == "iso" and sample.isdecimal():
        return False
    try:
        moment, _, _ = _CLOCKS[written_as].read(sample)
    except ValueError:
        return False
    return _EARLIEST <= moment.year <= _LATEST


_EARLIEST, _LATEST = 1980, 2100
_CLOCKS = {each: Clock("UTC", Dates(formats=[each])) for each in FORMATS}


def ambiguous(formats: Iterable[str], samples: Sequence[str]) -> str:
    """A format that reads all samples as well, with days and months the other way; "" if none does."""
    for each in formats:
        other = _swapped(each)
        if other != each and other in _CLOCKS and all(reads(other, sample) for sample in samples):
            return other
    return ""


def _swapped(written_as: str) -> str:
    return re.sub(r"%([md])(\W)%([md])", lambda two: f"%{two[3]}{two[2]}%{two[1]}", written_as)
