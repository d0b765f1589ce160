"""What the queries of a view read: rows and blocks, as PostgreSQL counts them while it runs their plans.

Time tells of a busy machine, these numbers only of indexes, plans and the size of tables.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, cast

from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.store.ledger import Ledger
from libs.ledger.views.view import View, Views

_OF_OTHERS = (
    "Subquery Scan",
    "CTE Scan",
    "Function Scan",
    "WorkTable Scan",
    "Values Scan",
    "Bitmap Index Scan",
)
"""Nodes that read what another node has read, or nothing that is stored."""


@dataclass(slots=True)
class Read:
    """Rows of tables that were looked at, kept or not; blocks of tables and indexes; and each plan."""

    rows: int = 0
    blocks: int = 0
    plans: list[str] = field(default_factory=list)

    def add(self, query: str, plan: dict[str, Any]) -> None:
        """A statement that was run."""
        self.rows += round(sum(_looked_at(node) for node in _nodes(plan)))
        self.blocks += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
        self.plans.append("\n".join((" ".join(query.split()), *_lines(plan))))


class ExplainedViews(Views):
    """Views each of whose queries is explained, and then run; `noted` says what they read so far."""

    def __init__(self, ledger: Ledger, views: Iterable[View]) -> None:
        super().__init__(ledger, views)
        self.noted = Read()

    @contextmanager
    def read(
        self,
        view: str,
        at_least: str = "",
        timeout: float = 5.0,
        aside: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> Iterator[Cursor[DictRow]]:
        """A cursor as of `Views.read`, for statements with parameters."""
        with super().read(view, at_least, timeout, aside) as cursor:
            yield explaining(cursor, self.noted)


def explaining(cursor: Cursor[DictRow], noted: Read) -> Cursor[DictRow]:
    """The cursor, for statements with parameters; each is explained first, and `noted` gets what it read."""
    return cast("Cursor[DictRow]", _Explaining(cursor, noted))


@dataclass(frozen=True, slots=True)
class _Explaining:
    cursor: Cursor[DictRow]
    noted: Read

    def execute(self, query: Any, params: Any = None) -> Cursor[DictRow]:
        explain = f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {query}"
        [row] = self.cursor.execute(explain.encode(), params).fetchall()
        [found] = row.values()
        [told] = found if isinstance(found, list) else json.loads(found)
        self.noted.add(str(query), told["Plan"])
        return self.cursor.execute(query, params)


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for each in plan.get("Plans", ()):
        yield from _nodes(each)


def _looked_at(node: dict[str, Any]) -> float:
    """Of all loops."""
    if not node["Node Type"].endswith("Scan") or node["Node Type"] in _OF_OTHERS:
        return 0.0
    refused = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
    each = node["Actual Rows"] + sum(node.get(name, 0) for name in refused)
    return float(each * node["Actual Loops"])


def _lines(plan: dict[str, Any], depth: int = 0) -> Iterator[str]:
    """The plan to be read by people: who runs into a failing assertion wants to see it."""
    named = " ".join(str(plan[key]) for key in ("Node Type", "Index Name", "Relation Name") if key in plan)
    found = f"{plan['Actual Rows']:g} rows x {plan['Actual Loops']}"
    removed = plan.get("Rows Removed by Filter")
    blocks = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    yield f"{'  ' * depth}{named}: {found}{f', {removed} removed' * (removed is not None)}, {blocks} blocks"
    for each in plan.get("Plans", ()):
        yield from _lines(each, depth + 1)
