"""JSON: one object a line, or a list of objects as Open311's GeoReport serves it."""

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import IO, Any

from services.command.imports.mapping import File
from services.command.imports.readers.encodings import encoding_of
from services.command.imports.readers.row import FileWrong, Row
from services.command.imports.words import folded

_CHUNK = 1 << 16
_LONGEST = 8_000_000
"""Characters of one request, and of the document around a list of them."""
_MOST_WHOLE = 300_000_000
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)


def line_rows(stream: IO[bytes], sample: bytes, file: File) -> Iterator[Row]:
    """One object a line."""
    text = _text(stream, sample, file)
    try:
        number = 0
        while line := text.readline(_LONGEST):
            number += 1
            if not line.strip():
                continue
            try:
                given = _DECODER.decode(line.strip().lstrip("\ufeff"))
            except (ValueError, RecursionError) as error:
                yield Row(number, problem=f"is no JSON: {error}")
                continue
            yield _row(number, given)
    finally:
        _leave(text)


def list_rows(stream: IO[bytes], sample: bytes, file: File) -> Iterator[Row]:
    """The objects of a list: of the whole document, or of the one that `records` names in it."""
    text = _text(stream, sample, file)
    try:
        head = text.read(_CHUNK).lstrip("\ufeff \t\r\n")
        if head.startswith("[") and file.records is None:
            yield from _streamed(head[1:], text)
        else:
            yield from _of_document(head, text, file)
    finally:
        _leave(text)


def _streamed(buffer: str, text: io.TextIOWrapper) -> Iterator[Row]:
    """Each object as it is read: the list is never whole in memory."""
    number, ended = 0, False
    while True:
        buffer = buffer.lstrip(" \t\r\n,")
        if buffer.startswith("]"):
            return
        try:
            given, end = _DECODER.raw_decode(buffer)
        except RecursionError:
            raise FileWrong("the JSON is nested too deeply") from None
        except ValueError as error:
            more = "" if ended or len(buffer) > _LONGEST else text.read(max(_CHUNK, len(buffer)))
            if not more:
                raise FileWrong(f"the JSON breaks off after {number:,} requests: {error}") from None
            buffer += more
            continue
        number += 1
        yield _row(number, given)
        buffer = buffer[end:]
        if not buffer.lstrip(" \t\r\n,"):
            buffer = text.read(_CHUNK)
            ended = not buffer
            if ended:
                raise FileWrong(f"the JSON breaks off after {number:,} requests")


def _of_document(head: str, text: io.TextIOWrapper, file: File) -> Iterator[Row]:
    whole = head + text.read(_MOST_WHOLE)
    if text.read(1):
        raise FileWrong("the JSON is too long for one document: give it as JSON lines, or as a list alone")
    try:
        given = _DECODER.decode(whole)
    except (ValueError, RecursionError) as error:
        raise FileWrong(f"it is no JSON: {error}") from None
    for number, each in enumerate(_records(given, file.records), 1):
        yield _row(number, each)


def _records(given: Any, named: str | None) -> list[Any]:
    if named is not None:
        for part in named.split("."):
            given = given.get(part) if isinstance(given, dict) else None
        if isinstance(given, list):
            return given
        raise FileWrong(f"file.records: there is no list {named} in the JSON")
    lists = (
        {key: each for key, each in given.items() if isinstance(each, list)}
        if isinstance(given, dict)
        else {}
    )
    if len(lists) != 1:
        raise FileWrong(
            f"say with file.records where the list of requests stands: {', '.join(lists) or 'there is none'}"
        )
    [found] = lists.values()
    return found


def _row(number: int, given: Any) -> Row:
    if not isinstance(given, dict):
        return Row(number, problem="is no object")
    values: dict[str, str] = {}
    _flatten(given, "", values)
    return Row(number, values)


def _flatten(given: Mapping[str, Any] | list[Any], above: str, values: dict[str, str]) -> None:
    """Text by path: `location.lat`; of a list by number."""
    pairs = given.items() if isinstance(given, Mapping) else ((str(n), each) for n, each in enumerate(given))
    for name, value in pairs:
        path = f"{above}{folded(str(name))}"
        match value:
            case dict() | list():
                _flatten(value, f"{path}.", values)
            case None:
                values[path] = ""
            case bool():
                values[path] = "true" if value else "false"
            case _:
                values[path] = str(value)


def _text(stream: IO[bytes], sample: bytes, file: File) -> io.TextIOWrapper:
    return io.TextIOWrapper(stream, file.encoding or encoding_of(sample), errors="replace")


def _leave(text: io.TextIOWrapper) -> None:
    with suppress(ValueError):
        text.detach()
