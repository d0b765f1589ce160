"""Who may act in which roles?"""

from typing import Any

from psycopg.rows import DictRow

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Rows, Table, View, Views
from libs.query.filters import Filters, area, choice, text
from libs.query.freshness import Fresh, ListQuery
from libs.query.paging import Page, ascending
from libs.query.reach import Reach
from services.identity.domain.access import Grant
from services.identity.domain.events import RoleGranted, RoleRevoked
from services.identity.domain.values import Role, Within

ORDER = (ascending("party_id"), ascending("grant_id"))
FILTERS = Filters(
    party_id=text("party_id"),
    role=choice("role", {role.value: role.value for role in Role}),
    area=area("area_path"),
    body_id=text("body_id"),
)


class RolesOfPartyView(View):
    """One row for each grant that is held."""

    name = "roles_of_party"
    tables = (
        Table(
            "grants",
            {
                "party_id": "text",
                "grant_id": "text",
                "role": "text",
                "area_id": "text",
                "area_path": "text",
                "body_id": "text",
                "granted_at": "timestamptz",
            },
            key=("party_id", "grant_id"),
            indexes=("body_id", "area_path"),
        ),
    )

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Put what is granted, delete what is revoked."""
        match recorded.event:
            case RoleGranted() as event:
                rows.put(
                    "grants",
                    {
                        "party_id": event.party_id,
                        "grant_id": event.grant_id,
                        "role": event.role.value,
                        "area_id": event.within.area_id,
                        "area_path": event.within.area_path,
                        "body_id": event.within.body_id,
                        "granted_at": event.granted_at,
                    },
                )
            case RoleRevoked() as event:
                rows.delete("grants", (event.party_id, event.grant_id))
            case _:
                """Not asked here."""


class HeldRoles:
    """Answers from the view."""

    def __init__(self, views: Views) -> None:
        self._views = views

    def page(self, query: ListQuery, reach: Reach, fresh: Fresh) -> tuple[list[Grant], str]:
        """Grants within reach by party, and the token of the next page."""
        page = Page.of(query, ORDER)
        within = reach.condition(area_column="area_path", body_column="body_id")
        where = within & FILTERS.compile(query.filter) & page.condition
        with self._views.read(RolesOfPartyView.name, fresh.at_least, fresh.patience) as cursor:
            select = f"SELECT * FROM grants WHERE {where.sql} ORDER BY {page.order_by} LIMIT {page.fetch}"
            rows, next_token = page.cut(cursor.execute(select, where.params).fetchall())
        return [_grant(row) for row in rows], next_token


def _grant(row: DictRow) -> Grant:
    return Grant(
        grant_id=row["grant_id"],
        party_id=row["party_id"],
        role=Role(row["role"]),
        within=Within(area_id=row["area_id"], area_path=row["area_path"], body_id=row["body_id"]),
        granted_at=row["granted_at"],
    )
