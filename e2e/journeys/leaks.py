"""Looks for texts in dumps, logs and answers, in every spelling in which bytes may hide there."""

import base64
import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from libs.runtime.bundled.postgres import EmbeddedPostgres, program
from services.command.registry import NAMES

_EMPTY = bytes(64)
"""More zeros than stand in any spelling of a text; half of a database's files are such runs."""


def spellings(text: str) -> set[bytes]:
    """The text as it may stand in a dump: plain, hex (bytea), base64, escaped, in other encodings."""
    plain = text.encode()
    spelled = {plain, text.encode("utf-16-le"), text.encode("utf-16-be")}
    spelled |= {plain.hex().encode(), plain.hex().upper().encode()}
    spelled |= {form for raw in (plain, text.encode("utf-16-le")) for form in _base64(raw)}
    spelled |= {json.dumps(text)[1:-1].encode(), quote(text).encode(), repr(plain)[2:-1].encode()}
    return spelled


def _base64(raw: bytes) -> Iterator[bytes]:
    """What surely stands there, wherever in a longer run of base64 the bytes begin."""
    for before in range(3):
        spoilt = [0, 2, 3][before]
        whole = (before + len(raw)) // 3 * 4
        encoded = base64.b64encode(b"\x00" * before + raw)
        yield encoded[spoilt:whole]
        yield encoded[spoilt:whole].replace(b"+", b"-").replace(b"/", b"_")


def leaks(texts: Iterable[str], places: Mapping[str, bytes]) -> list[str]:
    """Where which text stands, as `place: text`."""
    spelled = {text: spellings(text) for text in texts}
    found: dict[bytes, list[str]] = {}  # many files are copies of each other
    for data in {*places.values()}:
        dense = data.replace(_EMPTY, b"\0")
        found[data] = [text for text, forms in spelled.items() if any(form in dense for form in forms)]
    return [f"{place}: {text}" for place, data in places.items() for text in found[data]]


def dumps(data: Path) -> dict[str, bytes]:
    """All databases of the platform that keeps its data in the folder, as `pg_dump` writes them."""
    postgres = EmbeddedPostgres(data)
    command = [str(program("pg_dump")), "--dbname"]
    return {
        f"dump of {name}": subprocess.run(
            [*command, postgres.dsn(name)], check=True, capture_output=True
        ).stdout
        for name in NAMES
    }


def files(data: Path) -> dict[str, bytes]:
    """Every file in the folder, byte for byte: also what the databases wrote and no longer show."""
    found = {}
    for path in data.rglob("*"):
        try:
            if path.is_file():
                found[str(path.relative_to(data))] = path.read_bytes()
        except FileNotFoundError:
            continue  # PostgreSQL tidied it away meanwhile
    return found
