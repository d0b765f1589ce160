"""The file of requests that a folder is loaded from: read, checked before anything is loaded, remembered."""

import csv
import gzip
import hashlib
import io
import json
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from e2e.city import los_angeles as la
from e2e.city.rows import TIME, Refused, Request, Row, Rule, parse_rows

NEEDED = (
    "srnumber", "requesttype", "status", "createddate", "updateddate", "servicedate", "closeddate",
    "requestsource", "owner", "anonymous", "latitude", "longitude", "address", "nc",
)  # fmt: skip
"""Columns without which a row cannot be read."""

DONE = "los-angeles.json"
"""What the import came to; there once a folder is loaded."""
KEPT = "requests.json"
"""Which file a folder is loaded from; there from the moment at which loading begins."""

_PACKED_BADLY = (gzip.BadGzipFile, EOFError, zlib.error)
_WRONG_DATES = {
    Rule.BAD_TIME: f"have a time that cannot be read: write times like {TIME}, on the city's clock",
    Rule.BEFORE_THE_CITY: (
        f"were created before {la.SINCE.year}, when the city's boundaries and departments begin: "
        f"give a file of requests created in {la.SINCE.year} or later"
    ),
    Rule.IN_THE_FUTURE: f"have a time that has not come yet: write times like {TIME}, and check the years",
}
"""Rules of dates, each with the rest of the sentence that refuses a file."""


class RequestsWrong(Exception):
    """The file of requests cannot be used: which rows, why, and what to do."""


class HeadingWrong(RequestsWrong):
    """The file is not one of the city's: columns are missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a folder is loaded from; without rows if it is loaded already."""

    file: Path
    rows: Sequence[Request | Refused] = ()
    first: int | None = None
    """How many rows of the file, from its beginning; all of them if `None`."""


def task_for(data: Path, given: Path | None, first: int | None = None, *, loaded: bool) -> Task:
    """The file given, or else the one that the folder `data` is loaded from, or else the city's.

    `first`: only so many of its rows; if not given, as many as the folder is loaded from, or else all.
    Raises `RequestsWrong` if the folder holds the requests of another file or another number of its
    rows, or the file cannot be used.
    """
    kept = _kept(data)
    if kept is None:
        if loaded:
            raise RequestsWrong(
                f"{data} was loaded by an earlier build, which did not note from which file: "
                f"start over (rm -rf {data}), or choose another folder with --data."
            )
        file = given or la.REQUESTS
        return Task(file=file, rows=read(file, first), first=first)
    file = given or Path(kept["file"])
    its = kept.get("first")
    if first not in (None, its):
        raise RequestsWrong(
            f"{data} is loaded from {f'the first {its:,} rows' if its else 'all rows'} of {kept['file']}: "
            f"load another number of rows into another folder with --data, or start over (rm -rf {data})."
        )
    if given is None and loaded:
        return Task(file=file, first=its)
    if not file.is_file():
        raise RequestsWrong(f"{data} is being loaded from {file}, which is gone: put it back to go on.")
    if digest(file) != kept["sha256"]:
        raise RequestsWrong(_other(data, file, kept))
    return Task(file=file, rows=() if loaded else read(file, its), first=its)


def _other(data: Path, file: Path, kept: Mapping[str, Any]) -> str:
    loaded, digest = kept["file"], f"SHA-256 {kept['sha256'][:12]}…"
    if file.resolve() == Path(loaded):
        return (
            f"{file} has changed since {data} was loaded from it ({digest}): load it into another folder "
            f"with --data, or start over (rm -rf {data})."
        )
    return (
        f"{data} holds the requests of {loaded} ({digest}), and {file} has others: load these into another "
        f"folder with --data, start over (rm -rf {data}), or leave out --requests to go on with those there."
    )


def _kept(data: Path) -> Mapping[str, Any] | None:
    try:
        kept: Mapping[str, Any] = json.loads((data / KEPT).read_text("utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise RequestsWrong(f"{data / KEPT} is damaged: start over (rm -rf {data}).") from error
    return kept


def remember(data: Path, task: Task) -> None:
    """Keep in the folder what it is loaded from. Whole or not at all."""
    about = {"file": str(task.file.resolve()), "sha256": digest(task.file), "first": task.first}
    fresh = data / f"{KEPT}.new"
    fresh.write_text(json.dumps(about), "utf-8")
    fresh.replace(data / KEPT)


def digest(source: Path) -> str:
    """SHA-256 of the content, however it is compressed."""
    with _opened(source) as packed:
        try:
            return hashlib.file_digest(packed, "sha256").hexdigest()
        except _PACKED_BADLY as error:
            raise _unpacked(source, error) from error


def read(source: Path, first: int | None = None) -> Sequence[Request | Refused]:
    """All rows, or the `first`. Raises `RequestsWrong` if half have wrong dates, or none can be imported."""
    outcomes = list(islice(read_requests(source, _councils()), first))
    check(source, outcomes)
    return outcomes


@cache
def _councils() -> frozenset[str]:
    """The numbers of the councils that have a boundary."""
    return frozenset(area.area_id.removeprefix(f"{la.CITY}-nc-") for area in la.areas() if area.boundary)


def check(source: Path, outcomes: Sequence[Request | Refused]) -> None:
    """Refuse a file as a whole where refusing it row by row would leave nothing worth loading."""
    if not outcomes:
        raise RequestsWrong(f"{source} has a heading and no rows. Nothing was loaded.")
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
    dates = Counter(row.rule for row in refused if row.rule in _WRONG_DATES)
    if 2 * dates.total() >= len(outcomes):
        [(rule, _)] = dates.most_common(1)
        raise _wrong(source, outcomes, rule, _WRONG_DATES[rule])
    if len(refused) == len(outcomes):
        [(rule, _)] = Counter(row.rule for row in refused).most_common(1)
        raise _wrong(
            source,
            outcomes,
            rule,
            f"cannot be imported ({rule.value}), and none is left: give a file in the city's own terms",
        )


def _wrong(source: Path, outcomes: Sequence[Request | Refused], rule: Rule, why: str) -> RequestsWrong:
    rows = [row for row in outcomes if isinstance(row, Refused) and row.rule is rule]
    first = ", ".join(str(row.line) for row in rows[:3])
    lines = f"line{'s' if len(rows) > 1 else ''} {first}"
    lines += f" and {len(rows) - 3:,} more" if len(rows) > 3 else ""
    return RequestsWrong(
        f"{source}: {len(rows):,} of {len(outcomes):,} rows ({lines}; the first: {rows[0].detail}) {why}. "
        "Nothing was loaded."
    )


def read_requests(source: Path, councils: frozenset[str]) -> Iterator[Request | Refused]:
    """Every row of the gzipped CSV at `source`, in order, as a request or a refusal.

    `councils` holds the council numbers that have a boundary. Line 1 is the heading. Raises
    `HeadingWrong` if a column that is needed is not there.
    """
    with _opened(source) as packed:
        text = io.TextIOWrapper(packed, "utf-8-sig", errors="replace", newline="")
        reader = csv.DictReader(text, strict=True)
        try:
            _check_heading(source, reader)
            yield from parse_rows(_rows(reader), councils)
        except _PACKED_BADLY as error:
            raise _unpacked(source, error) from error


def _check_heading(source: Path, reader: "csv.DictReader[str]") -> None:
    try:
        heading = reader.fieldnames or ()
    except csv.Error as error:
        raise HeadingWrong(f"the heading of {source} is no CSV: {error}") from error
    missing = [column for column in NEEDED if column not in heading]
    if missing:
        raise HeadingWrong(f"the heading of {source} lacks {', '.join(missing)}")


def _opened(source: Path) -> gzip.GzipFile:
    try:
        return gzip.open(source, "rb")
    except OSError as error:
        raise RequestsWrong(f"{source} cannot be read: {error.strerror}") from error


def _unpacked(source: Path, error: Exception) -> HeadingWrong:
    if isinstance(error, gzip.BadGzipFile):
        return HeadingWrong(f"{source} is not gzipped ({error}): compress it with gzip first")
    return HeadingWrong(f"{source} is damaged ({error}): fetch it anew")


def _rows(reader: "csv.DictReader[str]") -> Iterator[tuple[int, Row]]:
    """The rows with the lines on which they end. A row that is no CSV comes as its error, under `None`."""
    last = 1
    while True:
        try:
            row: Row = dict(next(reader))
        except StopIteration:
            return
        except csv.Error as error:
            row = {None: f"in lines {last + 1} to {reader.reader.line_num}: {error}"}
        last = reader.reader.line_num
        yield last, row
