"""Where do areas overlap, how far, since when, and whose is it?

Asked of the map, that is of the view of areas: it has no rows of its own, for a strip changes with
either of two boundaries, and by itself when one of them comes into force.
"""

from collections.abc import Sequence
from datetime import datetime

from libs.geo.atlas import Dispute
from libs.geo.index import AreaIndex
from libs.ledger.views.view import Views
from libs.query.freshness import Fresh
from libs.query.paging import Page, ascending
from libs.rules.areas import path_of, within
from services.identity.adapters.maps import Maps
from services.identity.adapters.views.areas import VIEW
from services.identity.application import ports

ORDER = (ascending("area_id"), ascending("other_area_id"))


class StripReads:
    """`ports.StripReads`, answered from the map."""

    def __init__(self, views: Views, maps: Maps) -> None:
        self._views = views
        self._maps = maps

    def page(
        self, query: ports.StripQuery, path: str, at: datetime, fresh: Fresh
    ) -> tuple[Sequence[ports.StripRow], str]:
        """Strips of areas at or below a path, by their ids, and the token of the next page."""
        page = Page.of(query, ORDER)
        with fresh.read(self._views, VIEW) as cursor:
            known = self._maps.current(cursor)
        wanted = (each for each in known.atlas.disputes(at) if _lies_within(each, path))
        disputes, token = page.cut_from(wanted, _key)
        return [_row(each, known.index, at) for each in disputes], token


def _lies_within(dispute: Dispute, path: str) -> bool:
    return any(within(path_of(each.path), path) for each in (dispute.one, dispute.other))


def _key(dispute: Dispute) -> tuple[str, str]:
    return dispute.one.area_id, dispute.other.area_id


def _row(dispute: Dispute, index: AreaIndex, at: datetime) -> ports.StripRow:
    one, other, strip = dispute.one, dispute.other, dispute.strip
    located = index.locate(strip.longitude, strip.latitude, at)
    chain = located.chain if located else ()
    owners = [each for each in (one.area_id, other.area_id) if each in chain] or chain[-1:]
    return ports.StripRow(
        area_id=one.area_id,
        area_path=path_of(one.path),
        other_area_id=other.area_id,
        other_area_path=path_of(other.path),
        owner_area_id="".join(owners),
        strip=strip,
        since=dispute.since,
    )
