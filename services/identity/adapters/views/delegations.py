"""Which body lets which other one use a power in its place?"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Rows, Table, View, Views
from libs.query.filters import Filters, flag, text
from libs.query.freshness import Fresh, ListQuery
from libs.query.listing import Listing
from libs.query.paging import ascending, descending
from libs.rules.areas import AreaPath
from services.identity.domain.delegation import Delegated, DelegationEnded, Power, PowerDelegated, Terms


class DelegationRow(TypedDict):
    """A delegation, and since when it was ended before its time."""

    delegation_id: str
    power: str
    origin_body_id: str
    from_body_id: str
    to_body_id: str
    under_id: str
    area_id: str
    area_path: str
    affair_ids: list[str]
    since: datetime
    until: datetime
    delegated_at: datetime
    ended: bool
    ended_at: datetime | None


DELEGATIONS = Table.of(
    "delegations",
    DelegationRow,
    key=("delegation_id",),
    indexes=("delegated_at", "origin_body_id", "from_body_id", "to_body_id"),
)
LISTED = Listing(
    table=DELEGATIONS,
    order=(descending("delegated_at", datetime), ascending("delegation_id")),
    filters=Filters(
        origin_body_id=text("origin_body_id"),
        from_body_id=text("from_body_id"),
        to_body_id=text("to_body_id"),
        ended=flag("ended"),
    ),
)


class DelegationsView(View):
    """One row for each delegation."""

    name = "delegations"
    tables = (DELEGATIONS,)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Put what is delegated, mark what is ended."""
        match recorded.event:
            case PowerDelegated() as event:
                rows.put(DELEGATIONS, _row(event))
            case DelegationEnded() as event:
                rows.change(DELEGATIONS, event.delegation_id, ended=True, ended_at=event.ended_at)
            case _:
                pass


VIEW = DelegationsView()


@dataclass(frozen=True, slots=True)
class DelegationReads:
    """`delegation.DelegationReads`, answered from the view."""

    views: Views

    def page(self, query: ListQuery, fresh: Fresh) -> tuple[list[Delegated], str]:
        """A page of all delegations, the newest first, and the token of the next."""
        with fresh.read(self.views, VIEW) as cursor:
            rows, token = LISTED.page(cursor, query)
        return [_delegated(row) for row in rows], token


def _row(event: PowerDelegated) -> DelegationRow:
    terms = event.terms
    return DelegationRow(
        delegation_id=event.delegation_id,
        power=terms.power.value,
        origin_body_id=terms.origin_body_id,
        from_body_id=terms.from_body_id,
        to_body_id=terms.to_body_id,
        under_id=terms.under_id,
        area_id=terms.area_id,
        area_path=terms.area_path,
        affair_ids=list(terms.affair_ids),
        since=terms.since,
        until=terms.until,
        delegated_at=event.delegated_at,
        ended=False,
        ended_at=None,
    )


def _delegated(row: DelegationRow) -> Delegated:
    terms = Terms(
        power=Power(row["power"]),
        origin_body_id=row["origin_body_id"],
        from_body_id=row["from_body_id"],
        to_body_id=row["to_body_id"],
        under_id=row["under_id"],
        area_id=row["area_id"],
        area_path=AreaPath(row["area_path"]),
        affair_ids=tuple(row["affair_ids"]),
        since=row["since"],
        until=row["until"],
    )
    told = PowerDelegated(delegation_id=row["delegation_id"], terms=terms, delegated_at=row["delegated_at"])
    return Delegated(delegated=told, ended_at=row["ended_at"])
