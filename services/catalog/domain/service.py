"""A service that a body offers: published, changed, suspended, resumed, and in the end retired."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.decider import Decider
from libs.rules.areas import AreaPath
from services.catalog.domain import refusals
from services.catalog.domain.details import Details, checked
from services.catalog.domain.values import AffairRef, ServiceStatus

# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePublished:
    """A body offers a service. The paths are those of the areas it serves; none: everybody."""

    service_id: str
    body_id: str
    details: Details
    area_paths: tuple[AreaPath, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceChanged:
    """Something else is said about it."""

    service_id: str
    body_id: str
    details: Details
    area_paths: tuple[AreaPath, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSuspended:
    """It is not on offer for the time being. It does not resume by itself."""

    service_id: str
    body_id: str
    expected_resume: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceResumed:
    """It is on offer again."""

    service_id: str
    body_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRetired:
    """It is not on offer any more, for good."""

    service_id: str
    body_id: str


ServiceEvent = ServicePublished | ServiceChanged | ServiceSuspended | ServiceResumed | ServiceRetired


# Situations


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What is offered, and by whom; the paths are those of the areas served (none: everybody)."""

    service_id: str
    body_id: str
    details: Details
    area_paths: tuple[AreaPath, ...]


@dataclass(frozen=True, slots=True)
class Unpublished:
    """No service has this id yet."""


@dataclass(frozen=True, slots=True)
class Active:
    """On offer."""

    offer: Offer


@dataclass(frozen=True, slots=True)
class Suspended:
    """Not on offer for the time being."""

    offer: Offer
    expected_resume: datetime | None


@dataclass(frozen=True, slots=True)
class Retired:
    """Not on offer any more."""

    offer: Offer


Published = Active | Suspended | Retired


Service = Unpublished | Published


def status_of(service: Published) -> ServiceStatus:
    """Whether the service is on offer."""
    match service:
        case Active():
            return ServiceStatus.ACTIVE
        case Suspended():
            return ServiceStatus.SUSPENDED
        case Retired():
            return ServiceStatus.RETIRED


# Evolve


def evolve(service: Service, event: ServiceEvent) -> Service:
    """The service after the event."""
    if isinstance(event, ServicePublished):
        offer = Offer(
            service_id=event.service_id,
            body_id=event.body_id,
            details=event.details,
            area_paths=event.area_paths,
        )
        return Active(offer)
    if isinstance(service, Unpublished):
        return service
    match event:
        case ServiceChanged():
            offer = replace(service.offer, details=event.details, area_paths=event.area_paths)
            return replace(service, offer=offer)
        case ServiceSuspended():
            return Suspended(service.offer, event.expected_resume)
        case ServiceResumed():
            return Active(service.offer)
        case ServiceRetired():
            return Retired(service.offer)


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishService:
    """Offer a service."""

    service_id: str
    body_id: str
    details: Details
    affair: AffairRef
    area_paths: tuple[AreaPath, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeService:
    """Say something else about it, all of it anew."""

    service_id: str
    details: Details
    affair: AffairRef
    area_paths: tuple[AreaPath, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspendService:
    """Offer it no longer, for the time being."""

    service_id: str
    expected_resume: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeService:
    """Offer it again."""

    service_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireService:
    """Offer it no longer, for good."""

    service_id: str
    at: datetime


ServiceCommand = PublishService | ChangeService | SuspendService | ResumeService | RetireService


# Decide


def decide(command: ServiceCommand, service: Service) -> Sequence[ServiceEvent]:
    """What happens to a service; the same once more changes nothing."""
    if isinstance(command, PublishService):
        return _publish(command, service)
    match service:
        case Unpublished():
            raise refusals.service_is_unknown(command.service_id)
        case Retired():
            if isinstance(command, RetireService):
                return []
            raise refusals.service_state_forbids(service.offer.service_id, ServiceStatus.RETIRED.value)
        case Active() | Suspended():
            return _decide(command, service)


def _publish(command: PublishService, service: Service) -> Sequence[ServiceEvent]:
    details = checked(command.details)
    offer = Offer(
        service_id=command.service_id,
        body_id=command.body_id,
        details=details,
        area_paths=command.area_paths,
    )
    if not isinstance(service, Unpublished):
        if service.offer != offer:
            raise refusals.service_is_published_differently(command.service_id)
        return []
    if command.affair.retired:
        raise refusals.affair_is_retired(command.affair.affair_id)
    return [
        ServicePublished(
            service_id=offer.service_id,
            body_id=offer.body_id,
            details=details,
            area_paths=offer.area_paths,
        )
    ]


def _decide(
    command: ChangeService | SuspendService | ResumeService | RetireService, service: Active | Suspended
) -> Sequence[ServiceEvent]:
    service_id, body_id = service.offer.service_id, service.offer.body_id
    match command:
        case ChangeService():
            return _change(command, service.offer)
        case SuspendService():
            if command.expected_resume is not None and command.expected_resume <= command.at:
                raise refusals.resume_is_expected_in_the_past()
            if service == Suspended(service.offer, command.expected_resume):
                return []
            until = command.expected_resume
            return [ServiceSuspended(service_id=service_id, body_id=body_id, expected_resume=until)]
        case ResumeService():
            if isinstance(service, Active):
                return []
            return [ServiceResumed(service_id=service_id, body_id=body_id)]
        case RetireService():
            return [ServiceRetired(service_id=service_id, body_id=body_id)]


def _change(command: ChangeService, offer: Offer) -> Sequence[ServiceEvent]:
    details = checked(command.details)
    if (details, command.area_paths) == (offer.details, offer.area_paths):
        return []
    # A service may stay with an affair that was retired since, but not move to one.
    if command.affair.retired and details.affair_id != offer.details.affair_id:
        raise refusals.affair_is_retired(command.affair.affair_id)
    return [
        ServiceChanged(
            service_id=offer.service_id,
            body_id=offer.body_id,
            details=details,
            area_paths=command.area_paths,
        )
    ]


SERVICE: Decider[ServiceCommand, Service, ServiceEvent] = Decider(
    category="service", initial=Unpublished(), decide=decide, evolve=evolve
)
