"""Looks at the columns of a file, and tells which is likeliest what."""

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from services.command.imports.guessing import best_formats, reads
from services.command.imports.mapping import File
from services.command.imports.readers.reading import rows_of
from services.command.imports.usual import SERIALS, WANTED
from services.command.imports.words import folded

LOOKED_AT = 20_000
_DISTINCT = 60
_NEARLY = 0.9
_SHORT = 5
"""ASCII words of fewer letters are looked for as whole words."""
_WORD = re.compile(r"[^\W_]+")


@dataclass(slots=True)
class Column:
    """What was seen of a column."""

    name: str
    filled: int = 0
    values: Counter[str] = field(default_factory=Counter)
    samples: list[str] = field(default_factory=list)

    def add(self, value: str) -> None:
        """Look at a value."""
        if not value.strip():
            return
        self.filled += 1
        if value in self.values or len(self.values) < 10 * _DISTINCT:
            self.values[value] += 1
        if len(self.samples) < 2 * _DISTINCT or (
            self.filled % 97 == 0 and len(self.samples) < 10 * _DISTINCT
        ):
            self.samples.append(value)

    @property
    def is_listed(self) -> bool:
        """Whether it has few values, each often."""
        return 0 < len(self.values) <= min(_DISTINCT, self.filled / 2)


def look(path: Path, heading: int) -> tuple[Mapping[str, Column], int]:
    """The columns of a file by name, and how many rows were looked at."""
    columns: dict[str, Column] = {}
    rows = 0
    for row in itertools.islice(rows_of(path, File(heading=heading)), LOOKED_AT):
        rows += 1
        for name, value in row.values.items():
            columns.setdefault(name, Column(name)).add(value.strip())
    return columns, rows


def chosen_of(columns: Mapping[str, Column], rows: int) -> dict[str, str]:
    """For each field the column that is likeliest it, no column twice; those not found are left out."""
    taken: dict[str, str] = {}
    for exact in (True, False):
        for wanted, words in WANTED.items():
            found = (name for word in words for name in columns if _fits(name, folded(word), exact=exact))
            free = (name for name in found if name not in taken.values())
            suits = next((name for name in free if _suits(wanted, columns[name], rows)), None)
            if wanted not in taken and suits is not None:
                taken[wanted] = suits
    if ("latitude" in taken) != ("longitude" in taken):
        taken.pop("latitude", None)
        taken.pop("longitude", None)
    return {**taken, **dict(_by_values(columns, rows, taken))}


def _by_values(
    columns: Mapping[str, Column], rows: int, taken: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Columns without a telling name: numbers that all differ, times of every row and times of some."""
    free = [column for column in columns.values() if column.name not in taken.values()]
    times = [
        column for column in free if _is_time(column) and best_formats(column.samples[:8])[0] not in SERIALS
    ]
    every = [column.name for column in times if column.filled == rows]
    some = [column.name for column in times if column.filled < rows]
    numbers = [column.name for column in free if _suits("id", column, rows) and column not in times]
    for wanted, names in (("id", numbers), ("opened", every), ("closed", some)):
        if wanted not in taken and names:
            yield wanted, names[0]


def _suits(wanted: str, column: Column, rows: int) -> bool:
    """Whether the values of a column may be that."""
    match wanted:
        case "id":
            return column.filled == rows and max(column.values.values(), default=0) == 1
        case "opened":
            return column.filled >= _NEARLY * rows and _is_time(column)
        case "closed" | "responded" | "updated":
            return _is_time(column)
        case "latitude" | "longitude":
            return _are_degrees(column)
        case _:
            return True


def _is_time(column: Column) -> bool:
    looked_at = column.samples[:8]
    formats = best_formats(looked_at)
    return bool(formats) and all(any(reads(each, sample) for each in formats) for sample in looked_at)


def _fits(name: str, word: str, *, exact: bool) -> bool:
    bare = name.rpartition(".")[2]
    if exact:
        return bare in {word, word.replace(" ", "_"), word.replace(" ", "")}
    if not word.isascii():
        return len(word) > 1 and word in bare
    if len(word) < _SHORT:  # "art" is no part of "party"
        return len(word) > 2 and word in _WORD.findall(bare)
    return word in bare


def _are_degrees(column: Column) -> bool:
    try:
        return all(abs(float(value.replace(",", "."))) <= 180 for value in column.samples[:50])
    except ValueError:
        return False
