"""Which deliveries have not arrived?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypedDict

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Rows, Table, View, Views
from services.identity.application import notice_ports
from services.identity.domain.delivery import (
    FOR_GOOD,
    ChannelGivenUp,
    DeliveryDelayed,
    DeliveryDropped,
    DeliveryPrepared,
    DeliveryReplayed,
    NoticesDelivered,
)
from services.identity.domain.preferences import NoticeChannel
from services.identity.domain.resident import ResidentErased


class DeliveryRow(TypedDict):
    """A delivery that has not arrived. `parked`: nobody tries any more."""

    delivery_id: str
    resident_id: str
    count: int
    prepared_at: datetime
    try_at: datetime
    tries: int
    channel: str
    reason: str
    parked: bool


class PersonRow(TypedDict):
    """Somebody with deliveries that have not arrived."""

    resident_id: str
    deliveries: list[str]


DELIVERIES = Table.of(
    "deliveries",
    DeliveryRow,
    key=("delivery_id",),
    indexes=("(try_at) WHERE NOT parked", "prepared_at, delivery_id"),
)
PEOPLE = Table.of("people", PersonRow, key=("resident_id",))
_DUE = "SELECT delivery_id FROM deliveries WHERE NOT parked AND try_at <= %s ORDER BY try_at LIMIT %s"
_OPEN = "SELECT * FROM deliveries WHERE parked OR NOT %s ORDER BY prepared_at, delivery_id LIMIT %s"
_FOR_LETTERS = (
    "SELECT * FROM deliveries WHERE channel = %s AND NOT parked AND (prepared_at, delivery_id) > (%s, %s)"
    " ORDER BY prepared_at, delivery_id LIMIT %s"
)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_Tried = DeliveryDelayed | ChannelGivenUp
_Of = _Tried | DeliveryPrepared | DeliveryReplayed | DeliveryDropped | NoticesDelivered


class DeliveriesView(View):
    """One row for each delivery that waits, or that was given up and may be replayed."""

    name = "deliveries"
    tables = (DELIVERIES, PEOPLE)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """What arrived is gone, and so is whatever was for somebody who was erased."""
        match recorded.event:
            case DeliveryPrepared() as event:
                _prepare(event, rows)
            case DeliveryDelayed() | ChannelGivenUp() | DeliveryReplayed() as event:
                _try(event, rows)
            case DeliveryDropped() as event if event.cause not in FOR_GOOD:
                _park(event, rows)
            case DeliveryDropped() | NoticesDelivered() as event:
                _end(event, rows)
            case ResidentErased() as event:
                for delivery_id in _open(rows, event.resident_id):
                    rows.delete(DELIVERIES, delivery_id)
                rows.delete(PEOPLE, event.resident_id)
            case _:
                pass

    def keys(self, recorded: Recorded[Any]) -> list[tuple[str, str]]:
        """The person, and the delivery."""
        event = recorded.event
        if isinstance(event, ResidentErased):
            return [(PEOPLE.name, event.resident_id)]
        if isinstance(event, _Of):
            return [(PEOPLE.name, event.resident_id), (DELIVERIES.name, event.delivery_id)]
        return []


def _open(rows: Rows, resident_id: str) -> list[str]:
    row = rows.get(PEOPLE, resident_id)
    return row["deliveries"] if row else []


def _prepare(event: DeliveryPrepared, rows: Rows) -> None:
    row = DeliveryRow(
        delivery_id=event.delivery_id,
        resident_id=event.resident_id,
        count=event.count,
        prepared_at=event.prepared_at,
        try_at=event.prepared_at,
        tries=0,
        channel="",
        reason="",
        parked=False,
    )
    rows.put(DELIVERIES, row)
    known = [*_open(rows, event.resident_id), event.delivery_id]
    rows.put(PEOPLE, PersonRow(resident_id=event.resident_id, deliveries=known))


def _try(event: _Tried | DeliveryReplayed, rows: Rows) -> None:
    row = rows.get(DELIVERIES, event.delivery_id)
    if row is None:  # its person was erased
        return
    match event:
        case DeliveryDelayed():
            failed = event.channel is not NoticeChannel.LETTER
            row.update({"try_at": event.try_at, "tries": row["tries"] + failed})
            row.update({"channel": event.channel.value, "reason": event.reason})
        case ChannelGivenUp():
            row.update({"try_at": event.given_up_at, "tries": row["tries"] + 1})
            row.update({"channel": event.channel.value, "reason": event.reason})
        case DeliveryReplayed():
            row.update({"try_at": event.replayed_at, "tries": 0, "parked": False})
    rows.put(DELIVERIES, row)


def _park(event: DeliveryDropped, rows: Rows) -> None:
    row = rows.get(DELIVERIES, event.delivery_id)
    if row is not None:
        reason = f"{event.cause.value}: {row['reason']}" if row["reason"] else event.cause.value
        rows.change(DELIVERIES, event.delivery_id, parked=True, reason=reason)


def _end(event: DeliveryDropped | NoticesDelivered, rows: Rows) -> None:
    rows.delete(DELIVERIES, event.delivery_id)
    left = [each for each in _open(rows, event.resident_id) if each != event.delivery_id]
    if left:
        rows.put(PEOPLE, PersonRow(resident_id=event.resident_id, deliveries=left))
    else:
        rows.delete(PEOPLE, event.resident_id)


VIEW = DeliveriesView()


@dataclass(frozen=True, slots=True)
class DeliveryReads:
    """`notice_ports.DeliveryReads`, answered from the view."""

    views: Views

    def due(self, now: datetime, limit: int, at_least: str) -> Sequence[str]:
        """Which deliveries are to be tried now."""
        with self.views.read(VIEW.name, at_least) as cursor:
            return [row["delivery_id"] for row in cursor.execute(_DUE, (now, limit))]

    def open(self, limit: int, *, parked: bool) -> Sequence[notice_ports.OpenDelivery]:
        """What has not arrived; `parked`: only what nobody tries any more."""
        with self.views.read(VIEW.name) as cursor:
            rows = cursor.execute(_OPEN, (parked, limit)).fetchall()
        return [notice_ports.OpenDelivery(**row) for row in rows]

    def for_letters(
        self, after: notice_ports.OpenDelivery | None, limit: int
    ) -> Sequence[notice_ports.OpenDelivery]:
        """What waits for the next letters, the oldest first, after one of them."""
        place = (after.prepared_at, after.delivery_id) if after else (_LONG_AGO, "")
        with self.views.read(VIEW.name) as cursor:
            rows = cursor.execute(_FOR_LETTERS, (NoticeChannel.LETTER.value, *place, limit)).fetchall()
        return [notice_ports.OpenDelivery(**row) for row in rows]
