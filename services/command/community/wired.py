"""What a file says, as the requests of the public rpcs, yet without their `request_id`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from linli.catalog.v1 import catalog_service_pb2 as catalog
from linli.catalog.v1 import catalog_types_pb2 as types
from linli.identity.v1 import identity_service_pb2 as identity
from linli.identity.v1 import identity_staffing_pb2 as staffing
from linli.identity.v1 import identity_types_pb2 as kinds
from linli.types.v1.types_pb2 import LocalizedText, Point

from libs.rpc.moments import stamp, stamp_or_none
from services.command.community import model
from services.command.community.enums import (
    BODY_KINDS,
    EVIDENCE_KINDS,
    FACT_KINDS,
    LEVELS,
    RECIPIENTS,
    RELATIONS,
    ROLES,
)
from services.command.community.forms import hours_of, limit_of, moment_of

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_UNITS = {
    "working_hours": types.LIMIT_UNIT_WORKING_HOURS,
    "working_days": types.LIMIT_UNIT_WORKING_DAYS,
    "calendar_hours": types.LIMIT_UNIT_CALENDAR_HOURS,
    "calendar_days": types.LIMIT_UNIT_CALENDAR_DAYS,
}


class Wired:
    """The requests of one file: its zone and its moment go into those that name none of their own."""

    def __init__(self, community: model.Community) -> None:
        self._zone = community.time_zone
        self._since = community.valid_from

    def since(self, own: str) -> datetime | None:
        """When something begins to hold."""
        said = own or self._since
        return moment_of(said, self._zone) if said else None

    def area(self, area: model.Area) -> identity.DefineAreaRequest:
        """Without its boundary, which is large: `boundary` has it."""
        return identity.DefineAreaRequest(
            area_id=area.id,
            parent_id=area.parent,
            level=LEVELS.number(area.level),
            name=text(area.name),
        )

    def boundary(self, area_id: str, boundary: str, own: str) -> identity.ChangeBoundaryRequest:
        """A boundary in its canonical form."""
        return identity.ChangeBoundaryRequest(
            area_id=area_id, boundary=boundary, valid_from_time=stamp_or_none(self.since(own))
        )

    def body(self, body: model.Body) -> identity.RegisterBodyRequest:
        """A body, by its code."""
        return identity.RegisterBodyRequest(
            natural_key=kinds.NaturalKey(kind=kinds.KEY_KIND_LOCAL_CODE, value=body.id),
            kind=BODY_KINDS.number(body.kind),
            name=text(body.name),
            area_id=body.area,
        )

    def qualification(self, qualification: model.Qualification) -> staffing.DefineQualificationRequest:
        """A kind of certificate."""
        return staffing.DefineQualificationRequest(
            qualification_id=qualification.id,
            name=text(qualification.name),
            valid_days=qualification.valid_days,
        )

    def post(self, post: model.Post) -> staffing.EstablishPostRequest:
        """A post of a body, since now."""
        return staffing.EstablishPostRequest(
            post_id=post.id,
            body_id=post.body,
            title=text(post.name),
            area_id=post.area,
            qualification_ids=post.needs,
            roles=[
                staffing.PostRole(role=ROLES.number(each.role), area_id=each.area, body_id=each.body)
                for each in post.roles
            ],
        )

    def person(self, person: model.Person) -> identity.RegisterResidentRequest:
        """A person, by their staff number."""
        return identity.RegisterResidentRequest(
            natural_key=kinds.NaturalKey(kind=kinds.KEY_KIND_STAFF_NUMBER, value=person.staff_number),
            name=person.name,
            area_id=person.area,
        )

    def login(self, person: model.Person) -> identity.CreateLoginRequest:
        """How a person logs in; the id and the password are stand-ins that pass the rules."""
        return identity.CreateLoginRequest(
            party_id=person.staff_number, login_name=person.login, password="x" * 10
        )

    def grant(self, grant: model.Grant, party_id: str) -> identity.GrantRoleRequest:
        """A role of a person."""
        role = ROLES.number(grant.role)
        return identity.GrantRoleRequest(party_id=party_id, role=role, area_id=grant.area, body_id=grant.body)

    def building(self, building: model.Building) -> identity.RegisterBuildingRequest:
        """A building with its dwellings."""
        since = moment_of(building.stands_from, self._zone) if building.stands_from else None
        return identity.RegisterBuildingRequest(
            building_id=building.id,
            area_id=building.area,
            address=building.address,
            location=_point(building),
            stands_from_time=stamp_or_none(since),
            units=building.units,
        )

    def member(self, member: model.Member, area_id: str) -> identity.RegisterResidentRequest:
        """A person who lives in an area, by the number of their identity document."""
        return identity.RegisterResidentRequest(
            natural_key=kinds.NaturalKey(kind=kinds.KEY_KIND_NATIONAL_ID, value=member.national_id),
            name=member.name,
            area_id=area_id,
        )

    def household(self, household: model.Household, ids: Sequence[str]) -> identity.FormHouseholdRequest:
        """A household of people with these ids, in their order."""
        return identity.FormHouseholdRequest(
            building_id=household.building,
            unit=household.unit,
            members=[
                identity.NewMember(resident_id=resident_id, relation=RELATIONS.number(member.relation))
                for resident_id, member in zip(ids, household.members, strict=True)
            ],
            since_time=stamp(moment_of(household.since, self._zone)),
        )

    def visit(
        self, household: model.Household, household_id: str, ids: Sequence[str]
    ) -> identity.RecordVisitRequest:
        """What the file tells of a household: as a register, of the moment since when it lives there."""
        facts = [
            identity.ToldFact(kind=FACT_KINDS.number(each.kind), value=each.value) for each in household.facts
        ]
        facts += [
            identity.ToldFact(kind=FACT_KINDS.number(each.kind), value=each.value, resident_id=resident_id)
            for resident_id, member in zip(ids, household.members, strict=True)
            for each in member.facts
        ]
        return identity.RecordVisitRequest(
            household_id=household_id,
            source=kinds.FACT_SOURCE_REGISTER,
            observed_time=stamp(moment_of(household.since, self._zone)),
            facts=facts,
        )

    def affair(self, affair: model.Affair) -> catalog.DefineAffairRequest:
        """A kind of matter."""
        return catalog.DefineAffairRequest(
            affair_id=affair.id,
            parent_id=affair.parent,
            name=text(affair.name),
            anonymous_allowed=affair.anonymous,
            keywords=affair.keywords,
            outcomes=map(choice, affair.outcomes),
        )

    def responsibility(self, item: model.Responsibility) -> catalog.AssignResponsibilityRequest:
        """An item of the responsibility list."""
        until = moment_of(item.valid_until, self._zone) if item.valid_until else None
        return catalog.AssignResponsibilityRequest(
            affair_id=item.affair,
            area_id=item.area,
            body_id=item.body,
            legal_basis=item.legal_basis,
            helper_ids=item.helpers,
            valid_from_time=stamp_or_none(self.since(item.valid_from)),
            valid_until_time=stamp_or_none(until),
        )

    def calendar(self, calendar: model.Calendar) -> catalog.DefineCalendarRequest:
        """A working calendar."""
        week = hours_of_week(calendar.week)
        usual = next((day.hours for day in week), ())
        time = types.WorkingTime(
            time_zone=calendar.time_zone or self._zone,
            week=week,
            holidays=sorted(calendar.holidays),
            working_dates=[
                types.WorkingDate(date=day.date, hours=stretches(day.hours) if day.hours else usual)
                for day in sorted(calendar.working_days, key=lambda each: each.date)
            ],
            official_days=types.OFFICIAL_DAYS_CHINA if calendar.days else types.OFFICIAL_DAYS_UNSPECIFIED,
            known_until_date=calendar.known_until,
        )
        return catalog.DefineCalendarRequest(
            calendar_id=calendar.id, name=text(calendar.name), working_time=time
        )

    def commitment(self, promise: model.Commitment) -> catalog.PublishCommitmentRequest:
        """What is promised."""
        said: dict[str, Any] = {
            name: limit(getattr(promise, name))
            for name in ("answer", "dispatch", "first_response", "resolution", "adjudication")
        }
        return catalog.PublishCommitmentRequest(
            affair_id=promise.affair,
            area_id=promise.area,
            calendar_id=promise.calendar,
            **said,
            evidence_kinds=[EVIDENCE_KINDS.number(each) for each in promise.evidence],
            conditions=[text(each) or LocalizedText() for each in promise.conditions],
            confirmation_days=promise.confirmation_days,
            reopening_days=promise.reopening_days,
            pauses=_pauses(promise.pauses),
            escalation=_escalation(promise.escalation),
            reject_reasons=map(choice, promise.reject_reasons),
            message_limits=_message_limits(promise.message_limits),
            valid_from_time=stamp_or_none(self.since(promise.valid_from)),
        )

    def service(self, service: model.Service) -> catalog.PublishServiceRequest:
        """What a body offers."""
        return catalog.PublishServiceRequest(
            service_id=service.id, body_id=service.body, details=self._details(service)
        )

    def _details(self, service: model.Service) -> types.ServiceDetails:
        return types.ServiceDetails(
            affair_id=service.affair,
            area_ids=service.areas,
            name=text(service.name),
            description=text(service.description),
            eligibility=_eligibility(service.eligibility),
            schedule=self._schedule(service.schedule),
            places=map(_place, service.places),
            cost=_cost(service.cost),
            languages=service.languages,
            accessibility=service.accessibility,
            capacity=_capacity(service.capacity),
            url=service.url,
            phone=service.phone,
        )

    def _schedule(self, schedule: model.Schedule | None) -> types.Schedule | None:
        if schedule is None:
            return None
        week = hours_of_week(schedule.week) if schedule.week else []
        zone = schedule.time_zone or (self._zone if week else "")
        return types.Schedule(time_zone=zone, week=week, terms=text(schedule.terms))


def text(name: model.Name | None) -> LocalizedText | None:
    """A text in two languages."""
    return LocalizedText(zh=name.zh, en=name.en) if name else None


def choice(each: model.Choice | model.PauseReason) -> types.Choice:
    """An entry of a list to choose from."""
    return types.Choice(code=each.code, label=LocalizedText(zh=each.zh, en=each.en))


def limit(said: str) -> types.Limit | None:
    """A limit, or nothing."""
    if not said:
        return None
    found = limit_of(said)
    return types.Limit(amount=found.amount, unit=_UNITS[found.unit.value])


def stretches(said: str) -> list[types.Hours]:
    """Hours of a day."""
    return [types.Hours(from_minute=start, until_minute=until) for start, until in hours_of(said)]


def hours_of_week(week: model.Week) -> list[types.WeekdayHours]:
    """The hours of the days that have any."""
    return [
        types.WeekdayHours(weekday=types.Weekday.ValueType(number), hours=stretches(getattr(week, day)))
        for number, day in enumerate(WEEKDAYS, start=1)
        if getattr(week, day)
    ]


def _place(site: model.Site) -> types.Place:
    return types.Place(name=text(site.name), address=site.address, location=_point(site))


def _point(site: model.Site | model.Building) -> Point | None:
    if site.latitude is None or site.longitude is None:
        return None
    return Point(latitude=site.latitude, longitude=site.longitude)


def _eligibility(who: model.Eligibility | None) -> types.Eligibility | None:
    if who is None:
        return None
    return types.Eligibility(
        minimum_age=who.minimum_age, maximum_age=who.maximum_age, groups=who.groups, terms=text(who.terms)
    )


def _cost(cost: model.Cost | None) -> types.Cost | None:
    if cost is None:
        return None
    return types.Cost(
        free=cost.free, amount_minor=cost.amount_minor, currency=cost.currency, terms=text(cost.terms)
    )


def _capacity(capacity: model.Capacity | None) -> types.Capacity | None:
    return types.Capacity(amount=capacity.amount, unit=capacity.unit) if capacity else None


def _pauses(pauses: model.Pauses | None) -> types.Pauses | None:
    if pauses is None:
        return None
    reasons = [types.PauseReason(reason=choice(each), limit=limit(each.limit)) for each in pauses.reasons]
    return types.Pauses(reasons=reasons, limit=limit(pauses.limit))


def _escalation(escalation: model.Escalation | None) -> types.Escalation | None:
    if escalation is None:
        return None
    levels = [
        types.EscalationLevel(
            percent=each.percent,
            after=limit(each.after),
            recipient=RECIPIENTS.number(each.recipient),
            area_level=LEVELS.number(each.area_level),
        )
        for each in escalation.levels
    ]
    return types.Escalation(levels=levels, acknowledgement=limit(escalation.acknowledgement))


def _message_limits(limits: model.MessageLimits | None) -> types.MessageLimits | None:
    if limits is None:
        return None
    return types.MessageLimits(
        resident=limit(limits.resident),
        community=limit(limits.community),
        department=limit(limits.department),
    )
