"""Where do points lie, and what is drawn where?

Asked of the map, that is of the view of areas: many points cost little more than one.
"""

from collections.abc import Sequence
from datetime import datetime

from libs.geo.atlas import Atlas
from libs.ledger.views.view import Views
from libs.query.freshness import Fresh
from services.identity.adapters.maps import Map, Maps
from services.identity.adapters.views.areas import VIEW, area_of
from services.identity.application import area_ports as ports


class Locating:
    """`ports.Locating`, answered from the map."""

    def __init__(self, views: Views, maps: Maps) -> None:
        self._views = views
        self._maps = maps

    def locate(self, points: Sequence[ports.Degrees], at: datetime, fresh: Fresh) -> ports.Places:
        """Where each of the points lies."""
        known = self._current(fresh)
        located = [known.index.locate(longitude, latitude, at) for longitude, latitude in points]
        found = {area_id for each in located if each is not None for area_id in each.chain}
        areas = {each: area_of(known.areas[each], known.renamings.get(each, ()), at) for each in found}
        return ports.Places(located=located, areas=areas)

    def atlas(self) -> Atlas:
        """All boundaries and ends that were recorded before it was asked. Raises `ViewBehind`."""
        return self._current(Fresh.as_of_now(self._views.ledger)).atlas

    def _current(self, fresh: Fresh) -> Map:
        with fresh.read(self._views, VIEW) as cursor:
            return self._maps.current(cursor)
