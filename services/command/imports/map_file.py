"""Reads a map from YAML; what is wrong is said with its line and column."""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import yaml
from linli.cases.v1 import cases_types_pb2 as types

from services.command.imports.mapping import Map
from services.command.imports.moments import WORDS
from services.command.imports.rules import ALIASES, Action

_CHANNELS = tuple(
    value.name.removeprefix("CHANNEL_").lower()
    for value in types.Channel.DESCRIPTOR.values
    if value.name not in {"CHANNEL_UNSPECIFIED", "CHANNEL_SENSOR"}
)
_PART = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")


class MapWrong(Exception):
    """A map cannot be used: one sentence for each mistake, with line and column."""


def read_map(path: Path) -> Map:
    """The map in a file. Raises `MapWrong`."""
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise MapWrong(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise MapWrong(f"{path} is not UTF-8: byte {error.start}") from error
    return parse_map(text, str(path))


def parse_map(text: str, named: str = "map") -> Map:
    """The map that a text is. Raises `MapWrong`."""
    try:
        node = yaml.compose(text, Loader=_Plain)
        given = _Plain(text).get_single_data()
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark
        place = f"{at.line + 1}:{at.column + 1}" if at is not None else "1:1"
        raise MapWrong(f"{named}:{place}: {error.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise MapWrong(f"{named}: is no YAML: {error}") from None
    if node is None:
        raise MapWrong(f"{named}:1:1: is empty: `linli import map FILE` drafts one")
    try:
        made = msgspec.convert(given, Map)
    except msgspec.ValidationError as error:
        what, path = _split(str(error))
        raise MapWrong(f"{named}:{_place(node, path)}: {'.'.join(path) or 'map'}: {what}") from None
    if wrong := [
        f"{named}:{_place(node, path)}: {'.'.join(path)}: {sentence}" for path, sentence in _wrong(made)
    ]:
        raise MapWrong("\n".join(wrong))
    return made


class _Plain(yaml.SafeLoader):
    """Words are words: neither `no` nor `2020-01-01` nor `01` becomes something else; keys stand once."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Refuse a key that stands twice, and one that is a list."""
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(None, None, "a key must be a word", key.start_mark)
            if key.value in seen:
                raise yaml.MarkedYAMLError(None, None, f"{key.value} stands twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


_Plain.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] == "tag:yaml.org,2002:null"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_NUMBER = re.compile(r"^\d{1,3}(\.\d+)?$")
_NUMERIC = frozenset({"most_refused", "area_depth", "heading"})


def _construct(loader: Any, node: yaml.MappingNode) -> Iterator[dict[Any, Any]]:
    made: dict[Any, Any] = {}
    yield made
    for key, value in loader.construct_mapping(node, deep=True).items():
        if value is None:
            continue  # a key with nothing below it but comments says nothing
        number = key in _NUMERIC and isinstance(value, str) and _NUMBER.match(value)
        made[key] = (float(value) if "." in value else int(value)) if number else value


_Plain.add_constructor("tag:yaml.org,2002:map", _construct)


def _split(said: str) -> tuple[str, tuple[str, ...]]:
    """Msgspec's sentence, and the path that it is about."""
    what, _, path = said.partition(" - at `")
    parts = (word or number for word, number in _PART.findall(path.rstrip("`")))
    return what, tuple(part for part in parts if part != "...")


def _place(node: yaml.Node, path: tuple[str, ...]) -> str:
    """Line and column of what a path names, or of what comes closest."""
    for part in path:
        below = None
        if isinstance(node, yaml.MappingNode):
            below = next((value for key, value in node.value if key.value == part), None)
        elif isinstance(node, yaml.SequenceNode) and part.isdecimal():
            below = node.value[int(part)] if int(part) < len(node.value) else None
        if below is None:
            break
        node = below
    return f"{node.start_mark.line + 1}:{node.start_mark.column + 1}"


def _wrong(made: Map) -> Iterator[tuple[tuple[str, ...], str]]:
    """What types do not say."""
    try:
        ZoneInfo(made.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield ("zone",), f"there is no time zone {made.zone}: use one such as Europe/Berlin"
    yield from _wrong_rows(made)
    for field in made.channels.values | {"": made.channels.otherwise}:
        name = made.channels.values.get(field, made.channels.otherwise)
        if name not in _CHANNELS:
            known = ", ".join(_CHANNELS)
            yield ("channels", *(("values", field) if field else ("otherwise",))), f"is none of {known}"
    for number, written in enumerate(made.dates.formats):
        if "%Z" in written:
            yield ("dates", "formats", str(number)), "%Z reads no zone: write %z for +08:00, UTC and GMT"
        elif written not in WORDS and "%" not in written:
            yield (
                ("dates", "formats", str(number)),
                f"is neither a pattern such as %d.%m.%Y nor one of {', '.join(WORDS)}",
            )
    yield from _wrong_columns(made)


def _wrong_rows(made: Map) -> Iterator[tuple[tuple[str, ...], str]]:
    for name, action in made.rows.items():
        rule = ALIASES.get(name)
        if rule is None:
            yield ("rows", name), f"there is no such rule; the rules are {', '.join(ALIASES)}"
        elif Action(action) not in rule.allowed:
            allowed = " or ".join(each.value for each in rule.allowed)
            yield ("rows", name), f"cannot be repaired: choose {allowed}"


def _wrong_columns(made: Map) -> Iterator[tuple[tuple[str, ...], str]]:
    columns = made.columns
    if (columns.latitude is None) != (columns.longitude is None):
        yield ("columns",), "latitude and longitude go together"
    if columns.state is not None and not made.states.values and made.states.otherwise == "refuse":
        yield ("states",), "say what the values of the column mean: states: {values: {Closed: closed, ...}}"
    if made.owners.by == "column" and columns.owner is None:
        yield ("owners", "by"), "needs columns.owner"
    if made.place.pattern.count("{}") != 1:
        yield ("place", "pattern"), "must have {} once, where the file's word goes"
    if made.file.encoding is not None:
        try:
            codecs.lookup(made.file.encoding)
        except LookupError:
            yield ("file", "encoding"), f"there is no encoding {made.file.encoding}"
