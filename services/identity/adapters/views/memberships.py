"""Who is a member of which body?"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Rows, Table, View, Views
from libs.query.conditions import Condition
from libs.query.filters import Filters, area, text
from libs.query.freshness import Fresh, ListQuery
from libs.query.listing import Listing
from libs.query.paging import ascending
from libs.query.reach import Reach
from services.identity.application import staff_ports as ports
from services.identity.domain.membership import BodyJoined, BodyLeft


class MembershipRow(TypedDict):
    """A person in a body, from a moment until another one."""

    party_id: str
    body_id: str
    since: datetime
    area_path: str
    until: NotRequired[datetime | None]


MEMBERSHIPS = Table.of(
    "memberships", MembershipRow, key=("body_id", "party_id", "since"), indexes=("party_id", "area_path")
)
LISTED = Listing(
    table=MEMBERSHIPS,
    order=(ascending("body_id"), ascending("party_id"), ascending("since", datetime)),
    filters=Filters(party_id=text("party_id"), body_id=text("body_id"), area=area("area_path")),
    area="area_path",
    body="body_id",
)


class MembershipsView(View):
    """One row for each stay of a person in a body."""

    name = "memberships"
    tables = (MEMBERSHIPS,)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Begin and end stays."""
        match recorded.event:
            case BodyJoined() as event:
                row = MembershipRow(
                    party_id=event.party_id,
                    body_id=event.body_id,
                    since=event.since,
                    area_path=event.area_path,
                    until=event.until,
                )
                rows.put(MEMBERSHIPS, row)
            case BodyLeft() as event:
                rows.change(MEMBERSHIPS, (event.body_id, event.party_id, event.since), until=event.left_at)
            case _:
                pass


VIEW = MembershipsView()


@dataclass(frozen=True, slots=True)
class MembershipReads:
    """`ports.MembershipReads`, answered from the view."""

    views: Views

    def page(
        self, query: ListQuery, at: datetime, reach: Reach, fresh: Fresh
    ) -> tuple[list[ports.MembershipRow], str]:
        """Memberships of a moment within reach by body and person, and the token of the next page."""
        where = Condition("since <= %s", (at,)) & Condition("until IS NULL OR until > %s", (at,))
        with fresh.read(self.views, VIEW) as cursor:
            rows, next_token = LISTED.page(cursor, query, reach, where=where)
        return [_membership(row) for row in rows], next_token


def _membership(row: MembershipRow) -> ports.MembershipRow:
    return ports.MembershipRow(
        party_id=row["party_id"], body_id=row["body_id"], since=row["since"], until=row["until"]
    )
