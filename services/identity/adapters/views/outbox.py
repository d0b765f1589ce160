"""For whom does something wait that is to be sent?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NotRequired, TypedDict

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Rows, Table, View, Views
from libs.rules.quiet_hours import QuietHours
from services.identity.application import notice_ports
from services.identity.domain.delivery import GATHER, DeliveryPrepared
from services.identity.domain.notice import NoticeQueued
from services.identity.domain.preferences import NoticeChannel, NoticePreferencesSet
from services.identity.domain.resident import ResidentErased

NEWS = timedelta(days=3)
"""What is heard of later than this after it happened is in the web inbox, and is not sent."""


class RecipientRow(TypedDict):
    """Somebody who chose a channel, or who was erased, and what waits to be prepared for them.

    `waiting` and `places` go together: the notices, and where in the ledger each was queued.
    """

    resident_id: str
    sends: bool
    kinds: list[str]
    time_zone: str
    quiet_from: NotRequired[int | None]
    quiet_until: NotRequired[int | None]
    erased: bool
    waiting: list[str]
    places: list[int]
    ready_at: NotRequired[datetime | None]
    next_at: NotRequired[datetime | None]


RECIPIENTS = Table.of(
    "recipients", RecipientRow, key=("resident_id",), indexes=("(ready_at) WHERE ready_at IS NOT NULL",)
)
_READY = "SELECT resident_id, waiting, places FROM recipients WHERE ready_at <= %s ORDER BY ready_at LIMIT %s"


class OutboxView(View):
    """One row for each person who ever chose how to be told, with what waits to be prepared for them."""

    name = "outbox"
    tables = (RECIPIENTS,)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Nothing waits for whoever chose no channel, or was erased."""
        match recorded.event:
            case NoticePreferencesSet() as event:
                _choose(event, rows)
            case NoticeQueued() as event:
                _queue(event, recorded, rows)
            case ResidentErased() as event:
                _erase(event.resident_id, rows)
            case DeliveryPrepared() as event:
                _prepare(event, rows)
            case _:
                pass

    def keys(self, recorded: Recorded[Any]) -> list[tuple[str, str]]:
        """The person."""
        event = recorded.event
        return [(RECIPIENTS.name, event.resident_id)] if isinstance(event, _ABOUT_PEOPLE) else []


_ABOUT_PEOPLE = (NoticePreferencesSet, NoticeQueued, ResidentErased, DeliveryPrepared)


def _recipient(rows: Rows, resident_id: str) -> RecipientRow:
    return rows.get(RECIPIENTS, resident_id) or _nothing(resident_id)


def _nothing(resident_id: str, *, erased: bool = False) -> RecipientRow:
    """Nothing is known of what the person chose."""
    return RecipientRow(
        resident_id=resident_id,
        sends=False,
        kinds=[],
        time_zone="UTC",
        quiet_from=None,
        quiet_until=None,
        erased=erased,
        waiting=[],
        places=[],
        ready_at=None,
        next_at=None,
    )


def _choose(event: NoticePreferencesSet, rows: Rows) -> None:
    row = _recipient(rows, event.resident_id)
    if row["erased"]:
        return
    quiet = event.quiet_hours
    row.update(
        {
            "sends": any(channel is not NoticeChannel.WEB_INBOX for channel in event.channels),
            "kinds": [kind.value for kind in event.kinds],
            "time_zone": event.time_zone,
            "quiet_from": quiet.from_minute if quiet else None,
            "quiet_until": quiet.until_minute if quiet else None,
        }
    )
    if not row["sends"]:
        row.update({"waiting": [], "places": [], "ready_at": None})
    elif row["waiting"]:
        row["ready_at"] = _undisturbed(row, max(event.set_at, row["next_at"] or event.set_at))
    rows.put(RECIPIENTS, row)


def _queue(event: NoticeQueued, recorded: Recorded[Any], rows: Rows) -> None:
    row = rows.get(RECIPIENTS, event.resident_id)
    if row is None or not row["sends"] or (row["kinds"] and event.kind.value not in row["kinds"]):
        return
    if recorded.recorded_at - event.happened_at > NEWS:
        return
    row["waiting"].append(event.notice_id)
    row["places"].append(recorded.position)
    if row["ready_at"] is None:
        at = recorded.recorded_at
        row["ready_at"] = _undisturbed(row, max(at, row["next_at"] or at))
    rows.put(RECIPIENTS, row)


def _prepare(event: DeliveryPrepared, rows: Rows) -> None:
    row = _recipient(rows, event.resident_id)
    if row["erased"]:
        return
    kept = [each for each in zip(row["waiting"], row["places"], strict=True) if each[1] > event.until]
    next_at = event.prepared_at + GATHER
    row.update(
        {
            "waiting": [notice for notice, _ in kept],
            "places": [place for _, place in kept],
            "next_at": next_at,
            "ready_at": _undisturbed(row, next_at) if kept else None,
        }
    )
    rows.put(RECIPIENTS, row)


def _erase(resident_id: str, rows: Rows) -> None:
    rows.put(RECIPIENTS, _nothing(resident_id, erased=True))


def _undisturbed(row: RecipientRow, at: datetime) -> datetime:
    begin, end = row["quiet_from"], row["quiet_until"]
    if begin is None or end is None:
        return at
    return QuietHours(zone=row["time_zone"], from_minute=begin, until_minute=end).over(at)


VIEW = OutboxView()


@dataclass(frozen=True, slots=True)
class OutboxReads:
    """`notice_ports.OutboxReads`, answered from the view."""

    views: Views

    def ready(self, now: datetime, limit: int, at_least: str) -> Sequence[notice_ports.Ready]:
        """Whom something may be prepared for."""
        with self.views.read(VIEW.name, at_least) as cursor:
            rows = cursor.execute(_READY, (now, limit)).fetchall()
        return [
            notice_ports.Ready(
                resident_id=row["resident_id"], notice_ids=tuple(row["waiting"]), until=row["places"][-1]
            )
            for row in rows
        ]
