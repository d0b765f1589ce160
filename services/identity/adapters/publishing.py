"""What identity tells its neighbours and partners: ids and facts, no person and no secret."""

from typing import Any

from google.protobuf.message import Message
from linli.identity.v1 import identity_events_pb2 as published

from libs.forgetting import telling
from libs.ledger.recorded import Recorded
from libs.messaging.published import Published
from libs.rpc.moments import stamp
from libs.rpc.texts import localized
from services.identity.adapters import delegation_events
from services.identity.domain.access import RoleGranted, RoleLent, RoleRevoked
from services.identity.domain.area.events import AreaDefined, AreaEnded, AreaRenamed, BoundaryChanged
from services.identity.domain.body import BodyRegistered
from services.identity.domain.client import ClientRegistered, ClientRetired
from services.identity.domain.consent.events import (
    ConsentGiven,
    ConsentRecorded,
    ConsentRevoked,
    ConsentWithdrawn,
)
from services.identity.domain.merger import ResidentsMerged, ResidentsUnmerged
from services.identity.domain.nomination import NominationEnded, NominationMade
from services.identity.domain.resident import ResidentErased, ResidentRegistered
from services.identity.domain.values import Within
from services.identity.entrypoints.wire.words import (
    BODY_KINDS,
    CONFIRMATIONS,
    CONSENT_PURPOSES,
    LEVELS,
    OUTCOMES,
    ROLES,
)


def publish(recorded: Recorded[Any]) -> Published | None:
    """The published form of a stored event; None for what is nobody else's business."""
    match recorded.event:
        case AreaDefined() as event:
            return Published(message=_area_defined(event), public=True, area_id=event.area_id)
        case BoundaryChanged() as event:
            return Published(message=_boundary_changed(event), public=True, area_id=event.area_id)
        case AreaRenamed() as event:
            return Published(message=_area_renamed(event), public=True, area_id=event.area_id)
        case AreaEnded() as event:
            return Published(message=_area_ended(event), public=True, area_id=event.area_id)
        case BodyRegistered() as event:
            return Published(message=_body_registered(event), public=True, area_id=event.area_id)
        case ResidentRegistered() as event:
            message = published.ResidentRegistered(
                resident_id=event.resident_id, area_id=event.area_id, area_path=event.area_path
            )
            return Published(message=message, area_path=event.area_path, area_id=event.area_id)
        case ResidentErased() as event:
            erased = published.SubjectErased(
                subject_id=event.resident_id,
                erased_time=stamp(event.erased_at),
                has_receipt=event.has_receipt,
            )
            return Published(
                message=erased,
                area_path=event.area_path,
                area_id=event.area_id,
                occurred_at=event.erased_at,
            )
        case ResidentsMerged() as event:
            merged = published.ResidentsMerged(
                survivor_id=event.survivor_id, merged_id=event.merged_id, merged_time=stamp(event.merged_at)
            )
            return Published(message=merged, area_path=event.area_path)
        case ResidentsUnmerged() as event:
            unmerged = published.ResidentsUnmerged(
                survivor_id=event.survivor_id,
                merged_id=event.merged_id,
                unmerged_time=stamp(event.unmerged_at),
            )
            return Published(message=unmerged, area_path=event.area_path)
        case _:
            return _of_rights(recorded)


def _of_rights(recorded: Recorded[Any]) -> Published | None:
    """Who may do what, for whom."""
    match recorded.event:
        case RoleGranted() as event:
            return _role(published.RoleGranted(), event)
        case RoleLent() as event:
            return _role(published.RoleGranted(until_time=stamp(event.until)), event)
        case RoleRevoked() as event:
            return _role(published.RoleRevoked(), event)
        case NominationMade() as event:
            return _nomination(event)
        case NominationEnded() as event:
            ended = published.NominationEnded(
                nomination_id=event.nomination_id, state=OUTCOMES.to_wire(event.outcome)
            )
            return Published(message=ended, area_path=recorded.metadata.area or "")
        case ClientRegistered() as event:
            return _client(event)
        case ClientRetired() as event:
            retired = published.ClientRetired(client_id=event.client_id)
            return Published(message=retired, area_path=recorded.metadata.area or "")
        case _:
            return _of_consents(recorded)


def _of_consents(recorded: Recorded[Any]) -> Published | None:
    """Who may act in whose name."""
    match recorded.event:
        case ConsentRecorded() as event:
            recorded_consent = published.ConsentRecorded(
                consent_id=event.consent_id,
                resident_id=event.resident_id,
                helper_id=event.helper_id,
                purpose=CONSENT_PURPOSES.to_wire(event.purpose),
                until_time=stamp(event.until),
            )
            return Published(message=recorded_consent, area_path=event.area_path, area_id=event.area_id)
        case ConsentRevoked() as event:
            revoked = published.ConsentRevoked(consent_id=event.consent_id, resident_id=event.resident_id)
            return Published(message=revoked, area_path=event.area_path, area_id=event.area_id)
        case ConsentGiven() as event:
            return _consent_given(event)
        case ConsentWithdrawn() as event:
            withdrawn = published.ConsentWithdrawn(consent_id=event.consent_id, resident_id=event.resident_id)
            return Published(message=withdrawn, area_path=event.home_path, area_id=event.home_id)
        case _:
            return delegation_events.told(recorded) or telling.told(recorded)


def _consent_given(event: ConsentGiven) -> Published:
    terms = event.terms
    message = published.ConsentGiven(
        consent_id=event.consent_id,
        resident_id=terms.resident_id,
        helper_id=terms.helper_id,
        purposes=[CONSENT_PURPOSES.to_wire(each) for each in terms.purposes],
        until_time=stamp(terms.until),
        within_area_path=terms.within_path,
        home_area_path=terms.home_path,
        confirmation=CONFIRMATIONS.to_wire(event.confirmation),
    )
    return Published(message=message, area_path=terms.home_path, area_id=terms.home_id)


def _area_defined(event: AreaDefined) -> published.AreaDefined:
    return published.AreaDefined(
        area_id=event.area_id,
        parent_id=event.parent_id,
        level=LEVELS.to_wire(event.level),
        area_path=event.path,
        name=localized(event.name),
    )


def _boundary_changed(event: BoundaryChanged) -> published.AreaBoundaryChanged:
    return published.AreaBoundaryChanged(
        area_id=event.area_id,
        area_path=event.path,
        version=event.version,
        boundary=event.boundary,
        valid_from_time=stamp(event.valid_from),
    )


def _area_renamed(event: AreaRenamed) -> published.AreaRenamed:
    return published.AreaRenamed(
        area_id=event.area_id,
        parent_id=event.parent_id,
        level=LEVELS.to_wire(event.level),
        area_path=event.path,
        name=localized(event.name),
        valid_from_time=stamp(event.valid_from),
    )


def _area_ended(event: AreaEnded) -> published.AreaEnded:
    return published.AreaEnded(
        area_id=event.area_id,
        area_path=event.path,
        valid_until_time=stamp(event.valid_until),
        successor_area_ids=event.successor_ids,
    )


def _body_registered(event: BodyRegistered) -> published.BodyRegistered:
    return published.BodyRegistered(
        body_id=event.body_id,
        kind=BODY_KINDS.to_wire(event.kind),
        name=localized(event.name),
        area_id=event.area_id,
        area_path=event.area_path,
    )


def _role(
    message: published.RoleGranted | published.RoleRevoked,
    event: RoleGranted | RoleLent | RoleRevoked,
) -> Published:
    within = event.within
    message.grant_id = event.grant_id
    message.party_id = event.party_id
    message.role = ROLES.to_wire(event.role)
    message.area_id, message.area_path, message.body_id = within.area_id, within.area_path, within.body_id
    return _about(message, within)


def _client(event: ClientRegistered) -> Published:
    within = event.within
    message = published.ClientRegistered(
        client_id=event.client_id,
        area_id=within.area_id,
        area_path=within.area_path,
        body_id=within.body_id,
    )
    return _about(message, within)


def _nomination(event: NominationMade) -> Published:
    within = event.within
    message = published.NominationMade(
        nomination_id=event.nomination_id,
        party_id=event.party_id,
        role=ROLES.to_wire(event.role),
        area_id=within.area_id,
        area_path=within.area_path,
        body_id=within.body_id,
        expire_time=stamp(event.expires_at),
    )
    return _about(message, within)


def _about(message: Message, within: Within) -> Published:
    """A message for those who may know of what is within these limits."""
    bodies = (within.body_id,) if within.body_id else ()
    return Published(message=message, area_path=within.area_path, body_ids=bodies, area_id=within.area_id)
