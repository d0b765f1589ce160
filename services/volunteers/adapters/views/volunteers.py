"""Who has enrolled, how often were they asked, and what did they give?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Key, Rows, Table, View, Views
from libs.query.filters import Filters, flag, text
from libs.query.freshness import Fresh, ListQuery
from libs.query.listing import Listing
from libs.query.paging import ascending
from libs.query.reach import Reach
from libs.rules.areas import id_of
from services.volunteers.application.ports import VolunteerRow
from services.volunteers.domain.need.events import HoursRecorded, OfferMade
from services.volunteers.domain.values import Profile
from services.volunteers.domain.volunteer import ProfileRevised, VolunteerEnrolled, VolunteerLeft

VOLUNTEERS = Table.of("volunteers", VolunteerRow, key=("volunteer_id",), indexes=("active, reach_path",))
LISTED = Listing(
    table=VOLUNTEERS,
    order=(ascending("volunteer_id"),),
    filters=Filters(home_area_id=text("home_area_id"), active=flag("active")),
    area="home_path",
)


class Volunteers(View):
    """One row for each party that ever enrolled."""

    name = "volunteers"
    tables = (VOLUNTEERS,)

    def keys(self, recorded: Recorded[Any]) -> Iterable[tuple[str, Key]]:
        """The volunteer that the event is about."""
        volunteer_id = getattr(recorded.event, "volunteer_id", None)
        return [("volunteers", volunteer_id)] if volunteer_id else []

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Keep profiles' places, and count offers and minutes."""
        match recorded.event:
            case VolunteerEnrolled(volunteer_id=volunteer_id, profile=profile):
                rows.put(VOLUNTEERS, _row(volunteer_id, profile, rows.get(VOLUNTEERS, volunteer_id)))
            case ProfileRevised(volunteer_id=volunteer_id, profile=profile):
                rows.change(VOLUNTEERS, volunteer_id, **_places(profile))
            case VolunteerLeft(volunteer_id=volunteer_id):
                rows.change(VOLUNTEERS, volunteer_id, active=False)
            case OfferMade(volunteer_id=volunteer_id):
                _add(rows, volunteer_id, offers=1)
            case HoursRecorded(volunteer_id=volunteer_id, minutes=minutes):
                _add(rows, volunteer_id, minutes=minutes)
            case _:
                pass


VIEW = Volunteers()


def _row(volunteer_id: str, profile: Profile, known: VolunteerRow | None) -> VolunteerRow:
    return VolunteerRow(
        volunteer_id=volunteer_id,
        active=True,
        home_path=profile.home_path,
        home_area_id=id_of(profile.home_path),
        reach_path=profile.reach_path,
        offers=known["offers"] if known else 0,
        minutes=known["minutes"] if known else 0,
    )


def _places(profile: Profile) -> dict[str, str]:
    return {
        "home_path": profile.home_path,
        "home_area_id": id_of(profile.home_path),
        "reach_path": profile.reach_path,
    }


def _add(rows: Rows, volunteer_id: str, *, offers: int = 0, minutes: int = 0) -> None:
    known = rows.get(VOLUNTEERS, volunteer_id)
    if known is None:
        raise KeyError(volunteer_id)
    counts = {"offers": known["offers"] + offers, "minutes": known["minutes"] + minutes}
    rows.change(VOLUNTEERS, volunteer_id, **counts)


@dataclass(frozen=True, slots=True)
class VolunteerReads:
    """`ports.VolunteerReads`, answered from the view."""

    views: Views

    def page(self, query: ListQuery, reach: Reach, fresh: Fresh) -> tuple[list[VolunteerRow], str]:
        """A page of volunteers, and the token of the next page."""
        with fresh.read(self.views, VIEW) as cursor:
            return LISTED.page(cursor, query, reach)

    def counts(self, volunteer_id: str, fresh: Fresh) -> tuple[int, int]:
        """(offers had, minutes given) of one volunteer."""
        with fresh.read(self.views, VIEW) as cursor:
            row = LISTED.one(cursor, volunteer_id=volunteer_id)
        return (row["offers"], row["minutes"]) if row else (0, 0)

    def active(self, fresh: Fresh) -> Sequence[tuple[str, int]]:
        """(id, offers had) of everybody who may be asked."""
        select = "SELECT volunteer_id, offers FROM volunteers WHERE active ORDER BY volunteer_id"
        with fresh.read(self.views, VIEW) as cursor:
            return [(row["volunteer_id"], row["offers"]) for row in cursor.execute(select)]
