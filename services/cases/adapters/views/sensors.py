"""Which sensors are there, and what did they say last?"""

from dataclasses import dataclass
from typing import Any

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Row, Rows, Table, View, Views
from libs.query.filters import Filters, area, flag, text
from libs.query.freshness import Fresh, ListQuery
from libs.query.listing import Listing
from libs.query.paging import ascending
from libs.query.reach import Reach
from libs.rpc.text import tag
from services.cases.application.ports import SensorRow
from services.cases.domain.sensor import events

SENSORS = Table.of("sensors", SensorRow, key=("sensor_id",), indexes=("area_path text_pattern_ops",))
LISTED = Listing(
    table=SENSORS,
    order=(ascending("sensor_id"),),
    filters=Filters(
        sensor_id=text("sensor_id"),
        kind=text("kind", tag),
        affair_id=text("affair_id"),
        area_path=area("area_path"),
        owner_id=text("owner_id"),
        alarming=flag("alarming"),
        retired=flag("retired"),
    ),
    area="area_path",
)


class Sensors(View):
    """One row for each sensor, with its newest reading."""

    name = "sensors"
    of_streams = "sensor"
    tables = (SENSORS,)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Bring the sensor's row up to date."""
        event = recorded.event
        if isinstance(event, events.SensorRegistered):
            rows.put(SENSORS, _registered(event))
        elif recorded.category == "sensor" and (changes := _changes(event)):
            rows.change(SENSORS, recorded.subject_id, **changes)


VIEW = Sensors()


def _registered(event: events.SensorRegistered) -> SensorRow:
    terms = event.terms
    return SensorRow(
        sensor_id=event.sensor_id,
        kind=event.kind,
        affair_id=event.affair_id,
        area_path=event.area_path,
        latitude=event.point.latitude if event.point else None,
        longitude=event.point.longitude if event.point else None,
        owner_id=event.owner_id,
        unit=terms.unit,
        threshold=terms.threshold,
        side=terms.side.value,
        hold_seconds=round(terms.hold.total_seconds()),
        hold_readings=terms.hold_readings,
        clear_seconds=round(terms.clear.total_seconds()),
        radius=terms.radius,
        window_seconds=round(terms.window.total_seconds()),
        alarms=0,
        alarming=False,
        retired=False,
    )


def _changes(event: object) -> Row:
    """The columns that an event changes."""
    match event:
        case events.ReadingsTaken(run=run):
            last = run.last
            return {
                "last_time": last.at if last else None,
                "last_value": last.value if last else None,
                "same_since": run.same_since,
            }
        case events.AlarmRaised(number=number, case_id=case_id):
            return {"alarms": number, "alarming": True, "alarm_case_id": case_id}
        case events.AlarmEnded():
            return {"alarming": False, "alarm_case_id": None}
        case events.SensorRetired(at=at):
            return {"retired": True, "retired_time": at}
        case _:
            return {}


@dataclass(frozen=True, slots=True)
class SensorReads:
    """`ports.SensorReads`, answered from the view."""

    views: Views

    def sensors(self, query: ListQuery, reach: Reach, fresh: Fresh) -> tuple[list[SensorRow], str]:
        """A page of the sensors within reach."""
        with fresh.read(self.views, VIEW) as cursor:
            return LISTED.page(cursor, query, reach)
