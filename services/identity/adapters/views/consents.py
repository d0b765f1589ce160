"""Who may act in whose name?"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Rows, Table, View, Views
from libs.query.conditions import Condition
from libs.query.filters import Filters, flag, text
from libs.query.freshness import Fresh, ListQuery
from libs.query.listing import Listing
from libs.query.paging import ascending, descending
from libs.query.reach import Reach
from libs.rules.areas import AreaPath
from services.identity.domain import consent
from services.identity.domain.consent import ConsentPurpose, ConsentRecorded, ConsentRevoked


class ConsentRow(TypedDict):
    """A consent."""

    consent_id: str
    resident_id: str
    helper_id: str
    purpose: str
    area_id: str
    area_path: str
    recorded_at: datetime
    until: datetime
    revoked: bool
    revoked_at: NotRequired[datetime | None]


CONSENTS = Table.of(
    "consents", ConsentRow, key=("consent_id",), indexes=("recorded_at", "resident_id", "helper_id")
)
LISTED = Listing(
    table=CONSENTS,
    order=(descending("recorded_at", datetime), ascending("consent_id")),
    filters=Filters(resident_id=text("resident_id"), helper_id=text("helper_id"), revoked=flag("revoked")),
)


class ConsentsView(View):
    """One row for each consent."""

    name = "consents"
    tables = (CONSENTS,)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Put what is recorded, mark what is revoked."""
        match recorded.event:
            case ConsentRecorded() as event:
                row = ConsentRow(
                    consent_id=event.consent_id,
                    resident_id=event.resident_id,
                    helper_id=event.helper_id,
                    purpose=event.purpose.value,
                    area_id=event.area_id,
                    area_path=event.area_path,
                    recorded_at=event.recorded_at,
                    until=event.until,
                    revoked=False,
                    revoked_at=None,
                )
                rows.put(CONSENTS, row)
            case ConsentRevoked() as event:
                rows.change(CONSENTS, event.consent_id, revoked=True, revoked_at=event.revoked_at)
            case _:
                pass


VIEW = ConsentsView()


@dataclass(frozen=True, slots=True)
class ConsentReads:
    """`ports.ConsentReads`, answered from the view."""

    views: Views

    def page(
        self, query: ListQuery, resident_id: str, reach: Reach, fresh: Fresh
    ) -> tuple[list[consent.Recorded], str]:
        """Consents of a resident, and those within reach, the newest first, and the next page's token."""
        own = Condition("resident_id = %s", (resident_id,))
        where = Condition.any_of([own, reach.condition(area_column="area_path")])
        with fresh.read(self.views, VIEW) as cursor:
            rows, next_token = LISTED.page(cursor, query, where=where)
        return [_consent(row) for row in rows], next_token


def _consent(row: ConsentRow) -> consent.Recorded:
    recorded = ConsentRecorded(
        consent_id=row["consent_id"],
        resident_id=row["resident_id"],
        helper_id=row["helper_id"],
        purpose=ConsentPurpose(row["purpose"]),
        area_id=row["area_id"],
        area_path=AreaPath(row["area_path"]),
        recorded_at=row["recorded_at"],
        until=row["until"],
    )
    return consent.Recorded(recorded=recorded, revoked_at=row["revoked_at"])
