"""The map: boundaries in memory, as the view of areas holds them, until they change."""

import threading
from collections.abc import Callable, Mapping
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
    """The boundaries up to a ledger position, and the areas (rows of the view) that these are of, by id."""

    position: int = -1
    atlas: Atlas = field(default_factory=Atlas)
    areas: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @cached_property
    def index(self) -> AreaIndex:
        """To locate with; made when it is first needed, for whoever draws many boundaries needs none."""
        return AreaIndex(with_validity(self.atlas.versions()))


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
        row = cursor.execute("SELECT coalesce(max(position), 0) AS position FROM boundaries").fetchone()
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


def _next(before: Map, cursor: Cursor[DictRow], position: int) -> Map:
    cursor.execute(
        "SELECT area_id, version, boundary, valid_from, position FROM boundaries"
        " WHERE position > %s ORDER BY position",
        (before.position,),
    )
    changed = cursor.fetchall()
    # An area comes before its boundaries: whatever is missing here has none.
    cursor.execute(
        "SELECT * FROM areas WHERE rank > %s OR area_id = ANY(%s)",
        (before.position, [row["area_id"] for row in changed]),
    )
    areas = {**before.areas, **{row["area_id"]: row for row in cursor.fetchall()}}
    rows = [_row(row, areas[row["area_id"]]["path"]) for row in changed]
    return Map(position=position, atlas=before.atlas.with_rows(rows), areas=areas)


def _row(row: DictRow, path: str) -> BoundaryRow:
    return BoundaryRow(
        area_id=row["area_id"],
        path=ids_of(path),
        rank=row["position"],
        version=row["version"],
        boundary=row["boundary"],
        valid_from=row["valid_from"],
    )
