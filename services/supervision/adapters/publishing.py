"""What supervision publishes: ratings. What it noted, its neighbours published themselves."""

from typing import Any

from linli.supervision.v1 import supervision_events_pb2

from libs.forgetting import telling
from libs.ledger.recorded import Recorded
from libs.messaging.published import Published
from libs.rpc.moments import stamp
from libs.rules.areas import id_of
from services.supervision.domain.case_record.events import CaseRated


def publish(recorded: Recorded[Any]) -> Published | None:
    """The published form of a stored event; None for what is not published."""
    event = recorded.event
    if not isinstance(event, CaseRated):
        return telling.told(recorded)
    message = supervision_events_pb2.CaseRated(
        case_id=recorded.subject_id,
        body_id=event.body_id,
        affair_id=event.affair_id,
        area_path=event.area_path,
        stars=event.stars,
        by_reporter=event.by_reporter,
        rated_time=stamp(event.at),
    )
    return Published(
        message=message,
        area_path=event.area_path,
        area_id=id_of(event.area_path),
        body_ids=(event.body_id,),
        occurred_at=event.at,
    )
