"""Where do areas overlap, how far, since when, and whose is it?

Asked of the map, that is of the view of areas: it has no rows of its own, for a strip changes with
either of two boundaries, and by itself when one of them comes into force.
"""

from collections.abc import Sequence
from datetime import datetime

from libs.geo.atlas import Atlas, Dispute
from libs.geo.effort import Effort, TooMuchWork
from libs.geo.index import AreaIndex
from libs.ledger.views.view import Views
from libs.query.freshness import Fresh
from libs.query.paging import Page, ascending
from libs.rules.areas import path_of, within
from services.identity.adapters.maps import Maps
from services.identity.adapters.views.areas import VIEW
from services.identity.application import area_ports as ports

ORDER = (ascending("area_id"), ascending("other_area_id"))


class StripReads:
    """`ports.StripReads`, answered from the map."""

    def __init__(self, views: Views, maps: Maps) -> None:
        self._views = views
        self._maps = maps

    def page(
        self, query: ports.StripQuery, path: str, at: datetime, fresh: Fresh, effort: Effort
    ) -> tuple[Sequence[ports.StripRow], str]:
        """Strips of areas at or below a path, by their ids, and the token of the next page.

        When the effort is spent, the page ends there. Raises OutOfTime.
        """
        page = Page.of(query, ORDER)
        with fresh.read(self._views, VIEW) as cursor:
            known = self._maps.current(cursor)
        disputes, token = page_of(page, known.atlas, path, at, effort)
        return [_row(each, known.index, at) for each in disputes], token


def page_of(
    page: Page, atlas: Atlas, path: str, at: datetime, effort: Effort
) -> tuple[Sequence[Dispute], str]:
    """The page, and the token of the next; it compares only as many areas as it shows. Raises OutOfTime."""
    found: list[Dispute] = []
    after = (str(page.after[0]), str(page.after[1])) if page.after else ("", "")
    for one, other in atlas.neighbours(at, after):
        if not any(within(path_of(each.row.path), path) for each in (one, other)):
            continue
        try:
            dispute = atlas.dispute(one, other, at, effort)
        except TooMuchWork:
            return found, page.token(*after)
        after = one.row.area_id, other.row.area_id
        found += [dispute] if dispute else []
        if len(found) == page.fetch:
            break
    return page.cut(found, _key)


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
