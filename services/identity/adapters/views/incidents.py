"""Which incidents with personal data are there, and of which must somebody be notified, until when?"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NotRequired, TypedDict

import msgspec
from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.recorded import Recorded
from libs.ledger.views.values import Json
from libs.ledger.views.view import Rows, Table, View, Views
from libs.messaging.clocks import Moment
from libs.query.filters import Filters, area, choice, flag
from libs.query.freshness import Fresh, ListQuery
from libs.query.listing import Listing
from libs.query.paging import ascending
from libs.query.reach import Reach
from libs.rules.areas import AreaPath
from services.identity.application import incident_ports as ports
from services.identity.domain.incident import INCIDENT
from services.identity.domain.incident.commands import IncidentCommand, PassIncidentLimits
from services.identity.domain.incident.events import (
    IncidentAssessed,
    IncidentClosed,
    IncidentKind,
    IncidentReported,
    Stage,
)
from services.identity.domain.incident.situations import Standing, standing_after


class IncidentRow(TypedDict):
    """An incident, without texts.

    `settled`: 0 while somebody must be notified, by `due_at`; then 1, and `due_at` is when it was noticed.
    `urgency`: of the limits that still run, whether one has passed or draws near. `next_at`: when the clock
    has something to record.
    """

    incident_id: str
    kind: str
    classes: list[str]
    persons: int
    area_id: str
    area_path: AreaPath
    reporter_id: str
    reported_at: datetime
    standing: Json
    state: str
    open: bool
    overdue: bool
    settled: int
    urgency: str
    due_at: datetime
    next_at: NotRequired[datetime | None]
    closed_at: NotRequired[datetime | None]


INCIDENTS = Table.of(
    "incidents",
    IncidentRow,
    key=("incident_id",),
    indexes=("settled, due_at, incident_id", "(next_at) WHERE next_at IS NOT NULL"),
)
LISTED = Listing(
    table=INCIDENTS,
    order=(ascending("settled", int), ascending("due_at", datetime), ascending("incident_id")),
    filters=Filters(
        state=choice("state", {each.name: each.value for each in Stage}, "INCIDENT_STATE_"),
        kind=choice("kind", {each.name: each.value for each in IncidentKind}, "INCIDENT_KIND_"),
        open=flag("open"),
        overdue=flag("overdue"),
        area=area("area_path"),
    ),
    area="area_path",
)


class IncidentsView(View):
    """One row for each incident: the list, and the schedule of the clock."""

    name = "incidents"
    of_streams = "incident"
    tables = (INCIDENTS,)
    holds = (("standing", Standing),)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Put what is reported, and what became of it."""
        event = recorded.event
        if recorded.category != "incident":
            return
        if isinstance(event, IncidentReported):
            rows.put(INCIDENTS, _new(event))
            return
        row = rows.get(INCIDENTS, event.incident_id)
        if row is None:
            return
        if isinstance(event, IncidentAssessed):
            row = {**row, "classes": [*event.classes], "persons": event.persons}
        if isinstance(event, IncidentClosed):
            row = {**row, "closed_at": event.closed_at}
        standing = standing_after(_standing(row), event)
        assert standing is not None  # noqa: S101  # the row has one
        rows.put(INCIDENTS, _planned(row, standing))

    def due(self, cursor: Cursor[DictRow], now: datetime, limit: int) -> list[Moment[IncidentCommand]]:
        """The incidents with a limit that draws near or passes before `now`, the earliest first."""
        cursor.execute(
            "SELECT incident_id, next_at FROM incidents WHERE next_at <= %s ORDER BY next_at LIMIT %s",
            (now, limit),
        )
        return [
            Moment(row["next_at"], INCIDENT, row["incident_id"], PassIncidentLimits(at=now)) for row in cursor
        ]


VIEW = IncidentsView()


@dataclass(frozen=True, slots=True)
class IncidentReads:
    """`incident_ports.IncidentReads`, answered from the view."""

    views: Views

    def page(self, query: ListQuery, reach: Reach, fresh: Fresh) -> tuple[list[ports.IncidentRow], str]:
        """Incidents within reach, those with the most urgent limit first, and the token of the next page."""
        with fresh.read(self.views, VIEW) as cursor:
            rows, next_token = LISTED.page(cursor, query, reach)
        return [_incident(row) for row in rows], next_token


def _new(event: IncidentReported) -> IncidentRow:
    standing = standing_after(None, event)
    assert standing is not None  # noqa: S101  # a report makes one
    row = IncidentRow(
        incident_id=event.incident_id,
        kind=event.kind.value,
        classes=[*event.classes],
        persons=event.persons,
        area_id=event.area_id,
        area_path=event.area_path,
        reporter_id=event.reporter_id,
        reported_at=event.reported_at,
        standing=None,
        state=standing.stage.value,
        open=True,
        overdue=False,
        settled=0,
        urgency="",
        due_at=event.authority_due_at,
        closed_at=None,
    )
    return _planned(row, standing)


def _planned(row: IncidentRow, standing: Standing) -> IncidentRow:
    """The row with what the incident calls for now."""
    waiting = standing.open
    return {
        **row,
        "standing": standing,
        "state": standing.stage.value,
        "open": bool(waiting),
        "overdue": bool(standing.overdue),
        "settled": 0 if waiting else 1,
        "urgency": _urgency(standing),
        "due_at": standing.due_at(waiting[0]) if waiting else standing.noticed_at,
        "next_at": standing.next_moment,
    }


def _urgency(standing: Standing) -> str:
    waiting = {*standing.open}
    if waiting & {*standing.overdue}:
        return "overdue"
    if waiting & {*standing.warned}:
        return "near"
    return "running" if waiting else ""


def _standing(row: IncidentRow) -> Standing:
    return msgspec.convert(row["standing"], Standing)


def _incident(row: IncidentRow) -> ports.IncidentRow:
    return ports.IncidentRow(
        incident_id=row["incident_id"],
        kind=IncidentKind(row["kind"]),
        classes=tuple(row["classes"]),
        persons=row["persons"],
        area_id=row["area_id"],
        area_path=AreaPath(row["area_path"]),
        reporter_id=row["reporter_id"],
        reported_at=row["reported_at"],
        standing=_standing(row),
        closed_at=row["closed_at"],
    )
