"""Reads a whole file before anything is loaded: what would be loaded, what would not, and why."""

import difflib
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from msgspec.structs import replace

from services.command.imports.cells import columns_of
from services.command.imports.ground import Ground
from services.command.imports.mapping import REFUSE, Map
from services.command.imports.readers.reading import heading_of, rows_of, written
from services.command.imports.readers.row import FileWrong
from services.command.imports.requests import Left, Reading, Request
from services.command.imports.rules import Action, Rule

SHOWN = 20
_EVERY = 10_000


@dataclass(slots=True)
class Checked:
    """What a file comes to: counts, by rule, and the first rows that are not imported."""

    rows: int = 0
    requests: int = 0
    without_area: int = 0
    refused: int = 0
    skipped: int = 0
    rules: Counter[tuple[Rule, Action]] = field(default_factory=Counter)
    problems: list[Left] = field(default_factory=list)
    unknown: Counter[tuple[Rule, str]] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    first: datetime | None = None
    last: datetime | None = None
    until: datetime | None = None
    """When the first and the last request was opened, and the last moment that the file names."""

    def add(self, outcome: Request | Left) -> None:
        """Count a row."""
        self.rows += 1
        if isinstance(outcome, Left):
            self._left(outcome)
            return
        self.requests += 1
        self.states[outcome.state] += 1
        self.without_area += not outcome.inside
        self.rules.update((rule, Action.REPAIR) for rule in outcome.rules)
        named = [moment for moment in (outcome.opened, outcome.responded, outcome.ended) if moment]
        self.first = min(self.first or outcome.opened, outcome.opened)
        self.last = max(self.last or outcome.opened, outcome.opened)
        self.until = max(self.until or outcome.opened, *named, outcome.updated)

    def _left(self, left: Left) -> None:
        self.rules[left.rule, left.action] += 1
        if left.action is Action.SKIP:
            self.skipped += 1
            return
        self.refused += 1
        if len(self.problems) < SHOWN:
            self.problems.append(left)


def outcomes(
    path: Path, by: Map, ground: Ground, unknown: Counter[tuple[Rule, str]] | None = None
) -> Iterator[Request | Left]:
    """The file's rows, in order; a number that stood before is left out. Raises `FileWrong`.

    `unknown` takes the words that name nothing, when all is read.
    """
    by = as_written(path, by)
    check_heading(path, by)
    reading = Reading(by, ground, iso=by.file.format == "xlsx")
    seen: set[bytes] = set()
    for row in rows_of(path, by.file):
        outcome = reading.read(row)
        if isinstance(outcome, Request):
            digest = hashlib.blake2b(outcome.number.encode(), digest_size=10).digest()
            if digest in seen:
                outcome = Left(
                    line=row.line, number=outcome.number, rule=Rule.TWICE, action=by.action(Rule.TWICE),
                    column=columns_of(by)["id"][0], detail=outcome.number,
                )  # fmt: skip
            seen.add(digest)
        yield outcome
    if unknown is not None:
        unknown.update(reading.unknown)


def as_written(path: Path, by: Map) -> Map:
    """The map with the format of this very file, found out if the map does not say it."""
    return by if by.file.format else replace(by, file=replace(by.file, format=written(path)))


def check(path: Path, by: Map, ground: Ground, show: Callable[[int], None] = lambda _rows: None) -> Checked:
    """Read it all. Raises `FileWrong`; what is wrong with rows is counted."""
    checked = Checked()
    if wrong := list(_mistakes(by, ground)):
        raise FileWrong("\n".join(wrong))
    for outcome in outcomes(path, by, ground, checked.unknown):
        checked.add(outcome)
        if checked.rows % _EVERY == 0:
            show(checked.rows)
    return checked


def _mistakes(by: Map, ground: Ground) -> Iterator[str]:
    """What the map names that is not on the platform, whatever the file says."""
    named = [
        ("place.without", by.place.without, ground.areas, "area"),
        *(
            (f"affairs.values.{word}", value, ground.affairs, "affair")
            for word, value in by.affairs.values.items()
        ),
        *(
            (f"owners.values.{word}", value, ground.bodies, "body")
            for word, value in by.owners.values.items()
        ),
        *((f"outcomes.affairs.{word}", word, ground.affairs, "affair") for word in by.outcomes.affairs),
    ]
    if by.affairs.otherwise != REFUSE:
        named.append(("affairs.otherwise", by.affairs.otherwise, ground.affairs, "affair"))
    for where, word, words, kind in named:
        if not words.find(word):
            yield f"{where}: {named_nothing(word, words, kind)}"
    for word, code in by.outcomes.affairs.items():
        has = ground.outcomes.get(ground.affairs.find(word), [code])
        if code not in has:
            yield f"outcomes.affairs.{word}: this affair has no outcome {code!r}: it has {', '.join(has)}"


def verdict(checked: Checked, by: Map) -> str:
    """Why nothing of the file may be loaded; "" if it may."""
    if not checked.rows:
        return "the file has no rows below its heading"
    if not checked.requests:
        return "no row is left that can be loaded"
    share = 100 * checked.refused / checked.rows
    if share > by.most_refused:
        return (
            f"{checked.refused:,} of {checked.rows:,} rows ({share:.1f}%) would be refused, more than the"
            f" {by.most_refused:g}% that the map allows (most_refused)"
        )
    return ""


def check_heading(path: Path, by: Map) -> None:
    """Whether the file has the columns that the map names. Raises `FileWrong`."""
    heading = heading_of(path, by.file)
    for wanted, columns in columns_of(by).items():
        missing = [column for column in columns if column not in heading]
        sparse = by.file.format in {"json", "jsonl"} and wanted not in {"id", "affair", "opened"}
        if missing and len(missing) == len(columns) and not sparse:
            close = difflib.get_close_matches(missing[0], heading, n=1)
            meant = f"; did you mean {close[0]!r}?" if close else "."
            listed = ", ".join(heading[:40]) or "nothing"
            raise FileWrong(
                f"{path} has no column {missing[0]!r} (columns.{wanted} of the map){meant} It has: {listed}"
            )


def named_nothing(word: str, words: Iterable[str], kind: str) -> str:
    """A sentence on a word that names nothing."""
    close = difflib.get_close_matches(word.casefold(), list(words), n=1)
    meant = f"; did you mean {close[0]!r}?" if close else ""
    return f"there is no {kind} {word!r} on the platform, by id or name{meant}"
