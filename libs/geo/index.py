"""The area index: which areas, from the root to the leaf, lie around a point at a moment.

Identity answers `Locate` with it; cases builds the same index from published boundaries and
locates while it decides. An index never changes: build another when boundaries have changed.
"""

import math
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import shapely
from shapely.geometry.base import BaseGeometry

from libs.geo.boundary import geometry_of


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundaryRow:
    """One version of an area's boundary, valid from `valid_from` until before `valid_until` (None: open).

    `path` are the area ids from the root to the area itself. `rank` decides where areas of
    one depth overlap: the smallest wins. Give the order in which the areas were defined (the
    ledger position or feed sequence of AreaDefined), so that every service agrees.
    """

    area_id: str
    path: tuple[str, ...]
    rank: int
    version: int
    boundary: str
    valid_from: datetime
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """Where a point lies: the chain of areas root..leaf, and which boundary of the leaf said so.

    `overlaps` names other areas of the same depth around the point (a disputed strip).
    """

    area_id: str
    chain: tuple[str, ...]
    boundary_version: int
    overlaps: tuple[str, ...] = ()


class AreaIndex:
    """Boundaries in memory, with a grid over them; safe to ask from several threads."""

    def __init__(self, rows: Iterable[BoundaryRow]) -> None:
        # The best answer first: deepest, then the one defined first. So the first row that
        # contains the point is the answer, and ties fall the same way in every process.
        self._rows = sorted(rows, key=lambda row: (-len(row.path), row.rank, row.area_id, -row.version))
        self._geometries = [geometry_of(row.boundary) for row in self._rows]
        for geometry in self._geometries:
            shapely.prepare(geometry)
            # A prepared geometry builds its search structure at the first question, without a
            # lock: ask once here, before threads share it.
            west, south, east, north = geometry.bounds
            shapely.contains_xy(geometry, (west + east) / 2, (south + north) / 2)
        self._grid = _Grid(self._geometries)

    @classmethod
    def empty(cls) -> "AreaIndex":
        """The index of no areas."""
        return cls(())

    def __len__(self) -> int:
        """How many boundaries (versions) the index holds."""
        return len(self._rows)

    def locate(self, longitude: float, latitude: float, at: datetime) -> Located | None:
        """The deepest area whose boundary, as valid at `at`, has the point (degrees) strictly inside.

        None if no area does. Points exactly on a boundary are in neither area.
        """
        best: BoundaryRow | None = None
        overlaps: list[str] = []
        for i, surely in self._grid.around(longitude, latitude):
            row = self._rows[i]
            if best is not None and len(row.path) < len(best.path):
                break
            if row.valid_from > at or (row.valid_until is not None and row.valid_until <= at):
                continue
            if not surely and not shapely.contains_xy(self._geometries[i], longitude, latitude):
                continue
            if best is None:
                best = row
            elif row.area_id != best.area_id:
                overlaps.append(row.area_id)
        if best is None:
            return None
        return Located(
            area_id=best.area_id,
            chain=best.path,
            boundary_version=best.version,
            overlaps=tuple(overlaps),
        )


_Cell = tuple[int, int]
_Candidate = tuple[int, bool]  # the number of a geometry, and whether it has the whole cell inside


class _Grid:
    """Which geometries a point may lie in: the plane in cells, some to the side of a usual geometry's box.

    What lies in a cell is found out when it is first asked for. A cell wholly inside a geometry leaves
    nothing to ask. That matters more than its time: every question to shapely lets go of the
    interpreter's lock, and under load waits to get it back.
    """

    _CELLS_A_SIDE = 16
    _SMALLEST = 1e-6  # degrees, ten centimetres: smaller cells come near the rounding of coordinates
    _KEPT = 100_000

    def __init__(self, geometries: Sequence[BaseGeometry]) -> None:
        self._geometries = geometries
        self._boxes = [geometry.bounds for geometry in geometries]
        sides = sorted(max(east - west, north - south) for west, south, east, north in self._boxes)
        usual = sides[len(sides) // 2] if sides else 0.0
        self._side = max(usual / self._CELLS_A_SIDE, self._SMALLEST)
        edges = list(zip(*self._boxes, strict=True)) or [(0.0,)] * 4
        self._bounds = min(edges[0]), min(edges[1]), max(edges[2]), max(edges[3])
        self._known: dict[_Cell, tuple[_Candidate, ...]] = {}
        self._finding_out = threading.Lock()

    def around(self, x: float, y: float) -> tuple[_Candidate, ...]:
        """The candidates for a point, in their order."""
        west, south, east, north = self._bounds
        if not (west <= x <= east and south <= y <= north):  # as well where it is no number
            return ()
        cell = math.floor(x / self._side), math.floor(y / self._side)
        known = self._known.get(cell)
        return self._find_out(cell) if known is None else known

    def _find_out(self, cell: _Cell) -> tuple[_Candidate, ...]:
        # A little more than the cell, so that rounding loses no point.
        little = self._side * 1e-6
        west, south = cell[0] * self._side - little, cell[1] * self._side - little
        east, north = west + self._side + 2 * little, south + self._side + 2 * little
        whole = shapely.box(west, south, east, north)
        near = [
            i
            for i, (left, bottom, right, top) in enumerate(self._boxes)
            if left <= east and west <= right and bottom <= north and south <= top
        ]
        with self._finding_out:  # a prepared geometry builds what such questions need without a lock
            touched = [i for i in near if shapely.intersects(self._geometries[i], whole)]
            found = tuple((i, bool(shapely.contains_properly(self._geometries[i], whole))) for i in touched)
        if len(self._known) >= self._KEPT:
            self._known.clear()
        self._known[cell] = found
        return found


def with_validity(versions: Mapping[str, Sequence[BoundaryRow]]) -> list[BoundaryRow]:
    """Rows whose `valid_until` is set: each version of an area ends where its next one begins.

    `versions` holds, per area, its versions in the order they were recorded. A later version
    with an earlier or equal `valid_from` replaces what it overtakes (a correction).
    """
    rows: list[BoundaryRow] = []
    for recorded in versions.values():
        until: datetime | None = None
        for row in reversed(recorded):
            if until is not None and row.valid_from >= until:
                continue
            rows.append(replace(row, valid_until=until))
            until = row.valid_from
    return rows
