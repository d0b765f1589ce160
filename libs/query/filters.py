"""Filters of list rpcs: a subset of AIP-160, compiled to SQL through a table of allowed fields.

`state = OPEN AND (body_id = "lasan" OR body_id = "bos") AND opened_time >= "2020-01-06T00:00:00Z"`

Comparisons with = != < <= > >=, joined by AND, OR, NOT and parentheses. As in AIP-160, OR binds
tighter than AND. Values: quoted texts, bare words, numbers, true and false; moments are RFC 3339; enum
values by their name, with or without its prefix (`CASE_STATE_OPEN`, `OPEN`). A row without a value meets
no comparison but `!=`; `NOT f` finds exactly what `f` does not.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn

from libs.ledger.decider import Kind, Refusal
from libs.query.conditions import EVERYTHING, Condition

LONGEST = 2000
MOST_TERMS = 50
DEEPEST = 8
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<op><=|>=|!=|=|<|>)
      | (?P<paren>[()])
      | (?P<text>"(?:[^"\\\x00]|\\["\\])*"|'(?:[^'\\\x00]|\\['\\])*')
      | (?P<word>[A-Za-z0-9_.+-][A-Za-z0-9_.:+-]*)
    )""",
    re.VERBOSE | re.ASCII,
)
_SQL_OPS = {"=": "=", "!=": "IS DISTINCT FROM", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


def _no(message: str) -> NoReturn:
    raise Refusal(Kind.INVALID, "FILTER_INVALID", message, field="filter")


@dataclass(frozen=True, slots=True)
class Field:
    """A field that callers may filter by: the view's column, and how its values are read.

    `read` turns the text of a value into a parameter, raising ValueError; `wanted` says what it takes.
    `beside`: a column that holds the same value wherever there is one, and that lists are ordered by.
    """

    column: str
    read: Callable[[str], object]
    wanted: str
    ordered: bool = False
    beside: str = ""

    def compare(self, name: str, op: str, text: str) -> Condition:
        """`column op value`."""
        if op not in ("=", "!=") and not self.ordered:
            _no(f"{name} can only be compared with = and !=")
        try:
            value = self.read(text)
        except (ValueError, OverflowError):
            _no(f"{name} is compared with {self.wanted}")
        columns = [self.column, self.beside] if self.beside and op != "!=" else [self.column]
        return Condition.all_of([Condition(f"{column} {_SQL_OPS[op]} %s", (value,)) for column in columns])


@dataclass(frozen=True, slots=True)
class AreaField:
    """An area path: `area = "la/central"` finds the area and everything below it."""

    column: str

    def compare(self, name: str, op: str, text: str) -> Condition:
        """Within, or (with !=) not within."""
        if op not in ("=", "!="):
            _no(f"{name} can only be compared with = and !=")
        path = text.strip("/")
        within = Condition(f"({self.column} = %s OR {self.column} ^@ %s)", (path, path + "/"))
        return within if op == "=" else _complement(within)


@dataclass(frozen=True, slots=True)
class FilledField:
    """Whether a column has a value: `ended = false` finds what has not ended."""

    column: str

    def compare(self, name: str, op: str, text: str) -> Condition:
        """With a value, or without."""
        if op not in ("=", "!="):
            _no(f"{name} can only be compared with = and !=")
        if text not in ("true", "false"):
            _no(f"{name} is compared with one of true, false")
        filled = (text == "true") == (op == "=")
        return Condition(f"{self.column} IS {'NOT ' * filled}NULL")


AnyField = Field | AreaField | FilledField


def text(column: str, form: Callable[[str], str] = str) -> Field:
    """A text or an id; it can be ordered. `form` makes of a value what the column holds."""
    return Field(column, form, "a text", ordered=True)


def choice(column: str, values: Mapping[str, object], prefix: str = "") -> Field:
    """One of the names, stored as the value beside it: `{"OPEN": "open"}`.

    `prefix` is that of the enum's names on the wire (`CASE_STATE_`): they are taken with and without it.
    """

    def read(given: str) -> object:
        name = given.removeprefix(prefix)
        if name not in values:
            raise ValueError(given)
        return values[name]

    return Field(column, read, "one of " + ", ".join(prefix + name for name in values))


def number(column: str) -> Field:
    """A number."""

    def read(given: str) -> float:
        value = float(given)
        if not math.isfinite(value):
            raise ValueError(given)
        return value

    return Field(column, read, "a number", ordered=True)


def moment(column: str, beside: str = "") -> Field:
    """A moment, RFC 3339 with an offset; `beside`: a column that holds it, too, where there is one."""

    def read(given: str) -> datetime:
        value = datetime.fromisoformat(given)
        if value.tzinfo is None:
            raise ValueError(given)
        return value.astimezone(UTC)

    return Field(column, read, 'a moment such as "2026-01-31T12:00:00Z"', ordered=True, beside=beside)


def flag(column: str) -> Field:
    """True or false."""
    return choice(column, {"true": True, "false": False})


def area(column: str) -> AreaField:
    """An area path and all below it."""
    return AreaField(column)


def filled(column: str) -> FilledField:
    """True where there is a value."""
    return FilledField(column)


class Filters:
    """The fields of one list rpc: `Filters(state=choice("state", {…}), since=moment("opened_at"))`."""

    def __init__(self, **fields: AnyField) -> None:
        self._fields = fields

    def compile(self, given: str) -> Condition:
        """The condition of a filter; everything for "". Refuses FILTER_INVALID, saying what is wrong."""
        if not given.strip():
            return EVERYTHING
        if len(given) > LONGEST:
            _no(f"a filter may have at most {LONGEST} characters")
        return _Parser(self._fields, list(_tokens(given))).parse()


def _tokens(given: str) -> Iterator[tuple[str, str]]:
    end = len(given.rstrip())
    place = 0
    while place < end:
        found = _TOKEN.match(given, place)
        if found is None:
            _no(f"the filter cannot be read from character {place + 1} on")
        yield str(found.lastgroup), found[str(found.lastgroup)]
        place = found.end()
    yield "end", ""


class _Parser:
    """Reads `term OR term AND …` by recursive descent."""

    def __init__(self, fields: Mapping[str, AnyField], tokens: list[tuple[str, str]]) -> None:
        self._fields = fields
        self._tokens = tokens
        self._place = 0
        self._terms = 0

    def parse(self) -> Condition:
        condition = self._all(0)
        if self._peek()[0] != "end":
            _no(f"{self._peek()[1]!r} is not expected here: join comparisons with AND or OR")
        return condition

    def _all(self, depth: int) -> Condition:
        parts = [self._any(depth)]
        while self._skip("AND"):
            parts.append(self._any(depth))
        return Condition.all_of(parts)

    def _any(self, depth: int) -> Condition:
        parts = [self._term(depth)]
        while self._skip("OR"):
            parts.append(self._term(depth))
        return Condition.any_of(parts)

    def _term(self, depth: int) -> Condition:
        if depth > DEEPEST:
            _no(f"a filter may be nested at most {DEEPEST} deep")
        if self._skip("NOT"):
            return _complement(self._term(depth + 1))
        if self._peek() == ("paren", "("):
            self._next()
            inner = self._all(depth + 1)
            if self._next() != ("paren", ")"):
                _no("a parenthesis is not closed")
            return inner
        return self._comparison()

    def _comparison(self) -> Condition:
        self._terms += 1
        if self._terms > MOST_TERMS:
            _no(f"a filter may have at most {MOST_TERMS} comparisons")
        kind, name = self._next()
        field = self._fields.get(name) if kind == "word" else None
        if field is None:
            _no(f"a comparison begins with one of {', '.join(self._fields)}")
        operator = self._next()
        if operator[0] != "op":
            _no(f"after {name}, one of = != < <= > >= is expected")
        kind, value = self._next()
        if kind not in ("text", "word"):
            _no(f"after {name} {operator[1]}, a value is expected")
        return field.compare(name, operator[1], _unquoted(value) if kind == "text" else value)

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._place]

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        self._place = min(self._place + 1, len(self._tokens) - 1)
        return token

    def _skip(self, word: str) -> bool:
        found = self._peek() == ("word", word)
        if found:
            self._next()
        return found


def _complement(condition: Condition) -> Condition:
    """All rows that a condition does not find, those without a value among them."""
    return Condition(f"({condition.sql}) IS NOT TRUE", condition.params)


def _unquoted(quoted: str) -> str:
    return re.sub(r"\\(.)", r"\1", quoted[1:-1])
