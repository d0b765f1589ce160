"""The stored events of the catalog, under the names they keep for ever."""

from libs.ledger.store.mapper import Events
from services.catalog.domain import events

EVENTS = Events(
    service="catalog",
    types={
        "affair_defined.v1": events.AffairDefined,
        "affair_renamed.v1": events.AffairRenamed,
        "anonymity_decided.v1": events.AnonymityDecided,
        "affair_retired.v1": events.AffairRetired,
        "responsibility_assigned.v1": events.ResponsibilityAssigned,
        "responsibility_revised.v1": events.ResponsibilityRevised,
        "responsibility_ended.v1": events.ResponsibilityEnded,
        "calendar_defined.v1": events.CalendarDefined,
        "commitment_published.v1": events.CommitmentPublished,
        "service_published.v1": events.ServicePublished,
        "service_changed.v1": events.ServiceChanged,
        "service_suspended.v1": events.ServiceSuspended,
        "service_resumed.v1": events.ServiceResumed,
        "service_retired.v1": events.ServiceRetired,
        "area_noted.v1": events.AreaNoted,
        "body_noted.v1": events.BodyNoted,
    },
)
