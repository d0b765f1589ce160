"""Drafts a map by looking at a file: columns, formats, values; what is guessed is marked as such."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from services.command.imports.guessing import ambiguous, best_formats
from services.command.imports.looking import Column, chosen_of, look
from services.command.imports.readers.reading import written
from services.command.imports.readers.row import FileWrong
from services.command.imports.usual import CHANNELS, STEPS, WANTED
from services.command.imports.words import folded

_LISTED = 40
_MANY = "many values"
_UNLISTED = f"{_MANY} in the file; --dry-run names those that are unknown"


def draft(path: Path, heading: int = 1) -> Iterator[str]:
    """The lines of a map for the file, whose heading stands on that line. Raises `FileWrong`."""
    form = written(path)
    columns, rows = look(path, heading)
    if not rows:
        raise FileWrong(f"{path} has no rows below its heading")
    chosen = chosen_of(columns, rows)
    times = _times(columns, chosen)
    formats = best_formats(times) or ["iso"]
    yield f"# A map for {path.name}, drafted from its first {rows:,} rows ({form})."
    yield '# Look at every line that says "guess" or "say"; the page on maps explains them. Then:'
    yield "# linli import requests FILE --map THIS --dry-run"
    yield f"system: {_system(path)}  # say: the name of the system that the file is of, the same for ever"
    yield "name: My City  # say: for the title of the report"
    yield "zone: UTC  # say: on whose clock the times are, for instance Europe/Berlin"
    if heading > 1:
        yield f"file: {{heading: {heading}}}"
    yield "columns:"
    yield from _columns(columns, chosen)
    yield "dates:"
    yield f"  formats: [{', '.join(map(_quoted, formats))}]  # {_seen(formats, times)}"
    yield from _states(columns, chosen)
    yield from _affairs(columns, chosen)
    yield from _owners(columns, chosen)
    yield from _channels(columns, chosen)
    yield "place:"
    yield "  without: my-city  # say: the area (id or name) of requests that have none of their own"
    if "area" in chosen:
        yield f"  # areas are looked up by id and name; in the file: {_some(columns[chosen['area']])}"
        yield "  # areas: {word in the file: id or name}; pattern: prefix-{}"


def _times(columns: Mapping[str, Column], chosen: Mapping[str, str]) -> Sequence[str]:
    """Samples of all columns of times."""
    wanted = [chosen[each] for each in ("opened", "closed", "responded", "updated") if each in chosen]
    return [sample for name in wanted for sample in columns[name].samples]


def _seen(formats: Sequence[str], times: Sequence[str]) -> str:
    """What the times look like, and whether days and months may be the other way round."""
    if not times:
        return "say: patterns of strptime, or iso, excel, epoch_seconds, epoch_milliseconds"
    other = ambiguous(formats, times)
    doubt = f" (or {other}: no day is over 12)" if other else ""
    return f"guess{doubt}; in the file: {', '.join(times[:3])}"


def _columns(columns: Mapping[str, Column], chosen: Mapping[str, str]) -> Iterator[str]:
    for wanted in WANTED:
        if wanted in chosen:
            yield f"  {wanted}: {_quoted(chosen[wanted])}  # guess; {_some(columns[chosen[wanted]], 3)}"
        elif wanted in {"id", "affair", "opened"}:
            yield f"  {wanted}: say  # say: the column; it is needed"
    for name, column in columns.items():
        if name not in chosen.values():
            shown = _some(column, 3) if column.is_listed or not column.values else _MANY
            yield f"  # not used: {_one_line(name)} ({shown})"


def _states(columns: Mapping[str, Column], chosen: Mapping[str, str]) -> Iterator[str]:
    if "state" not in chosen:
        return
    yield "states:"
    yield "  values:  # each is open, started, resolved, closed, withdrawn or rejected"
    listed = _listed(columns[chosen["state"]])
    if not listed:
        yield f"    # say: {_MANY} in the file; list what they mean, for instance Done: closed"
    for value, count in listed:
        step = _known(value, STEPS)
        sure = "guess" if step else "say: this word is not known"
        yield f"    {_quoted(value)}: {step or 'open'}  # {sure}; {count:,} rows"


def _affairs(columns: Mapping[str, Column], chosen: Mapping[str, str]) -> Iterator[str]:
    if "affair" not in chosen:
        return
    yield "affairs:"
    yield "  otherwise: refuse  # or an affair for all types that are not listed and not found"
    yield "  values:  # say: type in the file: affair on the platform, where id and name differ from it"
    listed = _listed(columns[chosen["affair"]])
    for value, count in listed:
        yield f"    # {_quoted(value)}: ...  # {count:,} rows"
    if not listed:
        yield f"    # {_UNLISTED}"


def _owners(columns: Mapping[str, Column], chosen: Mapping[str, str]) -> Iterator[str]:
    yield "owners:"
    if "owner" not in chosen:
        yield "  by: responsibility  # the body that the responsibility list names"
        return
    yield "  by: column  # guess; or responsibility: the body that the responsibility list names"
    yield f"  # bodies are looked up by id, key and name; in the file: {_some(columns[chosen['owner']])}"
    yield "  # values: {word in the file: id, key or name of the body}"


def _channels(columns: Mapping[str, Column], chosen: Mapping[str, str]) -> Iterator[str]:
    if "channel" not in chosen:
        return
    yield "channels:"
    yield "  values:"
    listed = _listed(columns[chosen["channel"]])
    if not listed:
        yield f"    # say: {_UNLISTED}"
    for value, count in listed:
        channel = _known(value, CHANNELS)
        yield f"    {_quoted(value)}: {channel or 'import'}  # guess; {count:,} rows"


def _listed(column: Column) -> Sequence[tuple[str, int]]:
    """The values of a column and in how many rows each is; none if the column may hold names or texts."""
    return column.values.most_common(_LISTED) if column.is_listed else ()


def _known(value: str, words: Mapping[str, Sequence[str]]) -> str:
    """What a value is, by what others call it."""
    word = folded(value)
    return next((meant for meant, known in words.items() if word in known), "")


def _some(column: Column, most: int = 8) -> str:
    """Values of a column, if they are few or tell nothing of a person; otherwise how many there are."""
    if not column.values:
        return "always blank"
    if not (column.is_listed or all(map(_SAFE.match, column.samples[:50]))):
        return _MANY
    shown = ", ".join(_one_line(value)[:30] for value, _ in column.values.most_common(most))
    return shown if len(column.values) <= most else f"{shown}, ..."


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _quoted(word: str) -> str:
    """A word as YAML, in quotes where it needs them."""
    plain = (
        re.fullmatch(r"[^\W\d_][\w .()-]*", word) and word == word.strip() and word.casefold() not in _TAKEN
    )
    return word if plain else '"' + _one_line(word).replace("\\", "\\\\").replace('"', '\\"') + '"'


_SAFE = re.compile(r"^[\d\W]{1,25}$|^[\w-]*\d[\w-]*$")
_TAKEN = frozenset({"null", "~"})


def _system(path: Path) -> str:
    word = re.sub(r"[^a-z0-9]+", "-", path.name.partition(".")[0].casefold()).strip("-")
    return word[:40] or "my-system"
