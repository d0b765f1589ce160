"""How services and what is said about them look on the wire, both ways."""

from linli.catalog.v1 import catalog_service_pb2 as pb
from linli.catalog.v1 import catalog_types_pb2 as types

from libs.rpc.enums import EnumTable
from libs.rpc.moments import stamp_or_none
from libs.rpc.texts import localized, text_of
from services.catalog.application.ports import Found
from services.catalog.domain.details import Capacity, Cost, Details, Eligibility, Place, Schedule
from services.catalog.domain.service import Published, Suspended, status_of
from services.catalog.domain.values import ServiceStatus
from services.catalog.entrypoints.wire.calendar import weekday_of, weekday_shown

STATUSES = EnumTable(types.ServiceStatus, ServiceStatus)


def details_of(given: types.ServiceDetails) -> Details:
    """What is said about a service."""
    return Details(
        affair_id=given.affair_id,
        name=text_of(given.name),
        area_ids=tuple(given.area_ids),
        description=text_of(given.description),
        eligibility=Eligibility(
            minimum_age=given.eligibility.minimum_age,
            maximum_age=given.eligibility.maximum_age,
            groups=tuple(given.eligibility.groups),
            terms=text_of(given.eligibility.terms),
        ),
        schedule=Schedule(
            zone=given.schedule.time_zone,
            week=tuple(weekday_of(day) for day in given.schedule.week),
            terms=text_of(given.schedule.terms),
        ),
        places=tuple(_place_of(place) for place in given.places),
        cost=Cost(
            free=given.cost.free,
            amount_minor=given.cost.amount_minor,
            currency=given.cost.currency,
            terms=text_of(given.cost.terms),
        ),
        languages=tuple(given.languages),
        accessibility=tuple(given.accessibility),
        capacity=Capacity(amount=given.capacity.amount, unit=given.capacity.unit),
        url=given.url,
        phone=given.phone,
    )


def _place_of(given: types.Place) -> Place:
    located = given.HasField("location")
    return Place(
        name=text_of(given.name),
        address=given.address,
        latitude=given.location.latitude if located else None,
        longitude=given.location.longitude if located else None,
    )


def service_shown(published: Published) -> pb.Service:
    """A service; `expected_resume_time` only while it is suspended."""
    offer = published.offer
    return pb.Service(
        service_id=offer.service_id,
        body_id=offer.body_id,
        status=STATUSES.to_wire(status_of(published)),
        details=details_shown(offer.details),
        expected_resume_time=stamp_or_none(
            published.expected_resume if isinstance(published, Suspended) else None
        ),
    )


def found_shown(found: Found) -> pb.FoundService:
    """A service that was found, and how well it fits the words."""
    return pb.FoundService(service=service_shown(found.service), score=found.score)


def details_shown(kept: Details) -> types.ServiceDetails:
    """All that is said about a service; what is not said is not set."""
    return types.ServiceDetails(
        affair_id=kept.affair_id,
        area_ids=kept.area_ids,
        name=localized(kept.name),
        description=localized(kept.description) if kept.description else None,
        eligibility=_eligibility_shown(kept.eligibility) if kept.eligibility != Eligibility() else None,
        schedule=_schedule_shown(kept.schedule) if kept.schedule != Schedule() else None,
        places=[_place_shown(place) for place in kept.places],
        cost=_cost_shown(kept.cost) if kept.cost != Cost() else None,
        languages=kept.languages,
        accessibility=kept.accessibility,
        capacity=types.Capacity(amount=kept.capacity.amount, unit=kept.capacity.unit)
        if kept.capacity.amount or kept.capacity.unit
        else None,
        url=kept.url,
        phone=kept.phone,
    )


def _eligibility_shown(kept: Eligibility) -> types.Eligibility:
    return types.Eligibility(
        minimum_age=kept.minimum_age,
        maximum_age=kept.maximum_age,
        groups=kept.groups,
        terms=localized(kept.terms) if kept.terms else None,
    )


def _schedule_shown(kept: Schedule) -> types.Schedule:
    return types.Schedule(
        time_zone=kept.zone,
        week=[weekday_shown(day) for day in kept.week],
        terms=localized(kept.terms) if kept.terms else None,
    )


def _place_shown(kept: Place) -> types.Place:
    place = types.Place(name=localized(kept.name) if kept.name else None, address=kept.address)
    if kept.latitude is not None and kept.longitude is not None:
        place.location.latitude, place.location.longitude = kept.latitude, kept.longitude
    return place


def _cost_shown(kept: Cost) -> types.Cost:
    return types.Cost(
        free=kept.free,
        amount_minor=kept.amount_minor,
        currency=kept.currency,
        terms=localized(kept.terms) if kept.terms else None,
    )
