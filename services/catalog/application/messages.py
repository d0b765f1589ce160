"""How the catalog's values look in messages: shared by what is published and what is answered."""

from linli.catalog.v1 import catalog_types_pb2 as pb

from libs.rpc.texts import localized
from libs.rules.due import Limit, Unit
from services.catalog.domain.details import Cost, Details, Eligibility, Place, Schedule
from services.catalog.domain.working_time import Hours, WeekdayHours, WorkingTime

UNITS = {
    Unit.WORKING_HOURS: pb.LIMIT_UNIT_WORKING_HOURS,
    Unit.WORKING_DAYS: pb.LIMIT_UNIT_WORKING_DAYS,
    Unit.CALENDAR_HOURS: pb.LIMIT_UNIT_CALENDAR_HOURS,
    Unit.CALENDAR_DAYS: pb.LIMIT_UNIT_CALENDAR_DAYS,
}


def limit(given: Limit | None) -> pb.Limit | None:
    """A limit, or nothing."""
    return None if given is None else pb.Limit(amount=given.amount, unit=UNITS[given.unit])


def working_time(given: WorkingTime) -> pb.WorkingTime:
    """When work is done."""
    return pb.WorkingTime(
        time_zone=given.zone,
        week=[weekday_hours(day) for day in given.week],
        holidays=[day.isoformat() for day in given.holidays],
        working_dates=[
            pb.WorkingDate(date=each.on.isoformat(), hours=[hours(stretch) for stretch in each.hours])
            for each in given.working_dates
        ],
    )


def weekday_hours(day: WeekdayHours) -> pb.WeekdayHours:
    """The hours of a weekday; the enum counts from Monday = 1, as we do."""
    return pb.WeekdayHours(
        weekday=pb.Weekday.ValueType(day.weekday), hours=[hours(stretch) for stretch in day.hours]
    )


def hours(stretch: Hours) -> pb.Hours:
    """A stretch of a day."""
    return pb.Hours(from_minute=stretch.start, until_minute=stretch.until)


def details(given: Details) -> pb.ServiceDetails:
    """All that is said about a service; what is not said is not set."""
    return pb.ServiceDetails(
        affair_id=given.affair_id,
        area_ids=given.area_ids,
        name=localized(given.name),
        description=localized(given.description) if given.description else None,
        eligibility=_eligibility(given.eligibility) if given.eligibility != Eligibility() else None,
        schedule=_schedule(given.schedule) if given.schedule != Schedule() else None,
        places=[_place(place) for place in given.places],
        cost=_cost(given.cost) if given.cost != Cost() else None,
        languages=given.languages,
        accessibility=given.accessibility,
        capacity=pb.Capacity(amount=given.capacity.amount, unit=given.capacity.unit)
        if given.capacity.amount or given.capacity.unit
        else None,
        url=given.url,
        phone=given.phone,
    )


def _eligibility(given: Eligibility) -> pb.Eligibility:
    return pb.Eligibility(
        minimum_age=given.minimum_age,
        maximum_age=given.maximum_age,
        groups=given.groups,
        terms=localized(given.terms) if given.terms else None,
    )


def _schedule(given: Schedule) -> pb.Schedule:
    return pb.Schedule(
        time_zone=given.zone,
        week=[weekday_hours(day) for day in given.week],
        terms=localized(given.terms) if given.terms else None,
    )


def _place(given: Place) -> pb.Place:
    place = pb.Place(name=localized(given.name) if given.name else None, address=given.address)
    if given.latitude is not None and given.longitude is not None:
        place.location.latitude, place.location.longitude = given.latitude, given.longitude
    return place


def _cost(given: Cost) -> pb.Cost:
    return pb.Cost(
        free=given.free,
        amount_minor=given.amount_minor,
        currency=given.currency,
        terms=localized(given.terms) if given.terms else None,
    )
