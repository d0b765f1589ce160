"""Who may act in which roles?"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Rows, Table, View, Views
from libs.query.conditions import Condition
from libs.query.filters import Filters, area, choice, text
from libs.query.freshness import Fresh, ListQuery
from libs.query.listing import Listing
from libs.query.paging import ascending
from libs.query.reach import Reach
from libs.rules.areas import AreaPath
from services.identity.application.ports import ReviewedGrant
from services.identity.domain.access import Grant, RoleGranted, RoleLent, RoleRevoked
from services.identity.domain.review import GrantConfirmed
from services.identity.domain.values import Role, Within
from services.identity.entrypoints.wire.words import ROLES


class GrantRow(TypedDict):
    """A grant that is held, or was until it came to its end."""

    party_id: str
    grant_id: str
    role: str
    area_id: str
    area_path: str
    body_id: str
    granted_at: datetime
    until: NotRequired[datetime | None]
    seen_at: datetime
    confirmed_at: NotRequired[datetime | None]


GRANTS = Table.of("grants", GrantRow, key=("party_id", "grant_id"), indexes=("body_id", "area_path"))
LISTED = Listing(
    table=GRANTS,
    order=(ascending("party_id"), ascending("grant_id")),
    filters=Filters(
        party_id=text("party_id"),
        role=choice("role", ROLES.stored, ROLES.prefix),
        area=area("area_path"),
        body_id=text("body_id"),
    ),
    area="area_path",
    body="body_id",
)
UNSEEN = (ascending("seen_at", datetime), ascending("party_id"), ascending("grant_id"))
"""The order of a review: `seen_at` is when somebody last gave or confirmed the grant."""


class RolesOfPartyView(View):
    """One row for each grant that is held."""

    name = "roles_of_party"
    tables = (GRANTS,)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Put what is granted, delete what is revoked, note what is confirmed."""
        match recorded.event:
            case RoleGranted() | RoleLent() as event:
                row = GrantRow(
                    party_id=event.party_id,
                    grant_id=event.grant_id,
                    role=event.role.value,
                    area_id=event.within.area_id,
                    area_path=event.within.area_path,
                    body_id=event.within.body_id,
                    granted_at=event.granted_at,
                    until=event.until if isinstance(event, RoleLent) else None,
                    seen_at=event.granted_at,
                    confirmed_at=None,
                )
                rows.put(GRANTS, row)
            case RoleRevoked() as event:
                rows.delete(GRANTS, (event.party_id, event.grant_id))
            case GrantConfirmed() as event if rows.get(GRANTS, _key(event)) is not None:
                at = event.confirmed_at
                rows.change(GRANTS, _key(event), seen_at=at, confirmed_at=at)
            case _:
                pass

    def keys(self, recorded: Recorded[Any]) -> list[tuple[str, tuple[str, str]]]:
        """Whether a grant that is confirmed is still there."""
        event = recorded.event
        return [(GRANTS.name, _key(event))] if isinstance(event, GrantConfirmed) else []


def _key(event: GrantConfirmed) -> tuple[str, str]:
    return event.party_id, event.grant_id


VIEW = RolesOfPartyView()


@dataclass(frozen=True, slots=True)
class RoleReads:
    """`ports.RoleReads`, answered from the view."""

    views: Views

    def page(self, query: ListQuery, at: datetime, reach: Reach, fresh: Fresh) -> tuple[list[Grant], str]:
        """The grants of a moment within reach by party, and the token of the next page."""
        with fresh.read(self.views, VIEW) as cursor:
            rows, next_token = LISTED.page(cursor, query, reach, where=_holding(at))
        return [_grant(row) for row in rows], next_token

    def to_review(
        self, query: ListQuery, since: datetime, at: datetime, reach: Reach, fresh: Fresh
    ) -> tuple[list[ReviewedGrant], str]:
        """Those neither given nor confirmed since then, the longest unseen first; the next token."""
        where = _holding(at) & Condition("seen_at <= %s", (since,))
        with fresh.read(self.views, VIEW) as cursor:
            rows, next_token = LISTED.page(cursor, query, reach, where=where, order=UNSEEN)
        return [
            ReviewedGrant(grant=_grant(row), confirmed_at=row["confirmed_at"]) for row in rows
        ], next_token

    def count_within(self, area_path: AreaPath) -> int:
        """How many grants are limited now to an area or one below it."""
        where = Condition.within("area_path", area_path) & Condition("until IS NULL OR until > now()")
        with Fresh().read(self.views, VIEW) as cursor:
            found = cursor.execute(f"SELECT count(*) AS n FROM grants WHERE {where.sql}", where.params)
            row = found.fetchone()
        return int(row["n"]) if row else 0


def _holding(at: datetime) -> Condition:
    return Condition("until IS NULL OR until > %s", (at,))


def _grant(row: GrantRow) -> Grant:
    return Grant(
        grant_id=row["grant_id"],
        party_id=row["party_id"],
        role=Role(row["role"]),
        within=Within(area_id=row["area_id"], area_path=AreaPath(row["area_path"]), body_id=row["body_id"]),
        granted_at=row["granted_at"],
        until=row["until"],
    )
