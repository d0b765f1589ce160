"""Any file of requests as rows: how it is written is found out unless the map says so."""

import io
import itertools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Literal

from services.command.imports.mapping import File
from services.command.imports.readers.documents import line_rows, list_rows
from services.command.imports.readers.encodings import encoding_of
from services.command.imports.readers.opened import SAMPLE, opened
from services.command.imports.readers.row import FileWrong, Row
from services.command.imports.readers.tables import csv_rows, excel_rows

UNREADABLE = "\ufffd"
"""What stands for bytes that are no text in the file's encoding."""
_LINES = re.compile(rb"^\s*\{.*\}\s*$", re.DOTALL)
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"


def rows_of(path: Path, file: File) -> Iterator[Row]:
    """The rows of the file. Raises `FileWrong`."""
    with opened(path) as raw:
        sample = raw.read(SAMPLE)
        stream = _again(raw, sample)
        form = file.format or format_of(sample)
        try:
            match form:
                case "xlsx":
                    yield from excel_rows(stream, file)
                case "jsonl":
                    yield from line_rows(stream, sample, file)
                case "json":
                    yield from list_rows(stream, sample, file)
                case _:
                    yield from csv_rows(stream, sample, file)
        except FileWrong as wrong:
            raise FileWrong(f"{path}: {wrong}") from None


def written(path: Path) -> Literal["csv", "xlsx", "jsonl", "json"]:
    """The format of a file. Raises `FileWrong`."""
    try:
        with opened(path) as raw:
            return format_of(raw.read(SAMPLE))
    except FileWrong as wrong:
        raise FileWrong(f"{path}: {wrong}") from None


def format_of(sample: bytes) -> Literal["csv", "xlsx", "jsonl", "json"]:
    """By what stands at the beginning."""
    if not sample.strip():
        raise FileWrong("is empty")
    if sample.startswith(b"PK\x03\x04"):
        return "xlsx"
    if sample.startswith(_OLD_EXCEL):
        raise FileWrong("is an Excel file of before 2007 (.xls), or has a password: save it as .xlsx or CSV")
    start = sample[:4096].decode(encoding_of(sample[:4096]), "replace").lstrip("\ufeff \t\r\n")
    if start.startswith("["):
        return "json"
    if not start.startswith("{"):
        return "csv"
    first = sample.lstrip(b"\xef\xbb\xbf").lstrip().split(b"\n", 1)[0]
    return "jsonl" if _LINES.match(first) and _is_alone(first, sample) else "json"


def _is_alone(first: bytes, sample: bytes) -> bool:
    """Whether the first line is an object of its own: another begins after it, or it is a flat one."""
    rest = sample.partition(first)[2].lstrip()
    return rest.startswith(b"{") or (not rest and b"[" not in first)


def heading_of(path: Path, file: File, looked_at: int = 200) -> list[str]:
    """The columns of the file, in order: of JSON those of its first objects."""
    found: Mapping[str, None] = {}
    for row in itertools.islice(rows_of(path, file), looked_at):
        found = {**found, **dict.fromkeys(row.values)}
    return list(found)


def _again(raw: IO[bytes], sample: bytes) -> IO[bytes]:
    """The stream from its beginning."""
    if raw.seekable():
        raw.seek(0)
        return raw
    return io.BufferedReader(_Joined(sample, raw))


class _Joined(io.RawIOBase):
    """Bytes that were read already, then the rest of where they came from."""

    def __init__(self, first: bytes, rest: IO[bytes]) -> None:
        self._first = io.BytesIO(first)
        self._rest = rest

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]  # a wider type in typeshed
        """Fill the buffer from either."""
        read = self._first.read(len(buffer)) or self._rest.read(len(buffer))
        buffer[: len(read)] = read
        return len(read)
