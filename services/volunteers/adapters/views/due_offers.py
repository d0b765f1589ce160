"""Which offers wait for an answer, and until when?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Key, Rows, Table, View, Views
from libs.messaging.clocks import Moment
from libs.query.freshness import Fresh
from services.volunteers.domain.need import NEED
from services.volunteers.domain.need.commands import ExpireOffer, NeedCommand
from services.volunteers.domain.need.events import OfferAccepted, OfferDeclined, OfferExpired, OfferMade


class OfferRow(TypedDict):
    """An offer that is open."""

    need_id: str
    volunteer_id: str
    expires_at: datetime


OFFERS = Table.of("offers", OfferRow, key=("need_id", "volunteer_id"), indexes=("expires_at", "volunteer_id"))


class DueOffers(View):
    """One row for each open offer: the schedule of the clock that lets offers expire.

    Offers of imported history are not on it: their moments have passed, and their answers are to come.
    """

    name = "due_offers"
    tables = (OFFERS,)

    def keys(self, recorded: Recorded[Any]) -> Iterable[tuple[str, Key]]:
        """Nothing is looked at before it is written."""
        return []

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """An offer stands here until it is answered or expires."""
        match recorded.event:
            case OfferMade(held=True):
                pass
            case OfferMade(need_id=need_id, volunteer_id=volunteer_id, expires_at=expires_at):
                row = OfferRow(need_id=need_id, volunteer_id=volunteer_id, expires_at=expires_at)
                rows.put(OFFERS, row)
            case (
                OfferAccepted(need_id=need_id, volunteer_id=volunteer_id)
                | OfferDeclined(need_id=need_id, volunteer_id=volunteer_id)
                | OfferExpired(need_id=need_id, volunteer_id=volunteer_id)
            ):
                rows.delete(OFFERS, (need_id, volunteer_id))
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


VIEW = DueOffers()


@dataclass(frozen=True, slots=True)
class OfferReads:
    """`ports.OfferReads`, answered from the view."""

    views: Views

    def waiting(self, volunteer_id: str, now: datetime, fresh: Fresh) -> Sequence[tuple[str, datetime]]:
        """(need, until when) of each offer to somebody that has not expired, the first to expire first."""
        select = (
            "SELECT need_id, expires_at FROM offers WHERE volunteer_id = %s AND expires_at > %s"
            " ORDER BY expires_at, need_id"
        )
        with fresh.read(self.views, VIEW) as cursor:
            return [
                (row["need_id"], row["expires_at"]) for row in cursor.execute(select, (volunteer_id, now))
            ]
