"""What a platform has, as the parts of a file: the other way round than `wired`, without what is usual."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from linli.catalog.v1 import catalog_service_pb2 as catalog
from linli.catalog.v1 import catalog_types_pb2 as types
from linli.identity.v1 import identity_service_pb2 as identity

from libs.rpc.enums import EnumWords
from libs.rpc.moments import moment
from libs.rpc.terms import UNITS, choice_shown, terms_of, terms_shown
from libs.rules.due import Limit
from libs.rules.terms import OUTCOMES
from services.catalog.adapters.official_days import china
from services.command.community import model
from services.command.community.enums import BODY_KINDS, EVIDENCE_KINDS, LEVELS, RECIPIENTS, ROLES
from services.command.community.forms import hours_written, limit_written, moment_written
from services.command.community.wired import WEEKDAYS
from services.identity.domain.units import unit_key

_LIMITS = ("answer", "dispatch", "first_response", "resolution")
_USUAL = ("adjudication", "pauses", "escalation", "reject_reasons", "message_limits")


class Unwired:
    """The parts of a file whose dates are of a time zone."""

    def __init__(self, zone: str) -> None:
        self._zone = zone

    def area(self, area: Any) -> model.Area:
        """Of an area, or of the request that defines it."""
        return model.Area(
            id=area.area_id,
            parent=area.parent_id,
            level=_word(LEVELS, area.level),
            name=_name(area.name),
        )

    def body(self, body: identity.Body | identity.RegisterBodyRequest) -> model.Body:
        """Of a body that has a local code, or of its request."""
        return model.Body(
            id=body.natural_key.value,
            kind=_word(BODY_KINDS, body.kind),
            name=_name(body.name),
            area=body.area_id,
        )

    def qualification(self, qualification: Any) -> model.Qualification:
        """Of a kind of certificate, or of its request."""
        return model.Qualification(
            id=qualification.qualification_id,
            name=_name(qualification.name),
            valid_days=qualification.valid_days,
        )

    def post(self, post: Any) -> model.Post:
        """Of a post, or of its request, whoever holds it; needs and roles in one order."""
        roles = sorted((_word(ROLES, each.role), each.area_id, each.body_id) for each in post.roles)
        return model.Post(
            id=post.post_id,
            body=post.body_id,
            name=_name(post.title),
            area=post.area_id,
            needs=sorted({*post.qualification_ids}),
            roles=[model.Grant(role=role, area=area, body=body) for role, area, body in roles],
        )

    def building(self, building: Any, units: Iterable[str]) -> model.Building:
        """Of a building, or of its request; the units in the order of what they are known by."""
        point = building.location if building.HasField("location") else None
        stands = building.stands_from_time if building.HasField("stands_from_time") else None
        return model.Building(
            id=building.building_id,
            area=building.area_id,
            address=building.address,
            latitude=point.latitude if point else None,
            longitude=point.longitude if point else None,
            stands_from=moment_written(moment(stands), self._zone) if stands else "",
            units=sorted(units, key=unit_key),
        )

    def affair(self, affair: Any, *, retired: bool) -> model.Affair:
        """Of an affair, or of its request."""
        outcomes = [_choice(each) for each in affair.outcomes]
        usual = [_choice(choice_shown(each)) for each in OUTCOMES]
        return model.Affair(
            id=affair.affair_id,
            parent=affair.parent_id,
            name=_name(affair.name),
            anonymous=affair.anonymous_allowed,
            keywords=list(affair.keywords),
            outcomes=[] if outcomes == usual else outcomes,
            retired=retired,
        )

    def responsibility(self, item: Any, since: datetime, until: datetime | None) -> model.Responsibility:
        """Of a version of an item, and when it holds."""
        return model.Responsibility(
            affair=item.affair_id,
            area=item.area_id,
            body=item.body_id,
            legal_basis=item.legal_basis,
            helpers=list(item.helper_ids),
            valid_from=moment_written(since, self._zone),
            valid_until=moment_written(until, self._zone) if until else "",
        )

    def calendar(self, calendar: Any) -> model.Calendar:
        """Of a calendar, or of its request; official days are left out."""
        time = calendar.working_time
        official = bool(time.official_days)
        known = china() if official else None
        days = {str(day) for day in (*known.holidays, *known.worked)} if known else set()
        week = {day.weekday: _hours(day.hours) for day in time.week}
        usual = week[min(week)] if week else ""
        until = "" if known and time.known_until_date <= known.until.isoformat() else time.known_until_date
        return model.Calendar(
            id=calendar.calendar_id,
            name=_name(calendar.name),
            time_zone="" if time.time_zone == self._zone else time.time_zone,
            week=_week(time.week),
            holidays=[day for day in sorted(time.holidays) if day not in days],
            working_days=[
                model.WorkingDay(date=day.date, hours="" if _hours(day.hours) == usual else _hours(day.hours))
                for day in sorted(time.working_dates, key=lambda each: str(each.date))
                if day.date not in days or _hours(day.hours) != usual
            ],
            days="china" if official else "",
            known_until=until,
        )

    def commitment(self, given: Any) -> model.Commitment:
        """Of a commitment, or of its request."""
        limits: dict[str, Any] = {name: _limit(given, name) for name in _LIMITS}
        whole, usual = terms_shown(terms_of(given)), _usual(given)
        said = {name: whole[name] for name in _USUAL if whole[name] != usual[name]}
        return model.Commitment(
            affair=given.affair_id,
            area=given.area_id,
            calendar=given.calendar_id,
            **limits,
            evidence=[_word(EVIDENCE_KINDS, each) for each in given.evidence_kinds],
            conditions=[_name(each) for each in given.conditions],
            confirmation_days=whole["confirmation_days"],
            reopening_days=whole["reopening_days"],
            **_terms(said),
            valid_from=moment_written(moment(given.valid_from_time), self._zone),
        )

    def service(self, service: Any, status: str) -> model.Service:
        """Of a service, or of its request."""
        of = service.details
        return model.Service(
            id=service.service_id,
            body=service.body_id,
            affair=of.affair_id,
            areas=list(of.area_ids),
            name=_name(of.name),
            description=_name_or_none(of.description),
            eligibility=_part(
                model.Eligibility(
                    minimum_age=of.eligibility.minimum_age,
                    maximum_age=of.eligibility.maximum_age,
                    groups=list(of.eligibility.groups),
                    terms=_name_or_none(of.eligibility.terms),
                )
            ),
            schedule=self._schedule(of.schedule),
            places=[_site(each) for each in of.places],
            cost=_part(
                model.Cost(
                    free=of.cost.free,
                    amount_minor=of.cost.amount_minor,
                    currency=of.cost.currency,
                    terms=_name_or_none(of.cost.terms),
                )
            ),
            languages=list(of.languages),
            accessibility=list(of.accessibility),
            capacity=_part(model.Capacity(amount=of.capacity.amount, unit=of.capacity.unit)),
            url=of.url,
            phone=of.phone,
            status=status,  # type: ignore[arg-type] # one of the three
        )

    def _schedule(self, schedule: types.Schedule) -> model.Schedule | None:
        zone = schedule.time_zone
        week = _week(schedule.week) if schedule.week else None
        found = model.Schedule(
            time_zone="" if zone == self._zone else zone, week=week, terms=_name_or_none(schedule.terms)
        )
        return None if found == model.Schedule() else found


def _usual(given: Any) -> Mapping[str, Any]:
    """The terms that it would have if it named its limits alone."""
    bare = catalog.PublishCommitmentRequest(
        **{name: getattr(given, name) for name in _LIMITS if given.HasField(name)}
    )
    return terms_shown(terms_of(bare))


def _terms(said: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "adjudication" in said:
        found["adjudication"] = _written(said["adjudication"])
    if "pauses" in said:
        pauses = said["pauses"]
        reasons = [
            model.PauseReason(
                code=each.reason.code,
                zh=each.reason.label.zh,
                en=each.reason.label.en,
                limit=_written(each.limit),
            )
            for each in pauses.reasons
        ]
        found["pauses"] = model.Pauses(limit=_written(pauses.limit), reasons=reasons)
    if "escalation" in said:
        found["escalation"] = _escalation(said["escalation"])
    if "reject_reasons" in said:
        found["reject_reasons"] = [_choice(each) for each in said["reject_reasons"]]
    if "message_limits" in said:
        limits = said["message_limits"]
        found["message_limits"] = model.MessageLimits(
            resident=_written(limits.resident),
            community=_written(limits.community),
            department=_written(limits.department),
        )
    return found


def _escalation(escalation: types.Escalation) -> model.Escalation:
    levels = [
        model.EscalationLevel(
            percent=each.percent,
            after=_limit(each, "after"),
            recipient=_word(RECIPIENTS, each.recipient),
            area_level=_word(LEVELS, each.area_level),
        )
        for each in escalation.levels
    ]
    return model.Escalation(acknowledgement=_written(escalation.acknowledgement), levels=levels)


def _limit(given: Any, name: str) -> str:
    return _written(getattr(given, name)) if given.HasField(name) else ""


def _written(limit: types.Limit) -> str:
    return limit_written(Limit(amount=limit.amount, unit=UNITS.from_wire(limit.unit)))


def _hours(stretches: Iterable[types.Hours]) -> str:
    return hours_written(tuple((each.from_minute, each.until_minute) for each in stretches))


def _week(days: Iterable[types.WeekdayHours]) -> model.Week:
    return model.Week(**{WEEKDAYS[day.weekday - 1]: _hours(day.hours) for day in days})


def _choice(each: types.Choice) -> model.Choice:
    return model.Choice(code=each.code, zh=each.label.zh, en=each.label.en)


def _name(text: Any) -> model.Name:
    return model.Name(zh=text.zh, en=text.en)


def _name_or_none(text: Any) -> model.Name | None:
    return _name(text) if text.zh or text.en else None


def _part(part: Any) -> Any:
    """A part that says something, or nothing."""
    return None if part == type(part)() else part


def _site(place: types.Place) -> model.Site:
    located = place.HasField("location")
    return model.Site(
        name=_name_or_none(place.name),
        address=place.address,
        latitude=place.location.latitude if located else None,
        longitude=place.location.longitude if located else None,
    )


def _word(words: EnumWords, number: int) -> Any:
    """The value of an enum as the file writes it; the model names the words that there are."""
    return words.word(number)
