"""Who was nominated for a role that takes two persons, and what became of it?"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Rows, Table, View, Views
from libs.query.filters import Filters, area, choice, text
from libs.query.freshness import Fresh, ListQuery
from libs.query.listing import Listing
from libs.query.paging import ascending, descending
from libs.query.reach import Reach
from libs.rules.areas import AreaPath
from services.identity.application import ports
from services.identity.domain.nomination import NominationEnded, NominationMade, Outcome
from services.identity.domain.values import TWO_PERSONS, Role, Within

OPEN = "open"


class NominationRow(TypedDict):
    """A nomination, without its reasons."""

    nomination_id: str
    party_id: str
    role: str
    area_id: str
    area_path: str
    body_id: str
    state: str
    nominator_id: str
    made_at: datetime
    expires_at: datetime
    decider_id: str
    ended_at: NotRequired[datetime | None]


NOMINATIONS = Table.of(
    "nominations", NominationRow, key=("nomination_id",), indexes=("made_at", "party_id", "area_path")
)
LISTED = Listing(
    table=NOMINATIONS,
    order=(descending("made_at", datetime), ascending("nomination_id")),
    filters=Filters(
        party_id=text("party_id"),
        role=choice("role", {role.value: role.value for role in sorted(TWO_PERSONS)}, "ROLE_"),
        state=choice(
            "state",
            {"OPEN": OPEN} | {outcome.name: outcome.value for outcome in Outcome},
            "NOMINATION_STATE_",
        ),
        area=area("area_path"),
        body_id=text("body_id"),
    ),
    area="area_path",
    body="body_id",
)


class NominationsView(View):
    """One row for each nomination."""

    name = "nominations"
    tables = (NOMINATIONS,)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Put what is made, change what has ended."""
        match recorded.event:
            case NominationMade() as event:
                row = NominationRow(
                    nomination_id=event.nomination_id,
                    party_id=event.party_id,
                    role=event.role.value,
                    area_id=event.within.area_id,
                    area_path=event.within.area_path,
                    body_id=event.within.body_id,
                    state=OPEN,
                    nominator_id=event.nominator_id,
                    made_at=event.made_at,
                    expires_at=event.expires_at,
                    decider_id="",
                    ended_at=None,
                )
                rows.put(NOMINATIONS, row)
            case NominationEnded() as event:
                rows.change(
                    NOMINATIONS,
                    event.nomination_id,
                    state=event.outcome.value,
                    decider_id=event.decider_id,
                    ended_at=event.ended_at,
                )
            case _:
                pass


VIEW = NominationsView()


@dataclass(frozen=True, slots=True)
class NominationReads:
    """`ports.NominationReads`, answered from the view."""

    views: Views

    def page(self, query: ListQuery, reach: Reach, fresh: Fresh) -> tuple[list[ports.NominationRow], str]:
        """Nominations within reach, the newest first, and the token of the next page."""
        with fresh.read(self.views, VIEW) as cursor:
            rows, next_token = LISTED.page(cursor, query, reach)
        return [_nomination(row) for row in rows], next_token


def _nomination(row: NominationRow) -> ports.NominationRow:
    return ports.NominationRow(
        nomination_id=row["nomination_id"],
        party_id=row["party_id"],
        role=Role(row["role"]),
        within=Within(area_id=row["area_id"], area_path=AreaPath(row["area_path"]), body_id=row["body_id"]),
        nominator_id=row["nominator_id"],
        made_at=row["made_at"],
        expires_at=row["expires_at"],
        outcome=None if row["state"] == OPEN else Outcome(row["state"]),
        decider_id=row["decider_id"],
        ended_at=row["ended_at"],
    )
