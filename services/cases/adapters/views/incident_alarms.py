"""Which alarms of sensors belong to a case?"""

from dataclasses import dataclass
from typing import Any, cast

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Rows, Table, View, Views
from libs.query.conditions import Condition
from libs.query.freshness import Fresh, PageQuery
from libs.query.listing import Listing
from libs.query.paging import ascending
from services.cases.application.ports import AlarmRow, IncidentRow
from services.cases.domain.incident import AlarmLinked, LinkedAlarmEnded

ALARMS = Table.of("alarms", AlarmRow, key=("case_id", "number"))
LISTED = Listing(table=ALARMS, order=(ascending("number", int),))
_INCIDENT = (
    "SELECT count(*) AS alarms, count(DISTINCT sensor_id) AS sensors,"
    " count(*) FILTER (WHERE ended_time IS NULL) AS lasting,"
    " min(raised_time) AS first_time, max(raised_time) AS last_time"
    " FROM alarms WHERE case_id = %s"
)


class IncidentAlarms(View):
    """One row for each alarm: the case itself has none of them in its stream."""

    name = "incident_alarms"
    tables = (ALARMS,)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """An alarm joins its incident, and is over at last."""
        match recorded.event:
            case AlarmLinked() as linked:
                row = AlarmRow(
                    case_id=linked.case_id,
                    number=linked.number,
                    sensor_id=linked.sensor_id,
                    raised_time=linked.at,
                    value=linked.value,
                )
                rows.put(ALARMS, row)
            case LinkedAlarmEnded() as ended:
                rows.change(ALARMS, (ended.case_id, ended.number), ended_time=ended.at)
            case _:
                pass


VIEW = IncidentAlarms()


@dataclass(frozen=True, slots=True)
class AlarmReads:
    """`ports.AlarmReads`, answered from the view."""

    views: Views

    def alarms(self, query: PageQuery, case_id: str, fresh: Fresh) -> tuple[list[AlarmRow], str]:
        """A page of the alarms of a case."""
        with fresh.read(self.views, VIEW) as cursor:
            return LISTED.page(cursor, query, where=Condition("case_id = %s", (case_id,)))

    def incident(self, case_id: str) -> IncidentRow | None:
        """All of them together, as the view has them now."""
        with self.views.read(VIEW.name) as cursor:
            row = cursor.execute(_INCIDENT, (case_id,)).fetchone()
        return cast("IncidentRow", row) if row and row["alarms"] else None
