"""The atlas: every boundary at every moment, to check a new one against and to find where areas overlap.

What **bounds** an area is the nearest area above it that has a boundary. Two areas are **beside** each
other if the same area bounds both (or none does) and neither lies below the other: on the map, areas
without a boundary do not exist. All of it as of a moment, for boundaries come into force one by one.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import shapely
from shapely import MultiPolygon, Polygon

from libs.geo.boundary import geometry_of
from libs.geo.effort import Effort
from libs.geo.index import BoundaryRow
from libs.geo.strips import Strip, shared

Box = tuple[float, float, float, float]
Ground = Polygon | MultiPolygon


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """One version of a boundary, ready to be measured."""

    row: BoundaryRow
    ground: Ground
    box: Box
    positions: int

    @classmethod
    def of(cls, row: BoundaryRow) -> "Sheet":
        """The sheet of a row. Raises BoundaryUnusable."""
        ground = geometry_of(row.boundary)
        return cls(row, ground, ground.bounds, int(shapely.get_num_coordinates(ground)))

    def is_in_line_with(self, path: tuple[str, ...]) -> bool:
        """Whether this area and the one at a path are the same, or one lies below the other."""
        return self.row.area_id in path or path[-1] in self.row.path

    def is_near(self, box: Box) -> bool:
        """Whether the boxes touch: otherwise there is nothing to measure."""
        west, south, east, north = box
        return self.box[0] <= east and west <= self.box[2] and self.box[1] <= north and south <= self.box[3]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """Two areas beside each other that overlap; `since` when they have done so without a break."""

    one: BoundaryRow
    other: BoundaryRow
    strip: Strip
    since: datetime


class Overlaps:
    """What pairs of boundaries share, measured once, for boundaries never change. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._measured: dict[tuple[Sheet, Sheet], Strip | None] = {}

    def of(self, one: Sheet, other: Sheet, effort: Effort) -> Strip | None:
        """The ground that two share. Raises TooMuchWork, OutOfTime."""
        with self._lock:
            if (one, other) not in self._measured:
                effort.spend(one.positions + other.positions)
                self._measured[one, other] = shared(one.ground, other.ground)
            return self._measured[one, other]


class Atlas:
    """Boundaries in memory. An atlas never changes; `with_rows` gives the next one."""

    def __init__(self) -> None:
        self._sheets: Mapping[str, tuple[Sheet, ...]] = {}
        self._ends: Mapping[str, datetime] = {}
        self._overlaps = Overlaps()

    def with_rows(self, rows: Iterable[BoundaryRow], ends: Mapping[str, datetime] | None = None) -> "Atlas":
        """With more versions, each recorded after those of its area that are here, and ends of areas."""
        sheets = dict(self._sheets)
        for row in rows:
            sheets[row.area_id] = (*sheets.get(row.area_id, ()), Sheet.of(row))
        after = Atlas()
        after._sheets, after._overlaps = sheets, self._overlaps
        after._ends = {**self._ends, **(ends or {})}
        return after

    def ends(self) -> Mapping[str, datetime]:
        """From when on areas are no more, by their ids."""
        return self._ends

    def versions(self) -> dict[str, tuple[BoundaryRow, ...]]:
        """The versions of each area's boundary, as they were recorded."""
        return {area_id: tuple(each.row for each in sheets) for area_id, sheets in self._sheets.items()}

    def from_then_on(self, moment: datetime) -> Iterator[Sheet]:
        """Every boundary that holds at a moment or begins later."""
        for area_id, sheets in self._sheets.items():
            now, end = self.at(area_id, moment), self._ends.get(area_id)
            for each in sheets:
                begins = each.row.valid_from
                if each is now or (begins > moment and (end is None or begins < end)):
                    yield each

    def at(self, area_id: str, moment: datetime) -> Sheet | None:
        """An area's boundary at a moment: of the versions that have begun the last recorded."""
        end = self._ends.get(area_id)
        if end is not None and end <= moment:
            return None
        sheets = self._sheets.get(area_id, ())
        return next((each for each in reversed(sheets) if each.row.valid_from <= moment), None)

    def bounding(self, path: tuple[str, ...], moment: datetime) -> Sheet | None:
        """What bounds the area at a path."""
        above = (self.at(area_id, moment) for area_id in reversed(path[:-1]))
        return next((sheet for sheet in above if sheet is not None), None)

    def neighbours(
        self, moment: datetime, after: tuple[str, str] = ("", "")
    ) -> Iterator[tuple[Sheet, Sheet]]:
        """Pairs of areas that may overlap, in the order of their ids: those after a pair of ids."""
        sheets = [sheet for area_id in sorted(self._sheets) if (sheet := self.at(area_id, moment))]
        tree = shapely.STRtree([sheet.ground for sheet in sheets])
        for place, one in enumerate(sheets):
            if one.row.area_id < after[0]:
                continue
            for other in (sheets[near] for near in sorted(tree.query(one.ground)) if near > place):
                if (one.row.area_id, other.row.area_id) > after:
                    yield one, other

    def dispute(self, one: Sheet, other: Sheet, moment: datetime, effort: Effort) -> Dispute | None:
        """Where two areas beside each other overlap by more than the tolerance; None if they do not.

        Raises TooMuchWork, OutOfTime.
        """
        strip = self._overlap(one, other, moment, effort)
        if strip is None:
            return None
        since = moment
        for earlier in self._changes({*one.row.path, *other.row.path}, moment):
            first, second = self.at(one.row.area_id, earlier), self.at(other.row.area_id, earlier)
            if first is None or second is None or self._overlap(first, second, earlier, effort) is None:
                break
            since = earlier
        return Dispute(one=one.row, other=other.row, strip=strip, since=since)

    def _changes(self, area_ids: Iterable[str], until: datetime) -> list[datetime]:
        """The moments at which boundaries of these areas began, the latest first."""
        begun = {each.row.valid_from for area_id in area_ids for each in self._sheets.get(area_id, ())}
        return sorted((each for each in begun if each <= until), reverse=True)

    def _overlap(self, one: Sheet, other: Sheet, moment: datetime, effort: Effort) -> Strip | None:
        if one.is_in_line_with(other.row.path):
            return None
        if self.bounding(one.row.path, moment) is not self.bounding(other.row.path, moment):
            return None
        return self._overlaps.of(one, other, effort)
