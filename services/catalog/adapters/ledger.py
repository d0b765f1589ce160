"""The stored events of the catalog, under the names they keep for ever."""

from libs.ledger.store.mapper import Events
from services.catalog.domain import affair, calendar, commitment, noted, responsibility, service

_PUBLISHED = {
    "affair_defined.v1": affair.AffairDefined,
    "affair_renamed.v1": affair.AffairRenamed,
    "anonymity_decided.v1": affair.AnonymityDecided,
    "affair_retired.v1": affair.AffairRetired,
    "responsibility_assigned.v1": responsibility.ResponsibilityAssigned,
    "responsibility_revised.v1": responsibility.ResponsibilityRevised,
    "responsibility_ended.v1": responsibility.ResponsibilityEnded,
    "calendar_defined.v1": calendar.CalendarDefined,
    "commitment_published.v1": commitment.CommitmentPublished,
    "service_published.v1": service.ServicePublished,
    "service_changed.v1": service.ServiceChanged,
    "service_suspended.v1": service.ServiceSuspended,
    "service_resumed.v1": service.ServiceResumed,
    "service_retired.v1": service.ServiceRetired,
}
_PRIVATE = {
    "area_noted.v1": noted.AreaNoted,
    "body_noted.v1": noted.BodyNoted,
}
EVENTS = Events(
    service="catalog",
    types={**_PUBLISHED, **_PRIVATE},
    private=frozenset(_PRIVATE),
)
