"""Which events of cases may be sent to webhooks?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Rows, Table, View, Views
from services.identity.application import webhook_ports
from services.identity.domain.webhook import CaseEventHeard


class HeardRow(TypedDict):
    """An event. `place`: where it was heard, in the ledger."""

    place: int
    event_id: str
    kind: str
    case_id: str
    area_id: str
    body_ids: list[str]
    revision: str
    happened_at: datetime
    recorded_at: datetime


class OriginRow(TypedDict):
    """The number of a case in the system that it came from."""

    case_id: str
    system: str
    number: str


HEARD = Table.of("heard", HeardRow, key=("place",), indexes=("recorded_at",))
ORIGINS = Table.of("origins", OriginRow, key=("case_id",))
_SELECT = "SELECT h.*, o.system, o.number FROM heard h LEFT JOIN origins o USING (case_id)"
_AFTER = f"{_SELECT} WHERE h.place > %s AND h.recorded_at >= %s ORDER BY h.place LIMIT %s"
_AT = f"{_SELECT} WHERE h.place = %s"


class HeardEventsView(View):
    """One row for each event that some webhook wanted when it was heard."""

    name = "heard_events"
    tables = (HEARD, ORIGINS)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Keep what was heard, and where cases come from."""
        if not isinstance(recorded.event, CaseEventHeard):
            return
        event = recorded.event
        row = HeardRow(
            place=recorded.position,
            event_id=event.event_id,
            kind=event.kind,
            case_id=event.case_id,
            area_id=event.area_id,
            body_ids=list(event.body_ids),
            revision=event.revision,
            happened_at=event.happened_at,
            recorded_at=event.recorded_at,
        )
        rows.put(HEARD, row)
        if event.system:
            rows.put(ORIGINS, OriginRow(case_id=event.case_id, system=event.system, number=event.number))

    def keys(self, recorded: Recorded[Any]) -> list[tuple[str, str]]:
        """The case."""
        event = recorded.event
        return [(ORIGINS.name, event.case_id)] if isinstance(event, CaseEventHeard) else []


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
