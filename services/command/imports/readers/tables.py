"""CSV of any delimiter, and Excel: a heading, then rows."""

import csv
import io
import itertools
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import IO, Any

from services.command.imports.mapping import File
from services.command.imports.readers.encodings import encoding_of
from services.command.imports.readers.opened import seekable
from services.command.imports.readers.row import FileWrong, Row
from services.command.imports.words import folded

_DELIMITERS = ",;\t|"
_SAID = re.compile(r"^sep=(.)\r?\n?$", re.IGNORECASE)
_LONGEST = 8_000_000
"""Characters of one line."""
_MOST_WHOLE = 400_000_000
"""Bytes of a part of an Excel file that must be held whole in memory: all but its sheets."""


def csv_rows(stream: IO[bytes], sample: bytes, file: File) -> Iterator[Row]:
    """The rows of a CSV. Raises `FileWrong`."""
    encoding = file.encoding or encoding_of(sample)
    text = io.TextIOWrapper(stream, encoding, errors="replace", newline="")
    try:
        skipped = file.heading - 1
        every = _lines(text)
        for _ in range(skipped):
            next(every, "")
        first = next(every, "")
        said = _SAID.match(first.lstrip("\ufeff"))
        delimiter = file.delimiter or (said[1] if said else delimiter_of(first))
        lines: Iterable[str] = every if said else itertools.chain([first], every)
        yield from _split(csv.reader(lines, delimiter=delimiter, strict=True), skipped + (said is not None))
    finally:
        with suppress(ValueError):
            text.detach()  # whoever opened the stream closes it


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    """Each line as it is read. Raises `FileWrong`: a line that is too long is never whole in memory."""
    number = 0
    while line := text.readline(_LONGEST + 1):
        number += 1
        if len(line) > _LONGEST:
            raise FileWrong(f"line {number} is longer than {_LONGEST:,} characters: is it a CSV?")
        yield line


def delimiter_of(heading: str) -> str:
    """What stands most often in the heading, outside of quotes."""
    bare = re.sub(r'"[^"]*"', "", heading)
    counts = Counter({each: bare.count(each) for each in _DELIMITERS})
    [(most, count)] = counts.most_common(1)
    return most if count else ","


def _split(reader: Any, skipped: int) -> Iterator[Row]:
    """The rows below the heading; one that is no CSV comes with its problem."""
    heading: Sequence[str] | None = None
    last = skipped
    while True:
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problem = f"lines {last + 1} to {reader.line_num + skipped}: {error}"
            last = reader.line_num + skipped
            if heading is None:
                raise FileWrong(f"the heading is no CSV: {error}") from None
            yield Row(last, problem=problem)
            continue
        last = reader.line_num + skipped
        if not any(value.strip() for value in values):
            continue
        if heading is None:
            heading = names(values)
        elif len(values) < len(heading) or any(values[len(heading) :]):
            yield Row(last, problem=f"has {len(values)} values, the heading {len(heading)} names")
        else:
            yield Row(last, dict(zip(heading, values, strict=False)))  # blanks beyond the heading go


def names(heading: Sequence[str]) -> Sequence[str]:
    """The names of the columns, folded; a later one of the same name, and one without, by its number."""
    seen: Counter[str] = Counter()
    made = []
    for number, name in enumerate(heading, 1):
        word = folded(name.lstrip("\ufeff")) or f"column {number}"
        seen[word] += 1
        made.append(word if seen[word] == 1 else f"{word} {seen[word]}")
    return made


def excel_rows(stream: IO[bytes], file: File) -> Iterator[Row]:
    """The rows of a sheet. Raises `FileWrong`."""
    import openpyxl

    with seekable(stream) as source:
        _check_size(source)
        try:
            book = openpyxl.load_workbook(source, read_only=True, data_only=True, keep_links=False)
        except (KeyError, ValueError, TypeError, zipfile.BadZipFile, SyntaxError) as error:
            raise FileWrong(f"the workbook is damaged ({error}): save it anew as .xlsx") from error
        try:
            if file.sheet is not None and file.sheet not in book.sheetnames:
                raise FileWrong(f"there is no sheet {file.sheet}: it has {', '.join(book.sheetnames)}")
            sheet = book[file.sheet] if file.sheet is not None else book.worksheets[0]
            sheet.reset_dimensions()  # writers get them wrong
            rows = sheet.iter_rows(min_row=file.heading, values_only=True)
            yield from _sheet_rows(rows, file.heading)
        finally:
            book.close()


def _check_size(source: IO[bytes]) -> None:
    with zipfile.ZipFile(source) as packed:
        for each in packed.infolist():
            streamed = each.filename.rpartition("/")[0] == "xl/worksheets"
            if not streamed and each.file_size > _MOST_WHOLE:
                raise FileWrong(f"{each.filename} of the workbook is too long to be read: save it as CSV")
    source.seek(0)


def _sheet_rows(rows: Iterable[Sequence[Any]], first: int) -> Iterator[Row]:
    heading: Sequence[str] | None = None
    for number, cells in enumerate(rows, first):
        values = [cell_text(cell) for cell in cells]
        if not any(value.strip() for value in values):
            continue
        if heading is None:
            heading = names(_without_tail(values))
        elif any(values[len(heading) :]):
            yield Row(number, problem=f"has more values than the {len(heading)} names of the heading")
        else:
            filled = [*values, *[""] * len(heading)][: len(heading)]
            yield Row(number, dict(zip(heading, filled, strict=True)))


def _without_tail(values: list[str]) -> Sequence[str]:
    while values and not values[-1].strip():
        values.pop()
    return values


def cell_text(cell: object) -> str:
    """A cell as text: times as ISO, whole numbers without a point."""
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case datetime():
            rounded = (cell + timedelta(milliseconds=500)).replace(microsecond=0)
            return rounded.isoformat(" ")
        case date() | time():
            return cell.isoformat()
        case float() if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        case _:
            return str(cell)
