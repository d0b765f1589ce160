"""Which registrations were said to be one person, and what became of it?"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Rows, Table, View, Views
from libs.query.filters import Filters, area, choice, text
from libs.query.freshness import Fresh, ListQuery
from libs.query.listing import Listing
from libs.query.paging import ascending, descending
from libs.query.reach import Reach
from services.identity.application import ports
from services.identity.domain.merger import (
    MergerProposed,
    MergerRejected,
    ResidentsMerged,
    ResidentsUnmerged,
)

OPEN, REJECTED, APPROVED = "open", "rejected", "approved"


class MergerRow(TypedDict):
    """A proposal. `expires_at`: until when somebody may approve it."""

    merger_id: str
    merged_id: str
    survivor_id: str
    undoing: bool
    area_path: str
    state: str
    proposer_id: str
    proposed_at: datetime
    expires_at: datetime
    decider_id: str


MERGERS = Table.of(
    "mergers", MergerRow, key=("merger_id",), indexes=("proposed_at", "merged_id", "survivor_id", "area_path")
)
LISTED = Listing(
    table=MERGERS,
    order=(descending("proposed_at", datetime), ascending("merger_id")),
    filters=Filters(
        merged_id=text("merged_id"),
        survivor_id=text("survivor_id"),
        state=choice("state", {each.upper(): each for each in (OPEN, APPROVED, REJECTED)}, "MERGER_STATE_"),
        area=area("area_path"),
    ),
    area="area_path",
)


class MergersView(View):
    """One row for each proposal."""

    name = "mergers"
    tables = (MERGERS,)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Put what is proposed, change what is decided."""
        match recorded.event:
            case MergerProposed() as event:
                row = MergerRow(
                    merger_id=event.merger_id,
                    merged_id=event.merged_id,
                    survivor_id=event.survivor_id,
                    undoing=event.undoing,
                    area_path=event.area_path,
                    state=OPEN,
                    proposer_id=event.proposer_id,
                    proposed_at=event.proposed_at,
                    expires_at=event.expires_at,
                    decider_id="",
                )
                rows.put(MERGERS, row)
            case ResidentsMerged() | ResidentsUnmerged() as event:
                rows.change(MERGERS, event.merger_id, state=APPROVED, decider_id=event.decider_id)
            case MergerRejected() as event:
                rows.change(MERGERS, event.merger_id, state=REJECTED, decider_id=event.decider_id)
            case _:
                pass


VIEW = MergersView()


@dataclass(frozen=True, slots=True)
class MergerReads:
    """`ports.MergerReads`, answered from the view."""

    views: Views

    def page(self, query: ListQuery, reach: Reach, fresh: Fresh) -> tuple[list[ports.MergerRow], str]:
        """Proposals within reach, the newest first, and the token of the next page."""
        with fresh.read(self.views, VIEW) as cursor:
            rows, next_token = LISTED.page(cursor, query, reach)
        return [_merger(row) for row in rows], next_token


def _merger(row: MergerRow) -> ports.MergerRow:
    return ports.MergerRow(
        merger_id=row["merger_id"],
        merged_id=row["merged_id"],
        survivor_id=row["survivor_id"],
        undoing=row["undoing"],
        state=row["state"],
        proposer_id=row["proposer_id"],
        proposed_at=row["proposed_at"],
        expires_at=row["expires_at"],
        decider_id=row["decider_id"],
    )
