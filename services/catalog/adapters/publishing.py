"""What the catalog publishes: every event but what it noted of its neighbours. All of it is public."""

from typing import Any

from google.protobuf.message import Message
from linli.catalog.v1 import catalog_events_pb2 as pb

from libs.forgetting import telling
from libs.ledger.recorded import Recorded
from libs.messaging.published import Published
from libs.rpc.moments import stamp_or_none
from libs.rpc.terms import choice_shown, terms_shown
from libs.rpc.texts import localized
from services.catalog.domain import affair, calendar, commitment, noted, responsibility, service
from services.catalog.domain.values import Matter
from services.catalog.entrypoints.wire.calendar import working_time_shown
from services.catalog.entrypoints.wire.service import details_shown


def publish(recorded: Recorded[Any]) -> Published | None:
    """The published message of a stored event, or None for what stays inside."""
    event = recorded.event
    message = _message(event)
    if message is None:
        return telling.told(recorded)
    # Where an item or a promise holds; the whole tree of affairs, the calendars and services hold nowhere.
    return Published(
        message=message,
        public=True,
        area_path=getattr(event, "area_path", ""),
        area_id=getattr(event, "area_id", ""),
    )


def _message(event: object) -> Message | None:
    match event:
        case affair.AffairDefined(matter=matter):
            return pb.AffairDefined(**_affair(matter))
        case (
            affair.AffairRenamed(matter=matter)
            | affair.AnonymityDecided(matter=matter)
            | affair.OutcomesDecided(matter=matter)
        ):
            return pb.AffairChanged(**_affair(matter))
        case affair.AffairRetired(affair_id=affair_id):
            return pb.AffairRetired(affair_id=affair_id)
        case calendar.CalendarDefined():
            return _calendar(event)
        case commitment.CommitmentPublished():
            return _commitment(event)
        case noted.AreaNoted() | noted.AreaEndNoted() | noted.BodyNoted():
            return None
        case _:
            return _responsibility(event) or _service(event)


def _responsibility(event: object) -> Message | None:
    match event:
        case responsibility.ResponsibilityAssigned() | responsibility.ResponsibilityRevised():
            return pb.ResponsibilityAssigned(
                item_id=event.item_id,
                version=event.version if isinstance(event, responsibility.ResponsibilityRevised) else 1,
                affair_id=event.affair_id,
                affair_path=event.affair_path,
                area_id=event.area_id,
                area_path=event.area_path,
                body_id=event.body_id,
                legal_basis=event.legal_basis,
                helper_ids=event.helper_ids,
                valid_from_time=stamp_or_none(event.valid_from),
                valid_until_time=stamp_or_none(event.valid_until),
            )
        case responsibility.ResponsibilityEnded():
            return pb.ResponsibilityEnded(
                item_id=event.item_id,
                version=event.version,
                affair_id=event.affair_id,
                area_id=event.area_id,
                body_id=event.body_id,
                valid_until_time=stamp_or_none(event.valid_until),
            )
        case _:
            return None


def _service(event: object) -> Message | None:
    match event:
        case service.ServicePublished(service_id=service_id, body_id=body_id, details=details):
            return pb.ServicePublished(service_id=service_id, body_id=body_id, details=details_shown(details))
        case service.ServiceChanged(service_id=service_id, body_id=body_id, details=details):
            return pb.ServiceChanged(service_id=service_id, body_id=body_id, details=details_shown(details))
        case service.ServiceSuspended(service_id=service_id, body_id=body_id, expected_resume=until):
            return pb.ServiceSuspended(
                service_id=service_id, body_id=body_id, expected_resume_time=stamp_or_none(until)
            )
        case service.ServiceResumed(service_id=service_id, body_id=body_id):
            return pb.ServiceResumed(service_id=service_id, body_id=body_id)
        case service.ServiceRetired(service_id=service_id, body_id=body_id):
            return pb.ServiceRetired(service_id=service_id, body_id=body_id)
        case _:
            return None


def _affair(matter: Matter) -> dict[str, Any]:
    return {
        "affair_id": matter.affair_id,
        "parent_id": matter.parent_id,
        "affair_path": matter.path,
        "name": localized(matter.name),
        "anonymous_allowed": matter.anonymous_allowed,
        "keywords": matter.keywords,
        "outcomes": [choice_shown(each) for each in matter.outcomes],
    }


def _calendar(event: calendar.CalendarDefined) -> pb.CalendarDefined:
    return pb.CalendarDefined(
        calendar_id=event.calendar_id,
        version=event.version,
        name=localized(event.name),
        working_time=working_time_shown(event.working_time),
        valid_from_time=stamp_or_none(event.valid_from),
    )


def _commitment(event: commitment.CommitmentPublished) -> pb.CommitmentPublished:
    return pb.CommitmentPublished(
        commitment_id=event.commitment_id,
        version=event.version,
        affair_id=event.affair_id,
        affair_path=event.affair_path,
        area_id=event.area_id,
        area_path=event.area_path,
        calendar_id=event.calendar_id,
        conditions=[localized(condition) for condition in event.conditions],
        valid_from_time=stamp_or_none(event.valid_from),
        **terms_shown(event.terms),
    )
