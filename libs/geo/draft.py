"""A boundary that somebody is about to draw: what of it would not go together with the atlas.

Each question is asked of every moment from the one on which the boundary is to hold: others may have
been drawn for later already. All of them together take no more than the effort allows: each raises
TooMuchWork or OutOfTime.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import shapely
from shapely import Polygon

from libs.geo.atlas import Atlas, Sheet
from libs.geo.boundary import geometry_of
from libs.geo.edges import entangled
from libs.geo.effort import Effort
from libs.geo.strips import Strip, outside, shared

ROUNDING = 0.01
"""Metres: how far a boundary may leave the ground that it is to keep to; coordinates are rounded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Where a boundary and that of the area at `path` do not go together, and the first moment of it."""

    path: tuple[str, ...]
    strip: Strip
    since: datetime


class Draft:
    """The boundary of the area at `path`, as `check_boundary` gave it, from `valid_from` on."""

    def __init__(
        self, atlas: Atlas, path: tuple[str, ...], boundary: str, valid_from: datetime, effort: Effort
    ) -> None:
        self._atlas = atlas
        self._path = path
        self._area_id = path[-1]
        self._ground = geometry_of(boundary)
        self._positions = int(shapely.get_num_coordinates(self._ground))
        self._effort = effort
        self._near = [each for each in atlas.from_then_on(valid_from) if self._concerns(each)]
        later = {each.row.valid_from for each in self._near if each.row.valid_from > valid_from}
        self._moments = [valid_from, *sorted(later)]
        self._measured: dict[tuple[object, ...], Strip | None] = {}

    def tangle(self) -> tuple[str, ...] | None:
        """The path of an area with which the boundary cannot be compared in reasonable time.

        To be asked first. If there is none, comparing it with one area takes a second at most.
        """
        for each in self._near:
            self._effort.spend(min(self._positions, each.positions))
            if entangled(self._ground, each.ground):
                return each.row.path
        return None

    def beyond_bounds(self) -> Conflict | None:
        """Ground outside the area that bounds it."""
        for moment in self._moments:
            bounds = self._atlas.bounding(self._path, moment)
            strip = self._once(self._beyond, bounds)
            if bounds is not None and strip is not None:
                return Conflict(path=bounds.row.path, strip=strip, since=moment)
        return None

    def left_out(self) -> Conflict | None:
        """Ground of an area that it is to bound, outside of it."""
        for moment in self._moments:
            for below in self._bounded(moment):
                strip = self._once(self._left_out, below)
                if strip is not None:
                    return Conflict(path=below.row.path, strip=strip, since=moment)
        return None

    def gained(self) -> Conflict | None:
        """Ground that its area does not hold already."""
        for moment in self._moments:
            mine = self._atlas.at(self._area_id, moment)
            strip = self._once(self._gained, mine)
            if strip is not None:
                return Conflict(path=self._path, strip=strip, since=moment)
        return None

    def taken(self) -> list[Conflict]:
        """Ground of areas beside it that its area does not hold already: the first piece of each area."""
        found: dict[str, Conflict] = {}
        for moment in self._moments:
            mine = self._atlas.at(self._area_id, moment)
            for beside in self._beside(moment):
                strip = self._once(self._taken, mine, beside)
                if strip is not None and beside.row.area_id not in found:
                    found[beside.row.area_id] = Conflict(path=beside.row.path, strip=strip, since=moment)
        return list(found.values())

    def _concerns(self, each: Sheet) -> bool:
        """Whether the boundary may have to do with it."""
        return each.is_in_line_with(self._path) or each.is_near(self._ground.bounds)

    def _then(self, moment: datetime) -> Iterator[Sheet]:
        """The other areas that it concerns, as they are at a moment."""
        self._effort.spend(len(self._near))
        for each in self._near:
            if each.row.area_id != self._area_id and each is self._atlas.at(each.row.area_id, moment):
                yield each

    def _beside(self, moment: datetime) -> Iterator[Sheet]:
        bounds = self._atlas.bounding(self._path, moment)
        for each in self._then(moment):
            if each.is_in_line_with(self._path):
                continue
            if self._atlas.bounding(each.row.path, moment) is bounds:
                yield each

    def _bounded(self, moment: datetime) -> Iterator[Sheet]:
        """The areas that it is to bound."""
        for each in self._then(moment):
            if self._area_id in each.row.path:
                between = each.row.path[each.row.path.index(self._area_id) + 1 : -1]
                if not any(self._atlas.at(area_id, moment) for area_id in between):
                    yield each

    def _once(self, measure: Callable[..., Strip | None], *sheets: Sheet | None) -> Strip | None:
        """A measure, taken once for all moments at which the same boundaries are in force."""
        if (measure, *sheets) not in self._measured:
            self._effort.spend(self._positions + sum(each.positions for each in sheets if each))
            self._measured[measure, *sheets] = measure(*sheets)
        return self._measured[measure, *sheets]

    def _beyond(self, bounds: Sheet | None) -> Strip | None:
        return outside(self._ground, bounds.ground) if bounds else None

    def _left_out(self, below: Sheet) -> Strip | None:
        return outside(below.ground, self._ground)

    def _gained(self, mine: Sheet | None) -> Strip | None:
        return outside(self._ground, mine.ground if mine else Polygon(), ROUNDING)

    def _taken(self, mine: Sheet | None, beside: Sheet) -> Strip | None:
        return shared(self._ground.difference(mine.ground) if mine else self._ground, beside.ground)
