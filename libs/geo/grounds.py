"""What areas have inside at a moment, to see whether new ones hold the ground of those that end into them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import combinations

import shapely
from shapely.geometry.base import BaseGeometry

from libs.geo.atlas import Atlas
from libs.geo.boundary import geometry_of
from libs.geo.edges import entangled
from libs.geo.strips import Strip, outside, shared


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """The ground of areas by id; one without a boundary is left out."""

    grounds: Mapping[str, BaseGeometry]
    at: datetime

    @classmethod
    def of(cls, atlas: Atlas, area_ids: Sequence[str], at: datetime) -> "Grounds":
        """As the atlas has it."""
        sheets = {each: atlas.at(each, at) for each in area_ids}
        return cls(grounds={each: sheet.ground for each, sheet in sheets.items() if sheet}, at=at)

    def with_new(self, boundaries: Mapping[str, str]) -> "Grounds":
        """With areas that are about to be drawn, by their checked GeoJSON."""
        new = {area_id: geometry_of(boundary) for area_id, boundary in boundaries.items()}
        return replace(self, grounds={**self.grounds, **new})

    def joined(self, area_ids: Sequence[str]) -> str:
        """The boundary of all these together, as GeoJSON; "" if none of them has one."""
        ground = self._union(area_ids)
        return "" if ground.is_empty else shapely.to_geojson(ground)

    def entangled(self) -> str:
        """An area that has too many edges close to another's for the two to be compared; "" if none has."""
        pairs = combinations(self.grounds, 2)
        return next((one for one, other in pairs if entangled(self.grounds[one], self.grounds[other])), "")

    def loss(self, area_id: str, successor_ids: Sequence[str]) -> Strip | None:
        """Ground of an area that none of the others has inside."""
        ground = self.grounds.get(area_id)
        return outside(ground, self._union(successor_ids)) if ground is not None else None

    def excess(self, area_ids: Sequence[str], new_ids: Sequence[str]) -> str:
        """A new area that reaches beyond the ground of these; "" if none does, or these have no ground."""
        old = self._union(area_ids)
        beyond = (
            each
            for each in new_ids
            if not old.is_empty and each in self.grounds and outside(self.grounds[each], old)
        )
        return next(beyond, "")

    def overlap(self, area_ids: Sequence[str]) -> tuple[str, str, Strip] | None:
        """Two of these that would claim the same ground, and where."""
        drawn = [each for each in area_ids if each in self.grounds]
        for place, one in enumerate(drawn):
            for other in drawn[place + 1 :]:
                strip = shared(self.grounds[one], self.grounds[other])
                if strip:
                    return one, other, strip
        return None

    def _union(self, area_ids: Sequence[str]) -> BaseGeometry:
        return shapely.union_all([self.grounds[each] for each in area_ids if each in self.grounds])
