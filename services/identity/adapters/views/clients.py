"""Which programs may ask for tokens, and what do these allow?"""

from dataclasses import asdict, dataclass
from typing import Any, NotRequired, TypedDict

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Rows, Table, View, Views
from libs.query.conditions import Condition
from libs.query.filters import Filters, flag, text
from libs.query.freshness import Fresh, ListQuery
from libs.query.listing import Listing
from libs.query.paging import ascending
from libs.query.reach import Reach
from libs.rules.areas import AreaPath
from services.identity.application import ports
from services.identity.domain.client import (
    ClientQuotaSet,
    ClientRegistered,
    ClientRetired,
    ClientScopesChanged,
)
from services.identity.domain.values import Quota, Within


class ClientRow(TypedDict):
    """A client, without its secret."""

    client_id: str
    name: str
    scopes: list[str]
    area_id: str
    area_path: str
    body_id: str
    retired: bool
    calls_per_second: NotRequired[int | None]
    concurrent_calls: NotRequired[int | None]
    streams: NotRequired[int | None]


CLIENTS = Table.of("clients", ClientRow, key=("client_id",), indexes=("body_id",))
LISTED = Listing(
    table=CLIENTS,
    order=(ascending("client_id"),),
    filters=Filters(body_id=text("body_id"), retired=flag("retired")),
    area="area_path",
    body="body_id",
)


class ClientsView(View):
    """One row for each client, without its secret."""

    name = "clients"
    tables = (CLIENTS,)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Follow what clients become."""
        match recorded.event:
            case ClientRegistered() as event:
                row = ClientRow(
                    client_id=event.client_id,
                    name=event.name,
                    scopes=list(event.scopes),
                    area_id=event.within.area_id,
                    area_path=event.within.area_path,
                    body_id=event.within.body_id,
                    retired=False,
                )
                rows.put(CLIENTS, row)
            case ClientScopesChanged() as event:
                rows.change(CLIENTS, event.client_id, scopes=list(event.scopes))
            case ClientQuotaSet() as event:
                rows.change(CLIENTS, event.client_id, **_columns(event.quota))
            case ClientRetired() as event:
                rows.change(CLIENTS, event.client_id, retired=True)
            case _:
                pass


VIEW = ClientsView()


def _columns(quota: Quota | None) -> dict[str, int | None]:
    return asdict(quota) if quota else dict.fromkeys(("calls_per_second", "concurrent_calls", "streams"))


def _quota(row: ClientRow) -> Quota | None:
    calls, concurrent, streams = row.get("calls_per_second"), row.get("concurrent_calls"), row.get("streams")
    if calls is None or concurrent is None or streams is None:
        return None
    return Quota(calls_per_second=calls, concurrent_calls=concurrent, streams=streams)


@dataclass(frozen=True, slots=True)
class ClientReads:
    """`ports.ClientReads`, answered from the view."""

    views: Views

    def page(self, query: ListQuery, reach: Reach, fresh: Fresh) -> tuple[list[ports.ClientRow], str]:
        """Clients within reach by id, and the token of the next page."""
        with fresh.read(self.views, VIEW) as cursor:
            rows, next_token = LISTED.page(cursor, query, reach)
        return [_client(row) for row in rows], next_token

    def count_within(self, area_path: AreaPath) -> int:
        """How many clients that are not retired are limited to an area or one below it."""
        where = Condition.within("area_path", area_path)
        with Fresh().read(self.views, VIEW) as cursor:
            counted = f"SELECT count(*) AS n FROM clients WHERE {where.sql} AND NOT retired"
            row = cursor.execute(counted, where.params).fetchone()
        return int(row["n"]) if row else 0


def _client(row: ClientRow) -> ports.ClientRow:
    return ports.ClientRow(
        client_id=row["client_id"],
        name=row["name"],
        scopes=tuple(row["scopes"]),
        within=Within(area_id=row["area_id"], area_path=AreaPath(row["area_path"]), body_id=row["body_id"]),
        retired=row["retired"],
        quota=_quota(row),
    )
