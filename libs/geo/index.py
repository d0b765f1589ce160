"""The area index: which areas, from the root to the leaf, lie around a point at a moment.

Identity answers `Locate` with it; cases builds the same index from published boundaries and
locates while it decides. An index never changes: build another when boundaries have changed.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import shapely

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
    """Boundaries in memory, with a grid over their boxes; safe to ask from several threads."""

    def __init__(self, rows: Iterable[BoundaryRow]) -> None:
        # The best answer first: deepest, then the one defined first. So the first row that
        # contains the point is the answer, and ties fall the same way in every process.
        self._rows = sorted(rows, key=lambda row: (-len(row.path), row.rank, row.area_id, -row.version))
        self._geometries = [geometry_of(row.boundary) for row in self._rows]
        self._grid = _Grid([geometry.bounds for geometry in self._geometries])
        for geometry in self._geometries:
            shapely.prepare(geometry)
            # A prepared geometry builds its search structure at the first question, without a
            # lock: ask once here, before threads share it.
            west, south, east, north = geometry.bounds
            shapely.contains_xy(geometry, (west + east) / 2, (south + north) / 2)

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
        for i in self._grid.around(longitude, latitude):
            row = self._rows[i]
            if best is not None and len(row.path) < len(best.path):
                break
            if row.valid_from > at or (row.valid_until is not None and row.valid_until <= at):
                continue
            if not shapely.contains_xy(self._geometries[i], longitude, latitude):
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


_Box = tuple[float, float, float, float]  # west, south, east, north


class _Grid:
    """Which boxes a point may lie in, in their order: the plane in cells as large as a usual box.

    Plain Python on purpose: every question to a tree of shapely's lets go of the interpreter's lock,
    and under load waits for its turn to get it back.
    """

    _MOST_CELLS = 100  # a box over more of them is tried for every point

    def __init__(self, boxes: Sequence[_Box]) -> None:
        self._boxes = boxes
        sides = sorted(max(east - west, north - south) for west, south, east, north in boxes)
        self._side = (sides[len(sides) // 2] if sides else 0.0) or 1.0
        cells: dict[tuple[int, int], list[int]] = defaultdict(list)
        wide: list[int] = []
        for i, (west, south, east, north) in enumerate(boxes):
            columns = range(self._cell(west), self._cell(east) + 1)
            rows = range(self._cell(south), self._cell(north) + 1)
            if len(columns) * len(rows) > self._MOST_CELLS:
                wide.append(i)
            else:
                for column in columns:
                    for row in rows:
                        cells[column, row].append(i)
        self._wide = tuple(wide)
        self._cells = {cell: tuple(sorted([*found, *wide])) for cell, found in cells.items()}

    def around(self, x: float, y: float) -> list[int]:
        """The numbers of the boxes around a point."""
        if not (math.isfinite(x) and math.isfinite(y)):
            return []
        found = []
        for i in self._cells.get((self._cell(x), self._cell(y)), self._wide):
            west, south, east, north = self._boxes[i]
            if west <= x <= east and south <= y <= north:
                found.append(i)
        return found

    def _cell(self, coordinate: float) -> int:
        return math.floor(coordinate / self._side)


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
