"""Which offers wait for an answer, and until when?"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Key, Rows, Table, View
from libs.messaging.clocks import Moment
from services.volunteers.domain import events
from services.volunteers.domain.commands import ExpireOffer, NeedCommand
from services.volunteers.domain.need import NEED


class DueOffers(View):
    """One row for each open offer: the schedule of the clock that lets offers expire.

    Offers of imported history are not on it: their moments have passed, and their answers are to come.
    """

    name = "due_offers"
    tables = (
        Table(
            "offers",
            {"need_id": "text", "volunteer_id": "text", "expires_at": "timestamptz"},
            key=("need_id", "volunteer_id"),
            indexes=("expires_at",),
        ),
    )

    def keys(self, recorded: Recorded[Any]) -> Iterable[tuple[str, Key]]:
        """Nothing is looked at before it is written."""
        return []

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """An offer stands here until it is answered or expires."""
        match recorded.event:
            case events.OfferMade(held=True):
                pass
            case events.OfferMade(need_id=need_id, volunteer_id=volunteer_id, expires_at=expires_at):
                row = {"need_id": need_id, "volunteer_id": volunteer_id, "expires_at": expires_at}
                rows.put("offers", row)
            case (
                events.OfferAccepted(need_id=need_id, volunteer_id=volunteer_id)
                | events.OfferDeclined(need_id=need_id, volunteer_id=volunteer_id)
                | events.OfferExpired(need_id=need_id, volunteer_id=volunteer_id)
            ):
                rows.delete("offers", (need_id, volunteer_id))
            case _:
                pass

    def due(self, cursor: Cursor[DictRow], now: datetime, limit: int) -> list[Moment[NeedCommand]]:
        """Offers whose time is over, the earliest first."""
        cursor.execute(
            "SELECT * FROM offers WHERE expires_at <= %s ORDER BY expires_at, need_id, volunteer_id LIMIT %s",
            (now, limit),
        )
        return [
            Moment(
                row["expires_at"],
                NEED,
                row["need_id"],
                ExpireOffer(volunteer_id=row["volunteer_id"], at=row["expires_at"]),
            )
            for row in cursor
        ]
