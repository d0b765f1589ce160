"""What a provider says about a service. The words follow Open Referral HSDS 3, to be exported so later."""

import unicodedata
from dataclasses import dataclass, field, replace

from libs.ledger.text import Text
from services.catalog.domain import refusals
from services.catalog.domain.values import SILENT, distinct
from services.catalog.domain.working_time import WeekdayHours, check_zone, checked_week


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligibility:
    """Who may use it; limits that are 0 or empty do not apply."""

    minimum_age: int = 0
    maximum_age: int = 0
    groups: tuple[str, ...] = ()
    terms: Text = SILENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When it can be used; no hours: by appointment."""

    zone: str = ""
    week: tuple[WeekdayHours, ...] = ()
    terms: Text = SILENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where it can be used; degrees, WGS 84, or neither."""

    name: Text = SILENT
    address: str = ""
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What it costs, in the smallest unit of the currency; nothing said: unknown."""

    free: bool = False
    amount_minor: int = 0
    currency: str = ""
    terms: Text = SILENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """How many of what; 0: no limit is known."""

    amount: int = 0
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """All of it."""

    affair_id: str
    name: Text
    area_ids: tuple[str, ...] = ()
    description: Text = SILENT
    eligibility: Eligibility = field(default_factory=Eligibility)
    schedule: Schedule = field(default_factory=Schedule)
    places: tuple[Place, ...] = ()
    cost: Cost = field(default_factory=Cost)
    languages: tuple[str, ...] = ()
    accessibility: tuple[str, ...] = ()
    capacity: Capacity = field(default_factory=Capacity)
    url: str = ""
    phone: str = ""


def checked(details: Details) -> Details:
    """The details without repetitions. Refuses what contradicts itself."""
    if not details.name:
        raise refusals.name_is_missing("details.name")
    limits = details.eligibility
    if limits.maximum_age and limits.maximum_age < limits.minimum_age:
        raise refusals.ages_contradict()
    if details.cost.free and details.cost.amount_minor:
        raise refusals.cost_contradicts("it is free, or it has a price", "details.cost.free")
    if details.cost.amount_minor and not details.cost.currency:
        raise refusals.cost_contradicts("say in which currency the price is", "details.cost.currency")
    schedule = details.schedule
    if schedule.week or schedule.zone:
        check_zone(schedule.zone, "details.schedule.time_zone")
    return replace(
        details,
        area_ids=distinct(details.area_ids),
        eligibility=replace(limits, groups=distinct(limits.groups)),
        schedule=replace(schedule, week=checked_week(schedule.week, "details.schedule.week")),
        languages=distinct(details.languages),
        accessibility=distinct(details.accessibility),
        phone=unicodedata.normalize("NFKC", details.phone).strip(),
    )
