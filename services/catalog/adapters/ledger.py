"""The stored events of the catalog, under the names they keep for ever."""

from typing import Any

import msgspec

from libs.forgetting import telling
from libs.ledger.store.mapper import Events
from libs.rules.terms import of_limits
from services.catalog.domain import affair, calendar, commitment, noted, responsibility, service

_PUBLISHED = {
    "affair_defined.v1": affair.AffairDefined,
    "affair_renamed.v1": affair.AffairRenamed,
    "anonymity_decided.v1": affair.AnonymityDecided,
    "outcomes_decided.v1": affair.OutcomesDecided,
    "affair_retired.v1": affair.AffairRetired,
    "responsibility_assigned.v1": responsibility.ResponsibilityAssigned,
    "responsibility_revised.v1": responsibility.ResponsibilityRevised,
    "responsibility_ended.v1": responsibility.ResponsibilityEnded,
    "calendar_defined.v1": calendar.CalendarDefined,
    "commitment_published.v2": commitment.CommitmentPublished,
    "service_published.v1": service.ServicePublished,
    "service_changed.v1": service.ServiceChanged,
    "service_suspended.v1": service.ServiceSuspended,
    "service_resumed.v1": service.ServiceResumed,
    "service_retired.v1": service.ServiceRetired,
}
_PRIVATE = {
    "area_noted.v1": noted.AreaNoted,
    "area_end_noted.v1": noted.AreaEndNoted,
    "body_noted.v1": noted.BodyNoted,
}


def _with_terms(fields: dict[str, Any]) -> dict[str, Any]:
    """A commitment said two limits and evidence; the rest of its terms are the usual ones."""
    return {**fields, "terms": msgspec.to_builtins(of_limits(fields))}


_UPCASTS = {"commitment_published.v1": ("commitment_published.v2", _with_terms)}
EVENTS = Events(
    service="catalog",
    types={**_PUBLISHED, **_PRIVATE, **telling.PUBLISHED, **telling.PRIVATE},
    upcasts=_UPCASTS,
    private=frozenset({*_PRIVATE, *telling.PRIVATE}),
)
