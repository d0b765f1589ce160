"""The area index: which areas, from the root to the leaf, lie around a point at a moment.

Identity answers `Locate` with it; cases builds the same index from published boundaries and
locates while it decides. An index never changes: build another when boundaries have changed.
"""

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
    """Boundaries in memory, with a tree over their boxes; safe to ask from several threads."""

    def __init__(self, rows: Iterable[BoundaryRow]) -> None:
        # The best answer first: deepest, then the one defined first. So the first row that
        # contains the point is the answer, and ties fall the same way in every process.
        self._rows = sorted(rows, key=lambda row: (-len(row.path), row.rank, row.area_id, -row.version))
        self._geometries = [geometry_of(row.boundary) for row in self._rows]
        self._tree = shapely.STRtree(self._geometries)
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
        for i in sorted(self._tree.query(shapely.Point(longitude, latitude)).tolist()):
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
