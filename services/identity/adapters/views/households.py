"""Which households live where, and who is in them?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Rows, Table, View, Views
from libs.query.conditions import Condition
from libs.query.filters import Filters, area, text
from libs.query.freshness import Fresh, ListQuery
from libs.query.listing import Derived, Listing
from libs.query.paging import ascending
from libs.query.reach import Reach
from libs.rules.areas import AreaPath
from services.identity.application import household_ports as ports
from services.identity.domain.household import (
    HouseholdFormed,
    HouseholdMoved,
    MemberJoined,
    MemberLeft,
)


class StayRow(TypedDict):
    """A household in a dwelling, from a moment until it moved."""

    household_id: str
    since: datetime
    dwelling_id: str
    building_id: str
    area_path: str
    until: NotRequired[datetime | None]


class MemberRow(TypedDict):
    """A person in a household, from a moment until they left."""

    household_id: str
    resident_id: str
    since: datetime
    until: NotRequired[datetime | None]


class HouseholdRow(TypedDict):
    """A household of a moment."""

    household_id: str
    dwelling_id: str
    building_id: str
    area_path: str
    since: datetime
    members: int


STAYS = Table.of("stays", StayRow, key=("household_id", "since"), indexes=("area_path", "dwelling_id"))
MEMBERS = Table.of(
    "members", MemberRow, key=("household_id", "resident_id", "since"), indexes=("resident_id",)
)
_AT = "{0}.since <= %s AND ({0}.until IS NULL OR {0}.until > %s)"
_LIVING = (
    "SELECT s.household_id, s.dwelling_id, s.building_id, s.area_path, s.since, count(*) AS members"
    f" FROM stays s JOIN members m ON m.household_id = s.household_id"
    f" WHERE {_AT.format('s')} AND {_AT.format('m')} GROUP BY s.household_id, s.since"
)
LISTED = Listing(
    table=Derived(name="living", row=HouseholdRow, sql=_LIVING),
    order=(ascending("household_id"),),
    filters=Filters(area=area("area_path"), building_id=text("building_id"), dwelling_id=text("dwelling_id")),
    area="area_path",
)


class HouseholdsView(View):
    """One row for each stay of a household in a dwelling, and of a person in a household."""

    name = "households"
    tables = (STAYS, MEMBERS)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Begin and end stays."""
        match recorded.event:
            case HouseholdFormed() as event:
                rows.put(STAYS, _stay(event))
            case HouseholdMoved() as event:
                rows.change(STAYS, (event.household_id, event.left_since), until=event.since)
                rows.put(STAYS, _stay(event))
            case MemberJoined() as event:
                row = MemberRow(
                    household_id=event.household_id,
                    resident_id=event.resident_id,
                    since=event.since,
                    until=None,
                )
                rows.put(MEMBERS, row)
            case MemberLeft() as event:
                key = (event.household_id, event.resident_id, event.since)
                rows.change(MEMBERS, key, until=event.until)
            case _:
                pass


def _stay(event: HouseholdFormed | HouseholdMoved) -> StayRow:
    return StayRow(
        household_id=event.household_id,
        since=event.since,
        dwelling_id=event.home.dwelling_id,
        building_id=event.home.building_id,
        area_path=event.home.area_path,
        until=None,
    )


VIEW = HouseholdsView()


@dataclass(frozen=True, slots=True)
class HouseholdReads:
    """`ports.HouseholdReads`, answered from the view."""

    views: Views

    def page(
        self, query: ListQuery, at: datetime, reach: Reach, fresh: Fresh
    ) -> tuple[list[ports.HouseholdRow], str]:
        """Households of a moment within reach by id, and the token of the next page."""
        with fresh.read(self.views, VIEW) as cursor:
            rows, next_token = LISTED.page(cursor, query, reach, params=(at,) * 4)
        return [_household(row) for row in rows], next_token

    def count(self, area_path: AreaPath, at: datetime, fresh: Fresh) -> tuple[int, int]:
        """How many households lived in an area at a moment, and how many members they had."""
        living = _living(area_path, at)
        counts = "count(DISTINCT household_id) AS homes, count(DISTINCT resident_id) AS people"
        with fresh.read(self.views, VIEW) as cursor:
            [row] = cursor.execute(f"SELECT {counts} {living.sql}", living.params)
        return row["homes"], row["people"]

    def within(
        self, area_path: AreaPath, at: datetime, most: int, fresh: Fresh
    ) -> tuple[Sequence[str], Sequence[str]]:
        """Their ids, of each at most so many, in order."""
        living = _living(area_path, at)
        with fresh.read(self.views, VIEW) as cursor:
            households, members = (
                sorted(
                    str(row[column])
                    for row in cursor.execute(
                        f"SELECT DISTINCT {column} {living.sql} LIMIT %s", (*living.params, most)
                    )
                )
                for column in ("household_id", "resident_id")
            )
        return households, members


def _living(area_path: AreaPath, at: datetime) -> Condition:
    """`FROM ...`: a row for each household and member in an area at a moment."""
    where = Condition.within("s.area_path", area_path)
    return Condition(
        f"FROM stays s JOIN members m USING (household_id)"
        f" WHERE {where.sql} AND {_AT.format('s')} AND {_AT.format('m')}",
        (*where.params, *(at,) * 4),
    )


def _household(row: HouseholdRow) -> ports.HouseholdRow:
    return ports.HouseholdRow(
        household_id=row["household_id"],
        dwelling_id=row["dwelling_id"],
        building_id=row["building_id"],
        area_path=AreaPath(row["area_path"]),
        since=row["since"],
        members=row["members"],
    )
