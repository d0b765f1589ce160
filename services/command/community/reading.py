"""Nodes become a `Community`: by the types of the model, with everything that does not fit told at once."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from msgspec import inspect

from services.command.community.csv_text import words_of
from services.command.community.forms import unfit
from services.command.community.model import CODE, ID, RESERVED, Community, Form
from services.command.community.tree import Fields, Items, Node, Problems, Spot, Text

_NONE = object()
"""What could not be read."""
_YES = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false"})
_TRUE = {
    "true": True,
    "wahr": True,
    "vrai": True,
    "是": True,
    "false": False,
    "falsch": False,
    "faux": False,
    "否": False,
}
"""Truth values as spreadsheets write them."""
_NULL = frozenset({"", "~", "null"})
_NUMBER = re.compile(
    r"[-+]?(0x[0-9a-f_]+|0o?[0-7_]+|0b[01_]+|[0-9][0-9_]*(:[0-5]?[0-9])*(\.[0-9_]*)?(e[-+]?[0-9]+)?|\.[0-9]+"
    r"(e[-+]?[0-9]+)?|\.inf|\.nan)",
    re.IGNORECASE,
)
_WHOLE = re.compile(r"-?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Reference:
    """A place that names something of a section."""

    section: str
    name: str
    spot: Spot


@dataclass(slots=True)
class Read:
    """What was read: `spots` tells by path, such as `("areas", 3, "level")`, where everything stands."""

    problems: Problems
    community: Community = field(default_factory=lambda: Community(linli=1, time_zone="UTC"))
    spots: dict[tuple[Any, ...], Spot] = field(default_factory=dict)
    references: list[Reference] = field(default_factory=list)
    names: dict[str, dict[str, Spot]] = field(default_factory=dict)
    unfit: dict[str, set[str]] = field(default_factory=dict)
    """By section, ids that were told to be none; in lower case."""

    @property
    def says_since(self) -> bool:
        """Whether the file says from when things hold, though it may be no moment."""
        return ("valid_from",) in self.spots

    def spot(self, *path: Any) -> Spot:
        """Where something stands; if it is left out, where what should have it begins."""
        while path and path not in self.spots:
            path = path[:-1]
        return self.spots[path]


def read(root: Node, problems: Problems) -> Read:
    """Read a file. `community` holds what could be read, without the entries at fault."""
    read = Read(problems)
    reader = _Reader(read)
    found = reader.struct(root, inspect.type_info(Community), ())
    if found is not _NONE:
        read.community = found
    return read


@cache
def _fields_of(cls: type) -> Mapping[str, inspect.Field]:
    of: Any = inspect.type_info(cls)
    return {each.encode_name: each for each in of.fields}


class _Reader:
    def __init__(self, read: Read) -> None:
        self._read = read
        self._problems = read.problems

    def struct(self, node: Node, of: Any, path: tuple[Any, ...]) -> Any:
        self._read.spots[path] = node.spot
        if not isinstance(node, Fields):
            self._wants_fields(node, list(_fields_of(of.cls)), path)
            return _NONE
        known, given, whole = _fields_of(of.cls), dict[str, Any](), True
        for key, value in node.entries:
            if key.value in known:
                found = self.value(value, known[key.value].type, (*path, key.value))
                whole &= found is not _NONE
                given[key.value] = found
            elif _is_of_a_comma(key, value):
                self._problems.add(key.spot, "key-of-comma", key=key.value)
            else:
                self._unknown(key, known, path)
        for name, each in known.items():
            if each.required and name not in given:
                self._problems.add(node.spot, "missing", field=name)
                whole = False
        if path:
            return of.cls(**given) if whole else _NONE
        usable: dict[str, Any] = {name: value for name, value in given.items() if value is not _NONE}
        return Community(**{"linli": 1, "time_zone": "UTC", **usable})

    def _wants_fields(self, node: Node, fields: list[str], path: tuple[Any, ...]) -> None:
        named, kind = ", ".join(fields), "wants-fields"
        columns = column = ""
        if node.spot.file.endswith(".csv") and path:
            kind = "wants-fields-item" if isinstance(path[-1], int) else "wants-fields-column"
            column = str(path[-1])
            columns = ", ".join(f"{column}.{each}" for each in fields)
        self._problems.add(node.spot, kind, fields=named, column=column, columns=columns)

    def _unknown(self, key: Text, known: Mapping[str, inspect.Field], path: tuple[Any, ...]) -> None:
        if not path and key.value in RESERVED:
            self._problems.add(key.spot, "reserved", key=key.value)
            return
        close = difflib.get_close_matches(key.value.lower(), known, n=1, cutoff=0.5)
        kind = "unknown-key-close" if close else "unknown-key"
        self._problems.add(key.spot, kind, key=key.value, close="".join(close), known=", ".join(known))

    def value(self, node: Node, of: Any, path: tuple[Any, ...]) -> Any:
        self._read.spots[path] = node.spot
        form = Form()
        if isinstance(of, inspect.Metadata):
            form = (of.extra or {}).get("form", form)
            of = of.type
        if isinstance(of, inspect.UnionType):
            of = next(each for each in of.types if not isinstance(each, inspect.NoneType))
            return self.value(node, of, path)
        if isinstance(node, Text) and node.plain and node.value in _NULL:
            self._problems.add(node.spot, "empty")
            return _NONE
        match of:
            case inspect.StructType():
                return self.struct(node, of, path)
            case inspect.ListType():
                return self._list(node, of, path)
            case inspect.DictType():
                return self._free(node)
            case inspect.StrType():
                return self._text(node, of, form)
            case _ if isinstance(node, Text):
                return self._scalar(node, of)
            case _:
                self._problems.add(node.spot, "wants-text")
                return _NONE

    def _list(self, node: Node, of: inspect.ListType, path: tuple[Any, ...]) -> Any:
        if isinstance(node, Text) and not node.plain:  # a cell of a table
            node = Items(node.spot, list(words_of(node)))
        if not isinstance(node, Items):
            self._problems.add(node.spot, "wants-list")
            return _NONE
        if of.max_length is not None and len(node.items) > of.max_length:
            self._problems.add(node.items[of.max_length].spot, "too-many", most=of.max_length)
        found = [self.value(each, of.item_type, (*path, number)) for number, each in enumerate(node.items)]
        whole = all(each is not _NONE for each in found)
        return found if whole or len(path) == 1 else _NONE

    def _free(self, node: Node) -> Any:
        """A value of GeoJSON."""
        if isinstance(node, Fields):
            return {key.value: self._free(value) for key, value in node.entries}
        if isinstance(node, Items):
            return [self._free(each) for each in node.items]
        return float(node.value) if _DECIMAL.fullmatch(node.value) and node.plain else node.value

    def _text(self, node: Node, of: inspect.StrType, form: Form) -> Any:
        if not isinstance(node, Text):
            self._problems.add(node.spot, "wants-text")
            return _NONE
        value = node.value.strip()
        if node.plain and form.name == "words" and _is_taken_for_more(value):
            kind = "yaml-yes" if value.lower() in _YES else "yaml-number"
            self._problems.add(node.spot, kind, value=value)
            return _NONE
        if not self._fits(node.spot, value, of, form):
            if form.defines:
                self._read.unfit.setdefault(form.defines, set()).add(value.lower())
            return _NONE
        if form.refers:
            self._read.references.append(Reference(form.refers, value, node.spot))
        if form.defines:
            self._define(form.defines, value, node.spot)
        return value

    def _fits(self, spot: Spot, value: str, of: inspect.StrType, form: Form) -> bool:
        if not value:
            self._problems.add(spot, "empty")
        elif of.max_length is not None and len(value) > of.max_length:
            self._problems.add(spot, "too-long", most=of.max_length, has=len(value))
        elif of.pattern and not re.fullmatch(of.pattern, value):
            kind = _PATTERNS.get(of.pattern, "pattern") if form.name == "words" else form.name
            self._problems.add(spot, kind, value=value, pattern=of.pattern)
        elif kind := unfit(form.name, value):
            self._problems.add(spot, kind, value=value)
        else:
            return True
        return False

    def _define(self, section: str, name: str, spot: Spot) -> None:
        names = self._read.names.setdefault(section, {})
        if name in names:
            self._problems.add(spot, "id-twice", name=name, line=names[name].line, file=names[name].file)
        else:
            names[name] = spot

    def _scalar(self, node: Text, of: Any) -> Any:
        value = node.value.strip()
        match of:  # of the types that the model has
            case inspect.LiteralType():
                return self._one_of(node, [str(each) for each in of.values if each != ""], of.values)
            case inspect.BoolType():
                if value in ("true", "false"):
                    return value == "true"
                if not node.plain and value.lower() in _TRUE:  # spreadsheets write TRUE
                    return _TRUE[value.lower()]
                self._problems.add(node.spot, "wants-true", value=value)
            case inspect.IntType():
                if not _WHOLE.fullmatch(value):
                    self._problems.add(node.spot, "wants-whole", value=value)
                else:
                    return self._bounded(node.spot, int(value[:20]), of)
            case inspect.FloatType():
                if not _DECIMAL.fullmatch(value):
                    self._problems.add(node.spot, "wants-number", value=value)
                else:
                    return self._bounded(node.spot, float(value), of)
            case _:
                raise TypeError(of)
        return _NONE

    def _one_of(self, node: Text, known: list[str], values: Any) -> Any:
        value = node.value.strip()
        if value in known:
            return next(each for each in values if str(each) == value)
        wanted = value.lower().replace(" ", "_").replace("-", "_")
        close = difflib.get_close_matches(wanted, known, n=1, cutoff=0.5)
        kind = "unknown-value-close" if close else "unknown-value"
        self._problems.add(node.spot, kind, value=value, close="".join(close), known=", ".join(known))
        return _NONE

    def _bounded(self, spot: Spot, value: Any, of: Any) -> Any:
        if (of.ge is not None and value < of.ge) or (of.le is not None and value > of.le):
            self._problems.add(spot, "beyond", value=value, least=of.ge, most=of.le)
            return _NONE
        return value


_PATTERNS = {CODE: "pattern-code", ID: "pattern-id"}


def _is_of_a_comma(key: Text, value: Node) -> bool:
    """Whether a key without a colon is what follows a comma within `{ }`."""
    if not isinstance(value, Text) or value.value or not value.plain:
        return False
    return value.spot == Spot(key.spot.file, key.spot.line, key.spot.column + len(key.value))


def _is_taken_for_more(value: str) -> bool:
    """Whether some reader of YAML takes a plain word for a number, a truth value or nothing."""
    return value.lower() in _YES or _NUMBER.fullmatch(value) is not None


def entries(read: Read, section: str) -> list[tuple[int, Any]]:
    """The entries of a section that could be read, each with its place in the file."""
    found = getattr(read.community, section)
    return [(number, each) for number, each in enumerate(found) if each is not _NONE]
