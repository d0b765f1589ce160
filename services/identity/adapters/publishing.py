"""What identity tells its neighbours and partners: ids and facts, no person and no secret."""

from typing import Any

from linli.identity.v1 import identity_events_pb2 as published
from linli.identity.v1 import identity_types_pb2 as types
from linli.options.v1 import access_pb2

from libs.ledger.recorded import Recorded
from libs.messaging.published import Published
from libs.rpc.moments import stamp
from libs.rpc.texts import localized
from services.identity.domain import events


def publish(recorded: Recorded[Any]) -> Published | None:
    """The published form of a stored event; None for what is nobody else's business."""
    match recorded.event:
        case events.AreaDefined() as event:
            return Published(message=_area_defined(event), public=True, area_id=event.area_id)
        case events.BoundaryChanged() as event:
            return Published(message=_boundary_changed(event), public=True, area_id=event.area_id)
        case events.BodyRegistered() as event:
            return Published(message=_body_registered(event), public=True, area_id=event.area_id)
        case events.ResidentRegistered() as event:
            message = published.ResidentRegistered(
                resident_id=event.resident_id, area_id=event.area_id, area_path=event.area_path
            )
            return Published(message=message, area_path=event.area_path, area_id=event.area_id)
        case events.ResidentErased() as event:
            erased = published.SubjectErased(subject_id=event.resident_id, erased_time=stamp(event.erased_at))
            return Published(
                message=erased,
                area_path=event.area_path,
                area_id=event.area_id,
                occurred_at=event.erased_at,
            )
        case events.RoleGranted() as event:
            return _role(published.RoleGranted(), event)
        case events.RoleRevoked() as event:
            return _role(published.RoleRevoked(), event)
        case _:
            return None


def _area_defined(event: events.AreaDefined) -> published.AreaDefined:
    return published.AreaDefined(
        area_id=event.area_id,
        parent_id=event.parent_id,
        level=types.AreaLevel.Value(f"AREA_LEVEL_{event.level.name}"),
        area_path=event.path,
        name=localized(event.name),
    )


def _boundary_changed(event: events.BoundaryChanged) -> published.AreaBoundaryChanged:
    return published.AreaBoundaryChanged(
        area_id=event.area_id,
        area_path=event.path,
        version=event.version,
        boundary=event.boundary,
        valid_from_time=stamp(event.valid_from),
    )


def _body_registered(event: events.BodyRegistered) -> published.BodyRegistered:
    return published.BodyRegistered(
        body_id=event.body_id,
        kind=types.BodyKind.Value(f"BODY_KIND_{event.kind.name}"),
        name=localized(event.name),
        area_id=event.area_id,
        area_path=event.area_path,
    )


def _role(
    message: published.RoleGranted | published.RoleRevoked,
    event: events.RoleGranted | events.RoleRevoked,
) -> Published:
    within = event.within
    message.grant_id = event.grant_id
    message.party_id = event.party_id
    message.role = access_pb2.Role.Value(f"ROLE_{event.role.value}")
    message.area_id, message.area_path, message.body_id = within.area_id, within.area_path, within.body_id
    bodies = (within.body_id,) if within.body_id else ()
    return Published(message=message, area_path=within.area_path, body_ids=bodies, area_id=within.area_id)
