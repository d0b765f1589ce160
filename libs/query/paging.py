"""Pages of list rpcs: keyset paging with opaque tokens that fit only the query they came from.

ORDER = (descending("opened_at", datetime), ascending("case_id"))
page = Page.of(request, ORDER)
where = call.reach.condition(area_column="area_path") & FILTERS.compile(request.filter) & page.condition
cursor.execute(f"SELECT … WHERE {where.sql} ORDER BY {page.order_by} LIMIT {page.fetch}", where.params)
rows, next_page_token = page.cut(cursor.fetchall())
"""

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import dropwhile, islice
from typing import Any, Protocol, TypeVar

import msgspec

from libs.ledger.decider import Kind, Refusal
from libs.query.conditions import EVERYTHING, Condition

DEFAULT_SIZE = 50
MOST = 1000
"""Rows of a page: the contract of no list rpc allows more."""
_NOT_BINDING = ("page_token", "page_size", "at_least")
_MAX_INT = 2**63 - 1
_TOKEN = msgspec.msgpack.Decoder(tuple[bytes, list[Any]])
R = TypeVar("R")


class ListRequest(Protocol):
    """What list requests have in common (a protobuf message)."""

    page_size: int
    page_token: str


@dataclass(frozen=True, slots=True)
class Order:
    """One column of a list's order; `kind` is what its values are (str, int, float or datetime)."""

    column: str
    kind: type
    descending: bool = False


def ascending(column: str, kind: type = str) -> Order:
    """Smallest first."""
    return Order(column, kind)


def descending(column: str, kind: type = str) -> Order:
    """Largest first."""
    return Order(column, kind, descending=True)


def order_by(order: Sequence[Order]) -> str:
    """The ORDER BY list of an order."""
    return ", ".join(f"{each.column} DESC" if each.descending else each.column for each in order)


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows are wanted. The order's columns together must be unique and never NULL."""

    size: int
    order: tuple[Order, ...]
    after: tuple[object, ...] | None
    binding: bytes

    @classmethod
    def of(cls, request: ListRequest, order: Sequence[Order]) -> "Page":
        """The page that a request asks for. Raises Refusal PAGE_TOKEN_INVALID.

        The contract bounds `page_size` by `MOST` at most, and the rules of its fields are kept before this.
        """
        binding = _binding(request, order)
        after = _opened(request.page_token, binding, order) if request.page_token else None
        return cls(request.page_size or DEFAULT_SIZE, tuple(order), after, binding)

    @property
    def fetch(self) -> int:
        """How many rows to select: one more than the page, to know whether more follow."""
        return self.size + 1

    @property
    def order_by(self) -> str:
        """The ORDER BY list."""
        return order_by(self.order)

    @property
    def condition(self) -> Condition:
        """Only the rows after the last page."""
        if self.after is None:
            return EVERYTHING
        if len({each.descending for each in self.order}) == 1:
            columns = ", ".join(each.column for each in self.order)
            marks = ", ".join(["%s"] * len(self.order))
            sign = "<" if self.order[0].descending else ">"
            return Condition(f"({columns}) {sign} ({marks})", self.after)
        return self._mixed(self.after)

    def _mixed(self, after: tuple[object, ...]) -> Condition:
        """Ascending and descending columns: equal in the first n, beyond in the next."""
        steps = []
        for place, each in enumerate(self.order):
            equal = [Condition(f"{self.order[n].column} = %s", (after[n],)) for n in range(place)]
            sign = "<" if each.descending else ">"
            steps.append(Condition.all_of([*equal, Condition(f"{each.column} {sign} %s", (after[place],))]))
        return Condition.any_of(steps)

    def cut(
        self, rows: Sequence[R], key: Callable[[R], Sequence[object]] | None = None
    ) -> tuple[Sequence[R], str]:
        """The rows of this page, and the token of the next ("" on the last).

        `key` gives the order's values of a row; by default rows are mappings with the columns' names.
        """
        if len(rows) <= self.size:
            return rows, ""
        kept = rows[: self.size]
        return kept, self.token(*(key(kept[-1]) if key else self.values(kept[-1])))

    def values(self, row: object) -> tuple[object, ...]:
        """The values of the order's columns in a row, which is a mapping."""
        named = _by_name(row)
        return tuple(named[each.column] for each in self.order)

    def cut_from(self, rows: Iterable[R], key: Callable[[R], tuple[object, ...]]) -> tuple[Sequence[R], str]:
        """This page of rows that are all at hand, in the order, which is ascending; and the next token.

        `key` gives the order's values of a row.
        """
        after = self.after
        rest = rows if after is None else dropwhile(lambda row: key(row) <= after, rows)
        return self.cut(list(islice(rest, self.fetch)), key)

    def token(self, *values: object) -> str:
        """The token of the page after the row with these values of the order's columns."""
        packed = msgspec.msgpack.encode((self.binding, values))
        return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def _by_name(row: object) -> Mapping[str, Any]:
    if not isinstance(row, Mapping):
        raise TypeError("rows are not mappings: use dict_row, or give `key`")
    return row


def _binding(request: ListRequest, order: Sequence[Order]) -> bytes:
    """Eight bytes that stand for everything that selects and orders the rows."""
    query: Any = type(request)()
    query.CopyFrom(request)
    for name in _NOT_BINDING:
        if name in query.DESCRIPTOR.fields_by_name:
            query.ClearField(name)
    content = hashlib.sha256(query.DESCRIPTOR.full_name.encode())
    content.update(repr([(each.column, each.descending) for each in order]).encode())
    content.update(query.SerializeToString(deterministic=True))
    return content.digest()[:8]


def _opened(token: str, binding: bytes, order: Sequence[Order]) -> tuple[object, ...]:
    try:
        packed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        bound, values = _TOKEN.decode(packed)
    except (ValueError, RecursionError, msgspec.MsgspecError):
        raise unreadable_token() from None
    if bound != binding:
        raise _refused_token(
            "this page_token belongs to another query: repeat the request that it answered (only"
            f" {', '.join(_NOT_BINDING[1:])} may differ), or begin without a token"
        )
    if len(values) != len(order) or not all(map(_fits, values, (each.kind for each in order))):
        raise unreadable_token()
    return tuple(values)


def _fits(value: object, kind: type) -> bool:
    """Whether a value can be compared with the column: a token may have been forged."""
    if type(value) is not kind:
        return False
    if isinstance(value, str):
        return "\x00" not in value
    if isinstance(value, datetime):
        return value.tzinfo is not None
    return not isinstance(value, int) or abs(value) <= _MAX_INT


def unreadable_token() -> Refusal:
    """The token was not given here."""
    return _refused_token("this is not a page_token: send the next_page_token of an answer unchanged")


def _refused_token(message: str) -> Refusal:
    return Refusal(Kind.INVALID, "PAGE_TOKEN_INVALID", message, field="page_token")
