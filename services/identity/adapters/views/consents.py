"""Who may act in whose name?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Rows, Table, View, Views
from libs.query.conditions import Condition
from libs.query.filters import Filters, flag, text
from libs.query.freshness import Fresh, ListQuery
from libs.query.listing import Listing
from libs.query.paging import ascending, descending
from libs.query.reach import Reach
from libs.rules.areas import AreaPath
from services.identity.application import ports
from services.identity.domain.consent.events import (
    Confirmation,
    ConsentGiven,
    ConsentProposed,
    ConsentPurpose,
    ConsentRecorded,
    ConsentRevoked,
    ConsentWithdrawn,
    Terms,
)


class ConsentRow(TypedDict):
    """A consent; `confirmed` and `revoked` are for filters. `area_path`: where the resident lives."""

    consent_id: str
    resident_id: str
    helper_id: str
    purposes: list[str]
    within_id: str
    within_path: str
    area_id: str
    area_path: str
    recorded_at: datetime
    until: datetime
    proposed_by: str
    lapses_at: datetime | None
    confirmed: bool
    confirmation: str
    confirmed_by: str
    confirmed_at: datetime | None
    revoked: bool
    revoked_at: datetime | None


CONSENTS = Table.of(
    "consents", ConsentRow, key=("consent_id",), indexes=("recorded_at", "resident_id", "helper_id")
)
LISTED = Listing(
    table=CONSENTS,
    order=(descending("recorded_at", datetime), ascending("consent_id")),
    filters=Filters(
        resident_id=text("resident_id"),
        helper_id=text("helper_id"),
        confirmed=flag("confirmed"),
        revoked=flag("revoked"),
    ),
)


class ConsentsView(View):
    """One row for each consent."""

    name = "consents"
    tables = (CONSENTS,)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Put what is recorded or proposed, mark what is confirmed and revoked."""
        match recorded.event:
            case ConsentRecorded() as event:
                row = _row(event.consent_id, event.terms, event.recorded_at)
                row["confirmed"] = True
                rows.put(CONSENTS, row)
            case ConsentProposed() as event:
                row = _row(event.consent_id, event.terms, event.proposed_at)
                row["proposed_by"], row["lapses_at"] = event.proposed_by, event.lapses_at
                rows.put(CONSENTS, row)
            case ConsentGiven() as event:
                rows.change(
                    CONSENTS,
                    event.consent_id,
                    confirmed=True,
                    confirmation=event.confirmation.value,
                    confirmed_by=event.confirmed_by,
                    confirmed_at=event.confirmed_at,
                )
            case ConsentRevoked() as event:
                rows.change(CONSENTS, event.consent_id, revoked=True, revoked_at=event.revoked_at)
            case ConsentWithdrawn() as event:
                rows.change(CONSENTS, event.consent_id, revoked=True, revoked_at=event.withdrawn_at)
            case _:
                pass


VIEW = ConsentsView()


@dataclass(frozen=True, slots=True)
class ConsentReads:
    """`ports.ConsentReads`, answered from the view."""

    views: Views

    def page(
        self, query: ListQuery, party_ids: Sequence[str], reach: Reach, fresh: Fresh
    ) -> tuple[list[ports.ConsentRow], str]:
        """Consents that somebody gave or acts by, and those within reach, the newest first."""
        own = Condition.any_of(Condition.one_of(each, party_ids) for each in ("resident_id", "helper_id"))
        where = Condition.any_of([own, reach.condition(area_column="area_path")])
        with fresh.read(self.views, VIEW) as cursor:
            rows, next_token = LISTED.page(cursor, query, where=where)
        return [_consent(row) for row in rows], next_token


def _row(consent_id: str, terms: Terms, at: datetime) -> ConsentRow:
    return ConsentRow(
        consent_id=consent_id,
        resident_id=terms.resident_id,
        helper_id=terms.helper_id,
        purposes=[each.value for each in terms.purposes],
        within_id=terms.within_id,
        within_path=terms.within_path,
        area_id=terms.home_id,
        area_path=terms.home_path,
        recorded_at=at,
        until=terms.until,
        proposed_by="",
        lapses_at=None,
        confirmed=False,
        confirmation="",
        confirmed_by="",
        confirmed_at=None,
        revoked=False,
        revoked_at=None,
    )


def _consent(row: ConsentRow) -> ports.ConsentRow:
    return ports.ConsentRow(
        consent_id=row["consent_id"],
        terms=Terms(
            resident_id=row["resident_id"],
            helper_id=row["helper_id"],
            purposes=tuple(map(ConsentPurpose, row["purposes"])),
            within_id=row["within_id"],
            within_path=AreaPath(row["within_path"]),
            home_id=row["area_id"],
            home_path=AreaPath(row["area_path"]),
            until=row["until"],
        ),
        recorded_at=row["recorded_at"],
        proposed_by=row["proposed_by"],
        lapses_at=row["lapses_at"],
        confirmation=Confirmation(row["confirmation"]) if row["confirmation"] else None,
        confirmed_by=row["confirmed_by"],
        confirmed_at=row["confirmed_at"],
        revoked_at=row["revoked_at"],
    )
