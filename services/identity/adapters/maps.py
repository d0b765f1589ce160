"""The map: boundaries in memory, as the view of areas holds them, until they change."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from psycopg import Cursor
from psycopg.rows import DictRow

from libs.geo.atlas import Atlas
from libs.geo.index import AreaIndex, BoundaryRow, with_validity
from libs.rules.areas import ids_of


class Ledger(Protocol):
    """What is needed of the ledger."""

    def on_reconnect(self, forget: Callable[[], None]) -> None:
        """Call `forget` whenever the store may have become another."""
        ...


@dataclass(frozen=True, kw_only=True)
class Map:
    """The boundaries and ends up to a ledger position, and areas and names (rows of the view) by id."""

    position: int = -1
    atlas: Atlas = field(default_factory=Atlas)
    areas: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    renamings: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)

    @cached_property
    def index(self) -> AreaIndex:
        """To locate with; made when it is first needed, for whoever draws many boundaries needs none."""
        return AreaIndex(with_validity(self.atlas.versions(), self.atlas.ends()))


class Maps:
    """The newest map; safe to ask from several threads.

    Where the store may have become another, it is drawn from the beginning: a position that was read may
    be given to another boundary by now.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._lock = threading.Lock()
        self._map = Map()
        self._doubts = 0
        self._drawn_after = 0  # how many doubts
        ledger.on_reconnect(self._doubt)

    def current(self, cursor: Cursor[DictRow]) -> Map:
        """The map of what a cursor on the view sees (or of something newer, which another thread saw)."""
        row = cursor.execute(_POSITION).fetchone()
        position = int(row["position"]) if row else 0
        if self._drawn_after != self._doubts or self._map.position < position:
            with self._lock:
                doubts = self._doubts
                before = self._map if self._drawn_after == doubts else Map()
                if before.position < position:
                    self._map, self._drawn_after = _next(before, cursor, position), doubts
        return self._map

    def _doubt(self) -> None:
        self._doubts += 1


_POSITION = """
SELECT greatest(0, (SELECT max(position) FROM boundaries), (SELECT max(changed) FROM areas)) AS position
"""


def _next(before: Map, cursor: Cursor[DictRow], position: int) -> Map:
    cursor.execute(
        "SELECT area_id, version, boundary, valid_from, position FROM boundaries"
        " WHERE position > %s ORDER BY position",
        (before.position,),
    )
    changed = cursor.fetchall()
    cursor.execute(
        "SELECT * FROM areas WHERE changed > %s OR area_id = ANY(%s)",
        (before.position, [row["area_id"] for row in changed]),
    )
    news = {row["area_id"]: row for row in cursor.fetchall()}
    cursor.execute("SELECT * FROM renamings WHERE position > %s ORDER BY position", (before.position,))
    renamings = dict(before.renamings)
    for renaming in cursor.fetchall():
        renamings[renaming["area_id"]] = (*renamings.get(renaming["area_id"], ()), renaming)
    areas = {**before.areas, **news}
    rows = [_row(row, areas[row["area_id"]]["path"]) for row in changed]
    ends = {area_id: row["valid_until"] for area_id, row in news.items() if row["valid_until"] is not None}
    return Map(position=position, atlas=before.atlas.with_rows(rows, ends), areas=areas, renamings=renamings)


def _row(row: DictRow, path: str) -> BoundaryRow:
    return BoundaryRow(
        area_id=row["area_id"],
        path=ids_of(path),
        rank=row["position"],
        version=row["version"],
        boundary=row["boundary"],
        valid_from=row["valid_from"],
    )
