"""How requests become values of the domain."""

from collections.abc import Iterable
from datetime import date

from linli.catalog.v1 import catalog_types_pb2 as pb

from libs.rpc.call import Call
from libs.rpc.texts import text_of
from libs.rules.due import Limit
from services.catalog.application.messages import UNITS
from services.catalog.application.ports import Permit
from services.catalog.domain import refusals
from services.catalog.domain.details import Capacity, Cost, Details, Eligibility, Place, Schedule
from services.catalog.domain.working_time import Hours, WeekdayHours, WorkingDate, WorkingTime

_UNITS = {number: unit for unit, number in UNITS.items()}


def permit(call: Call) -> Permit:
    """Asks the caller's grants."""

    def covered(area_path: str = "", body_id: str = "") -> None:
        call.require(area_path=area_path or None, body=body_id or None)

    return covered


def limit(given: pb.Limit) -> Limit:
    """A limit; the rules have checked the unit."""
    return Limit(amount=given.amount, unit=_UNITS[given.unit])


def working_time(given: pb.WorkingTime) -> WorkingTime:
    """When work is done. Refuses DATE_INVALID."""
    return WorkingTime(
        zone=given.time_zone,
        week=tuple(_weekday(day) for day in given.week),
        holidays=tuple(_day(each, "working_time.holidays") for each in given.holidays),
        working_dates=tuple(
            WorkingDate(on=_day(each.date, "working_time.working_dates"), hours=_hours(each.hours))
            for each in given.working_dates
        ),
    )


def details(given: pb.ServiceDetails) -> Details:
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
            week=tuple(_weekday(day) for day in given.schedule.week),
            terms=text_of(given.schedule.terms),
        ),
        places=tuple(_place(place) for place in given.places),
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


def _place(given: pb.Place) -> Place:
    located = given.HasField("location")
    return Place(
        name=text_of(given.name),
        address=given.address,
        latitude=given.location.latitude if located else None,
        longitude=given.location.longitude if located else None,
    )


def _weekday(day: pb.WeekdayHours) -> WeekdayHours:
    return WeekdayHours(weekday=day.weekday, hours=_hours(day.hours))


def _hours(stretches: Iterable[pb.Hours]) -> tuple[Hours, ...]:
    return tuple(Hours(start=each.from_minute, until=each.until_minute) for each in stretches)


def _day(given: str, field: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise refusals.date_is_unreadable(field) from None
