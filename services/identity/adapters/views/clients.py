"""Which programs may ask for tokens, and what do these allow?"""

from typing import Any

from psycopg.rows import DictRow

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Rows, Table, View, Views
from libs.query.filters import Filters, flag, text
from libs.query.freshness import Fresh, ListQuery
from libs.query.paging import Page, ascending
from libs.query.reach import Reach
from services.identity.application import ports
from services.identity.domain.events import ClientRegistered, ClientRetired, ClientScopesChanged
from services.identity.domain.values import Within

ORDER = (ascending("client_id"),)
FILTERS = Filters(body_id=text("body_id"), retired=flag("retired"))


class ClientsView(View):
    """One row for each client, without its secret."""

    name = "clients"
    tables = (
        Table(
            "clients",
            {
                "client_id": "text",
                "name": "text",
                "scopes": "text[]",
                "area_id": "text",
                "area_path": "text",
                "body_id": "text",
                "retired": "boolean",
            },
            key=("client_id",),
            indexes=("body_id",),
        ),
    )

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Follow what clients become."""
        match recorded.event:
            case ClientRegistered() as event:
                rows.put(
                    "clients",
                    {
                        "client_id": event.client_id,
                        "name": event.name,
                        "scopes": list(event.scopes),
                        "area_id": event.within.area_id,
                        "area_path": event.within.area_path,
                        "body_id": event.within.body_id,
                        "retired": False,
                    },
                )
            case ClientScopesChanged() as event:
                rows.change("clients", event.client_id, scopes=list(event.scopes))
            case ClientRetired() as event:
                rows.change("clients", event.client_id, retired=True)
            case _:
                """Not asked here."""


class KnownClients:
    """Answers from the view."""

    def __init__(self, views: Views) -> None:
        self._views = views

    def page(self, query: ListQuery, reach: Reach, fresh: Fresh) -> tuple[list[ports.ClientRow], str]:
        """Clients within reach by id, and the token of the next page."""
        page = Page.of(query, ORDER)
        within = reach.condition(area_column="area_path", body_column="body_id")
        where = within & FILTERS.compile(query.filter) & page.condition
        with self._views.read(ClientsView.name, fresh.at_least, fresh.patience) as cursor:
            select = f"SELECT * FROM clients WHERE {where.sql} ORDER BY {page.order_by} LIMIT {page.fetch}"
            rows, next_token = page.cut(cursor.execute(select, where.params).fetchall())
        return [_client(row) for row in rows], next_token


def _client(row: DictRow) -> ports.ClientRow:
    return ports.ClientRow(
        client_id=row["client_id"],
        name=row["name"],
        scopes=tuple(row["scopes"]),
        within=Within(area_id=row["area_id"], area_path=row["area_path"], body_id=row["body_id"]),
        retired=row["retired"],
    )
