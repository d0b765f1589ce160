"""Which events of cases may be sent to webhooks?

Each is kept for a while, for endpoints that take nothing, and as long as a webhook has it parked. The rows
are a chain in the order in which they were heard: what comes makes the oldest go, so the fold needs no clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NotRequired, TypedDict

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Rows, Table, View, Views
from services.identity.application import webhook_ports
from services.identity.domain.dispatch import MessageParked, ReplayTaken
from services.identity.domain.webhook import CaseEventHeard, WebhookRemoved

KEPT = timedelta(days=90)
"""Longer than any endpoint should be away, and short enough that what nobody takes does not grow for ever.

Another time is another fold: raise the view's version with it. The feed of cases has older events.
"""
_AT_ONCE = 10  # so many go for one that comes: then days with few events make room for what busy ones left


class HeardRow(TypedDict):
    """An event. `place`: where it was heard, in the ledger; `next_place`: that of the next one.

    `parked`: so many webhooks have it parked; `over`: only for those it is still here.
    """

    place: int
    event_id: str
    kind: str
    case_id: str
    area_id: str
    body_ids: list[str]
    revision: str
    happened_at: datetime
    recorded_at: datetime
    heard_at: datetime
    next_place: NotRequired[int | None]
    parked: int
    over: bool


class EndsRow(TypedDict):
    """The places of the oldest that is kept and of the newest; up to `gone` none is sent any more."""

    name: str
    oldest: int
    newest: int
    gone: int


class ParkedRow(TypedDict):
    """What one webhook has parked: messages, and the place of the event of each."""

    webhook_id: str
    message_ids: list[str]
    places: list[int]


class OriginRow(TypedDict):
    """The number of a case in the system that it came from."""

    case_id: str
    system: str
    number: str


HEARD = Table.of("heard", HeardRow, key=("place",), indexes=("recorded_at",))
ORIGINS = Table.of("origins", OriginRow, key=("case_id",))
ENDS = Table.of("ends", EndsRow, key=("name",))
PARKED = Table.of("parked", ParkedRow, key=("webhook_id",))
_ALL = "all"
_SELECT = "SELECT h.*, o.system, o.number FROM heard h LEFT JOIN origins o USING (case_id)"
_AFTER = f"{_SELECT} WHERE NOT h.over AND h.place > %s AND h.recorded_at >= %s ORDER BY h.place LIMIT %s"
_AT = f"{_SELECT} WHERE h.place = %s"


class HeardEventsView(View):
    """One row for each event that some webhook wanted when it was heard, and that is still kept."""

    name = "heard_events"
    tables = (HEARD, ORIGINS, ENDS, PARKED)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Keep what was heard, and where cases come from."""
        match recorded.event:
            case CaseEventHeard() as event:
                _hear(event, recorded, rows)
            case MessageParked() as event:
                _park(event, rows)
            case ReplayTaken(webhook_id=webhook_id, message_id=message_id):
                _release(webhook_id, [message_id], rows)
            case WebhookRemoved(webhook_id=webhook_id):
                _release(webhook_id, _parked_by(webhook_id, rows)["message_ids"], rows)
            case _:
                pass

    def keys(self, recorded: Recorded[Any]) -> list[tuple[str, Any]]:
        """The case and the ends of the chain; or the webhook, and the event that it has parked."""
        match recorded.event:
            case CaseEventHeard(case_id=case_id):
                return [(ORIGINS.name, case_id), (ENDS.name, _ALL)]
            case MessageParked(webhook_id=webhook_id, parked=parked):
                return [(PARKED.name, webhook_id), (HEARD.name, parked.place)]
            case ReplayTaken(webhook_id=webhook_id) | WebhookRemoved(webhook_id=webhook_id):
                return [(PARKED.name, webhook_id)]
            case _:
                return []


def _hear(event: CaseEventHeard, recorded: Recorded[Any], rows: Rows) -> None:
    place, now = recorded.position, recorded.recorded_at
    rows.put(
        HEARD,
        HeardRow(
            place=place,
            event_id=event.event_id,
            kind=event.kind,
            case_id=event.case_id,
            area_id=event.area_id,
            body_ids=list(event.body_ids),
            revision=event.revision,
            happened_at=event.happened_at,
            recorded_at=event.recorded_at,
            heard_at=now,
            parked=0,
            over=False,
        ),
    )
    if event.system:
        rows.put(ORIGINS, OriginRow(case_id=event.case_id, system=event.system, number=event.number))
    ends = rows.get(ENDS, _ALL) or EndsRow(name=_ALL, oldest=place, newest=place, gone=0)
    if ends["newest"] != place:
        rows.change(HEARD, ends["newest"], next_place=place)
    ends["newest"] = place
    _forget(ends, now - KEPT, rows)
    rows.put(ENDS, ends)


def _forget(ends: EndsRow, since: datetime, rows: Rows) -> None:
    """Let some of those go that were heard before a moment; the newest is not among them."""
    for _ in range(_AT_ONCE):
        oldest = rows.get(HEARD, ends["oldest"])
        if oldest is None or oldest["heard_at"] >= since:
            return
        ends["gone"], ends["oldest"] = oldest["place"], oldest.get("next_place") or ends["newest"]
        if oldest["parked"]:
            rows.change(HEARD, oldest["place"], over=True)
        else:
            rows.delete(HEARD, oldest["place"])


def _parked_by(webhook_id: str, rows: Rows) -> ParkedRow:
    return rows.get(PARKED, webhook_id) or ParkedRow(webhook_id=webhook_id, message_ids=[], places=[])


def _park(event: MessageParked, rows: Rows) -> None:
    """The webhook may have it sent once more for as long as it likes."""
    kept, parked = _parked_by(event.webhook_id, rows), event.parked
    row = rows.get(HEARD, parked.place)
    if row is None or parked.message_id in kept["message_ids"]:
        return
    kept["message_ids"].append(parked.message_id)
    kept["places"].append(parked.place)
    rows.put(PARKED, kept)
    rows.change(HEARD, parked.place, parked=row["parked"] + 1)


def _release(webhook_id: str, message_ids: Sequence[str], rows: Rows) -> None:
    """They are parked no more; those that were only kept for that go."""
    kept = _parked_by(webhook_id, rows)
    pairs = [*zip(kept["message_ids"], kept["places"], strict=True)]
    left = [(message_id, place) for message_id, place in pairs if message_id not in message_ids]
    for place in (place for message_id, place in pairs if message_id in message_ids):
        row = rows.get(HEARD, place)
        if row is not None and row["over"] and row["parked"] == 1:
            rows.delete(HEARD, place)
        elif row is not None:
            rows.change(HEARD, place, parked=row["parked"] - 1)
    if left:
        ids, places = [each for each, _ in left], [each for _, each in left]
        rows.put(PARKED, ParkedRow(webhook_id=webhook_id, message_ids=ids, places=places))
    else:
        rows.delete(PARKED, webhook_id)


VIEW = HeardEventsView()


@dataclass(frozen=True, slots=True)
class HeardReads:
    """`webhook_ports.HeardReads`, answered from the view."""

    views: Views

    def head(self) -> int:
        """The place of the newest; 0: there is none."""
        with self.views.read(VIEW.name) as cursor:
            row = cursor.execute("SELECT max(place) AS head FROM heard").fetchone()
        return (row["head"] if row else 0) or 0

    def after(self, place: int, since: datetime, limit: int) -> Sequence[webhook_ports.Heard]:
        """The next ones, of those recorded since a moment."""
        with self.views.read(VIEW.name) as cursor:
            rows = cursor.execute(_AFTER, (place, since, limit)).fetchall()
        return [_heard(row) for row in rows]

    def gone(self) -> int:
        """The place up to which they are kept no more, unless they are parked."""
        with self.views.read(VIEW.name) as cursor:
            row = cursor.execute("SELECT gone FROM ends").fetchone()
        return row["gone"] if row else 0

    def at(self, place: int) -> webhook_ports.Heard | None:
        """The one at a place."""
        with self.views.read(VIEW.name) as cursor:
            row = cursor.execute(_AT, (place,)).fetchone()
        return _heard(row) if row else None


def _heard(row: Mapping[str, Any]) -> webhook_ports.Heard:
    event = CaseEventHeard(
        event_id=row["event_id"],
        kind=row["kind"],
        case_id=row["case_id"],
        area_id=row["area_id"],
        body_ids=tuple(row["body_ids"]),
        revision=row["revision"],
        system=row["system"] or "",
        number=row["number"] or "",
        happened_at=row["happened_at"],
        recorded_at=row["recorded_at"],
    )
    return webhook_ports.Heard(place=row["place"], event=event)
