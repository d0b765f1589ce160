"""The area index: which areas, from the root to the leaf, lie around a point at a moment.

Identity answers `Locate` with it; cases builds the same index from published boundaries and
locates while it decides. An index never changes: build another when boundaries have changed.

**Each point has one owner.** From the root down, of the areas around the point that nothing but
areas without a boundary separates from the owner above, the one that has held the point longest owns
it, and only what lies below that one is looked at further. So nobody takes ground from an area
beside their own by drawing over it, however deep in the tree they draw.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import shapely
from shapely.geometry.base import BaseGeometry

from libs.geo.boundary import geometry_of
from libs.geo.grid import Grid
from libs.geo.seams import without_seams


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundaryRow:
    """One version of an area's boundary, valid from `valid_from` until before `valid_until` (None: open).

    `path` are the area ids from the root to the area itself. `rank` is where the version was
    recorded (the ledger position or feed sequence of its event), so that every service agrees
    on what is older. `earlier` are the versions recorded before, the first one first.
    """

    area_id: str
    path: tuple[str, ...]
    rank: int
    version: int
    boundary: str
    valid_from: datetime
    valid_until: datetime | None = None
    earlier: tuple["BoundaryRow", ...] = ()

    def is_valid(self, at: datetime) -> bool:
        """Whether it holds at a moment."""
        return self.valid_from <= at and (self.valid_until is None or at < self.valid_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """Where a point lies: the chain of areas root..leaf, and which boundary of the leaf said so.

    `overlaps` names the areas that have the point inside, too, but held it later than their
    sibling in the chain (a disputed strip).
    """

    area_id: str
    chain: tuple[str, ...]
    boundary_version: int
    overlaps: tuple[str, ...] = ()


class AreaIndex:
    """Boundaries in memory, with a grid over them; safe to ask from several threads."""

    def __init__(self, rows: Iterable[BoundaryRow]) -> None:
        self._rows = sorted(rows, key=lambda row: (row.rank, row.area_id, -row.version))
        self._geometries = [without_seams(geometry_of(row.boundary)) for row in self._rows]
        for geometry in self._geometries:
            shapely.prepare(geometry)
            # A prepared geometry builds its search structure at the first question, without a
            # lock: ask once here, before threads share it.
            west, south, east, north = geometry.bounds
            shapely.contains_xy(geometry, (west + east) / 2, (south + north) / 2)
        self._grid = Grid(self._geometries)
        self._by_area: dict[str, list[BoundaryRow]] = {}
        for row in self._rows:
            self._by_area.setdefault(row.area_id, []).append(row)
        # Of each row the areas above it that ever have a boundary, the nearest first.
        self._above = [
            tuple(area_id for area_id in reversed(row.path[:-1]) if area_id in self._by_area)
            for row in self._rows
        ]
        self._alone = [
            Located(area_id=row.area_id, chain=row.path, boundary_version=row.version) for row in self._rows
        ]
        self._earlier: dict[tuple[str, int], BaseGeometry] = {}

    @classmethod
    def empty(cls) -> "AreaIndex":
        """The index of no areas."""
        return cls(())

    def __len__(self) -> int:
        """How many boundaries (versions) the index holds."""
        return len(self._rows)

    def locate(self, longitude: float, latitude: float, at: datetime) -> Located | None:
        """The owner of a point (degrees) by the boundaries as valid at `at`: see the top of this file.

        None if no area has the point inside. Points exactly on a boundary are in neither area.
        """
        around: dict[str, int] = {}
        for i, surely in self._grid.around(longitude, latitude):
            row = self._rows[i]
            if row.valid_from > at or (row.valid_until is not None and row.valid_until <= at):
                continue
            if surely or shapely.contains_xy(self._geometries[i], longitude, latitude):
                around.setdefault(row.area_id, i)
        if len(around) == 1:
            [i] = around.values()
            if not self._above[i]:  # as nearly always: nothing to weigh up
                return self._alone[i]
        return self._owner(around, longitude, latitude, at) if around else None

    def over_time(self, longitude: float, latitude: float) -> tuple[tuple[datetime, tuple[str, ...]], ...]:
        """In which areas a point lies by the boundaries of every moment: since when in which chain, in order.

        () stands for no area. Before the first moment no boundary around the point has begun.
        """
        areas: set[str] = set()
        for i, surely in self._grid.around(longitude, latitude):
            if surely or shapely.contains_xy(self._geometries[i], longitude, latitude):
                areas.update((self._rows[i].area_id, *self._above[i]))
        lies: list[tuple[datetime, tuple[str, ...]]] = []
        for moment in sorted(self._moments(areas)):
            located = self.locate(longitude, latitude, moment)
            chain = located.chain if located else ()
            if not lies or lies[-1][1] != chain:
                lies.append((moment, chain))
        return tuple(lies)

    def is_bounded(self, area_id: str, at: datetime) -> bool:
        """Whether an area has a boundary at a moment."""
        return any(row.is_valid(at) for row in self._by_area.get(area_id, ()))

    def _moments(self, areas: Iterable[str]) -> set[datetime]:
        """When the answer of `locate` may become another one."""
        rows = [row for area_id in areas for row in self._by_area[area_id]]
        begin = {each.valid_from for row in rows for each in (row, *row.earlier)}
        return begin | {row.valid_until for row in rows if row.valid_until is not None}

    def _owner(
        self, around: Mapping[str, int], longitude: float, latitude: float, at: datetime
    ) -> Located | None:
        below: dict[str, list[int]] = {}
        for i in around.values():
            parent = self._parent(i, around, at)
            if parent is not None:
                below.setdefault(parent, []).append(i)
        chosen, lost = None, []
        rivals = below.get("")
        while rivals:
            if len(rivals) > 1:
                rivals.sort(
                    key=lambda i: (self._held_since(i, longitude, latitude, at), self._rows[i].area_id)
                )
                lost += [self._rows[i].area_id for i in rivals[1:]]
            chosen = rivals[0]
            rivals = below.get(self._rows[chosen].area_id)
        if chosen is None or not lost:
            return None if chosen is None else self._alone[chosen]
        return replace(self._alone[chosen], overlaps=tuple(lost))

    def _parent(self, number: int, around: Mapping[str, int], at: datetime) -> str | None:
        """The nearest area above that has a boundary, "" if none has; None if the point lies outside it."""
        for area_id in self._above[number]:
            if area_id in around:
                return area_id
            if self.is_bounded(area_id, at):
                return None
        return ""

    def _held_since(self, number: int, longitude: float, latitude: float, at: datetime) -> int:
        """Where the first was recorded of the versions that have the point inside, without a break.

        Only those count that were valid at `at` while they were the newest: what was drawn for
        another time gives no right to this one.
        """
        since = self._rows[number].rank
        for version in reversed(self._rows[number].earlier):
            if version.valid_from > at:
                continue
            if not shapely.contains_xy(self._geometry(version), longitude, latitude):
                break
            since = version.rank
        return since

    def _geometry(self, version: BoundaryRow) -> BaseGeometry:
        key = version.area_id, version.version
        known = self._earlier.get(key)
        if known is None:
            known = self._earlier[key] = without_seams(geometry_of(version.boundary))
        return known


def with_validity(
    versions: Mapping[str, Sequence[BoundaryRow]], ends: Mapping[str, datetime] | None = None
) -> list[BoundaryRow]:
    """Rows whose `valid_until` and `earlier` are set: each version ends where its area's next one begins.

    `versions` holds, per area, its versions in the order they were recorded. A later version
    with an earlier or equal `valid_from` replaces what it overtakes (a correction). `ends` says from
    when on areas are no more: then no version of theirs holds.
    """
    rows: list[BoundaryRow] = []
    for area_id, recorded in versions.items():
        until = ends.get(area_id) if ends else None
        for place in range(len(recorded) - 1, -1, -1):
            row = recorded[place]
            if until is not None and row.valid_from >= until:
                continue
            rows.append(replace(row, valid_until=until, earlier=tuple(recorded[:place])))
            until = row.valid_from
    return rows
