"""For whom does something wait that is to be sent?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Rows, Table, View, Views
from services.identity.application import notice_ports
from services.identity.domain.delivery import GATHER, MOST_LISTED, DeliveryPrepared
from services.identity.domain.login import LoginCreated
from services.identity.domain.notice import NEWS, NoticeQueued
from services.identity.domain.preferences import NoticePreferencesSet
from services.identity.domain.resident import ResidentErased


class RecipientRow(TypedDict):
    """Somebody who was told something, or who was erased, and what waits to be prepared for them.

    `waiting`, `kinds` and `places` go together: the notices, what each tells, and where in the ledger it was
    queued. `chosen`: where in the ledger the person chose last; what they chose only the sender can read.
    `letter_at`: when something may be prepared for somebody who chose nothing and has no login.
    """

    resident_id: str
    sends: bool
    logs_in: bool
    chosen: int
    erased: bool
    waiting: list[str]
    kinds: list[str]
    places: list[int]
    ready_at: NotRequired[datetime | None]
    letter_at: NotRequired[datetime | None]
    next_at: NotRequired[datetime | None]


RECIPIENTS = Table.of(
    "recipients",
    RecipientRow,
    key=("resident_id",),
    indexes=("(ready_at) WHERE ready_at IS NOT NULL", "(letter_at) WHERE letter_at IS NOT NULL"),
)
_READY = (
    "SELECT resident_id, chosen, waiting, kinds, places FROM recipients"
    " WHERE ready_at <= %s ORDER BY ready_at LIMIT %s"
)
_GATHERING = (
    "SELECT count(*) AS persons FROM recipients WHERE ready_at IS NOT NULL OR (letter_at IS NOT NULL AND %s)"
)
_FOR_LETTERS = _READY.replace("ready_at", "letter_at")


class OutboxView(View):
    """One row for each person who chose how to be told, or was told something, with what waits for them."""

    name = "outbox"
    tables = (RECIPIENTS,)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Nothing waits for whoever chose no channel, or was erased."""
        match recorded.event:
            case NoticePreferencesSet() as event:
                _choose(event, recorded, rows)
            case NoticeQueued() as event:
                _queue(event, recorded, rows)
            case ResidentErased() as event:
                _erase(event.resident_id, rows)
            case DeliveryPrepared() as event:
                _prepare(event, rows)
            case LoginCreated() as event:
                _log_in(event.party_id, rows)
            case _:
                pass

    def keys(self, recorded: Recorded[Any]) -> list[tuple[str, str]]:
        """The person."""
        event = recorded.event
        if isinstance(event, LoginCreated):
            return [(RECIPIENTS.name, event.party_id)]
        return [(RECIPIENTS.name, event.resident_id)] if isinstance(event, _ABOUT_PEOPLE) else []


_ABOUT_PEOPLE = (NoticePreferencesSet, NoticeQueued, ResidentErased, DeliveryPrepared)


def _recipient(rows: Rows, resident_id: str) -> RecipientRow:
    return rows.get(RECIPIENTS, resident_id) or _nothing(resident_id)


def _nothing(resident_id: str, *, erased: bool = False) -> RecipientRow:
    """Nothing is known of what the person chose."""
    return RecipientRow(
        resident_id=resident_id,
        sends=False,
        logs_in=False,
        chosen=0,
        erased=erased,
        waiting=[],
        kinds=[],
        places=[],
        ready_at=None,
        letter_at=None,
        next_at=None,
    )


def _empty(row: RecipientRow) -> None:
    row.update({"waiting": [], "kinds": [], "places": [], "ready_at": None, "letter_at": None})


def _choose(event: NoticePreferencesSet, recorded: Recorded[Any], rows: Rows) -> None:
    row = _recipient(rows, event.resident_id)
    if row["erased"]:
        return
    row.update({"sends": event.sends, "chosen": recorded.position})
    if row["sends"]:
        row.update({"ready_at": row["ready_at"] or row["letter_at"], "letter_at": None})
    else:
        _empty(row)
    rows.put(RECIPIENTS, row)


def _log_in(resident_id: str, rows: Rows) -> None:
    """Whoever can log in reads the web inbox, and needs no letter unless they choose it."""
    row = _recipient(rows, resident_id)
    if row["erased"]:
        return
    row["logs_in"] = True
    if not row["chosen"]:
        _empty(row)
    rows.put(RECIPIENTS, row)


def _queue(event: NoticeQueued, recorded: Recorded[Any], rows: Rows) -> None:
    row = _recipient(rows, event.resident_id)
    by_letter = not (row["chosen"] or row["logs_in"] or row["erased"])
    if not row["sends"] and not by_letter:
        return
    if recorded.recorded_at - event.happened_at > NEWS:
        return
    row["waiting"].append(event.notice_id)
    row["kinds"].append(event.kind.value)
    row["places"].append(recorded.position)
    at = max(recorded.recorded_at, row["next_at"] or recorded.recorded_at)
    if by_letter:
        row["letter_at"] = row["letter_at"] or at
        for each in (row["waiting"], row["kinds"], row["places"]):
            del each[:-MOST_LISTED]  # nobody may ever print letters here
    else:
        row["ready_at"] = row["ready_at"] or at
    rows.put(RECIPIENTS, row)


def _prepare(event: DeliveryPrepared, rows: Rows) -> None:
    row = _recipient(rows, event.resident_id)
    if row["erased"]:
        return
    waiting = zip(row["waiting"], row["kinds"], row["places"], strict=True)
    kept = [each for each in waiting if each[2] > event.until]
    next_at = event.prepared_at + GATHER if event.count else row["next_at"]
    row.update(
        {
            "waiting": [notice for notice, _, _ in kept],
            "kinds": [kind for _, kind, _ in kept],
            "places": [place for _, _, place in kept],
            "next_at": next_at,
            "ready_at": (next_at or event.prepared_at) if kept and row["sends"] else None,
            "letter_at": (next_at or event.prepared_at) if kept and not row["sends"] else None,
        }
    )
    rows.put(RECIPIENTS, row)


def _erase(resident_id: str, rows: Rows) -> None:
    rows.put(RECIPIENTS, _nothing(resident_id, erased=True))


VIEW = OutboxView()


@dataclass(frozen=True, slots=True)
class OutboxReads:
    """`notice_ports.OutboxReads`, answered from the view."""

    views: Views

    def ready(
        self, now: datetime, limit: int, at_least: str, *, letters: bool = False
    ) -> Sequence[notice_ports.Ready]:
        """Whom something may be prepared for; `letters`: of those who chose nothing and have no login."""
        with self.views.read(VIEW.name, at_least) as cursor:
            rows = cursor.execute(_FOR_LETTERS if letters else _READY, (now, limit)).fetchall()
        return [
            notice_ports.Ready(
                resident_id=row["resident_id"],
                notices=tuple(zip(row["waiting"], row["kinds"], strict=True)),
                until=row["places"][-1],
                chosen=row["chosen"],
            )
            for row in rows
        ]

    def gathering(self, *, letters: bool) -> int:
        """For how many persons something is not prepared; `letters`: also for those who chose nothing."""
        with self.views.read(VIEW.name) as cursor:
            row = cursor.execute(_GATHERING, (letters,)).fetchone()
        return int(row["persons"]) if row else 0
