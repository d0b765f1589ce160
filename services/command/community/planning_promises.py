"""The difference in calendars, responsibilities and commitments: what holds in time, version by version."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from linli.catalog.v1 import catalog_service_pb2 as catalog

from libs.rpc.moments import moment, moment_of
from libs.rpc.terms import terms_of
from services.catalog.adapters.official_days import china
from services.catalog.domain.working_time import WorkingTime, checked, with_official
from services.catalog.entrypoints.wire.calendar import working_time_of
from services.command.community.forms import moment_written
from services.command.community.model import Calendar, Commitment, Community
from services.command.community.standing import Standing
from services.command.community.steps import Action, Call, Step
from services.command.community.wired import Wired
from services.command.community.wording_of_steps import Said, joined, say


def calendars(community: Community, wired: Wired, standing: Standing) -> Iterator[Step]:
    """A calendar that says something else gets a version that holds from now on."""
    for calendar in community.calendars:
        yield _calendar(calendar, wired, standing)


def _calendar(calendar: Calendar, wired: Wired, standing: Standing) -> Step:
    request = wired.calendar(calendar)
    known = standing.calendar(calendar.id)
    call = Call(
        service="catalog",
        rpc="define_calendar",
        request=request,
        since=known.revision if known else "",
        bound=known is not None,
    )
    if known is None:
        return Step(action=Action.CREATE, section="calendars", name=calendar.id, calls=(call,))
    wanted, has = working_time_of(request.working_time), working_time_of(known.calendar.working_time)
    if wanted.official:
        days = china()
        wanted, has = _until(days.until, with_official(wanted, days)), _until(days.until, has)
    if (known.calendar.name, has) == (request.name, checked(wanted)):
        return Step(action=Action.LEAVE, section="calendars", name=calendar.id)
    why = say("next", version=known.calendar.version + 1)
    return Step(action=Action.CHANGE, section="calendars", name=calendar.id, why=why, calls=(call,))


def _until(last: date, time: WorkingTime) -> WorkingTime:
    """The working time without days that this release cannot know, and a platform of a later one may."""
    return replace(
        time,
        holidays=tuple(day for day in time.holidays if day <= last),
        working_dates=tuple(day for day in time.working_dates if day.on <= last),
        known_until=None,
    )


@dataclass(frozen=True, slots=True)
class Held:
    """A stretch of an item of the platform in which one version holds."""

    since: datetime
    until: datetime | None
    version: catalog.Responsibility
    item: catalog.GetResponsibilityResponse

    @property
    def said(self) -> tuple[str, str, tuple[str, ...]]:
        """Body, basis and helpers."""
        return self.version.body_id, self.version.legal_basis, tuple(self.version.helper_ids)


def responsibilities(community: Community, wired: Wired, standing: Standing, now: datetime) -> Iterator[Step]:
    """Who answers: an item that says something else is revised from the moment that the file names."""
    clock = _Clock(now, community.time_zone)
    for item in community.responsibilities:
        request = wired.responsibility(item)
        known = list(held(standing.responsibilities(item.affair, item.area)))
        yield _responsibility(request, known, clock)


@dataclass(frozen=True, slots=True)
class _Clock:
    """What time it is, and the zone in which times are told."""

    now: datetime
    zone: str

    def told(self, moment: datetime) -> str:
        """A moment as the file would write it."""
        return moment_written(moment, self.zone)

    def past(self, moment: datetime) -> Iterator[Said]:
        """How long ago it was, from a day on."""
        if days := max(0, (self.now - moment).days):
            yield say("past", days=days)


def held(items: list[catalog.GetResponsibilityResponse]) -> Iterator[Held]:
    """When which version of the items holds; a version that another one replaced at once never does."""
    for item in items:
        begins = [moment(each.valid_from_time) for each in item.versions]
        for number, version in enumerate(item.versions):
            end = moment_of(version, "valid_until_time")
            ends = begins[number + 1] if number + 1 < len(begins) else end
            if ends is None or begins[number] < ends:
                yield Held(begins[number], ends, version, item)


def _responsibility(wanted: catalog.AssignResponsibilityRequest, known: list[Held], clock: _Clock) -> Step:
    name = f"{wanted.affair_id} in {wanted.area_id}"
    since, until = moment(wanted.valid_from_time), moment_of(wanted, "valid_until_time")
    said = (wanted.body_id, wanted.legal_basis.strip(), tuple(wanted.helper_ids))
    if any(each.since == since and each.until == until and each.said == said for each in known):
        return Step(action=Action.LEAVE, section="responsibilities", name=name)
    during = [
        each
        for each in known
        if (each.until is None or since < each.until) and (until is None or each.since < until)
    ]
    if not during:
        salt = str(len({each.item.versions[0].item_id for each in known}))
        call = Call(service="catalog", rpc="assign_responsibility", request=wanted, since=salt)
        return Step(action=Action.CREATE, section="responsibilities", name=name, calls=(call,))
    return _revised(name, wanted, during, clock)


def _revised(
    name: str, wanted: catalog.AssignResponsibilityRequest, during: list[Held], clock: _Clock
) -> Step:
    since, until = moment(wanted.valid_from_time), moment_of(wanted, "valid_until_time")
    last = during[-1]
    newest, item_id = last.item.versions[-1], last.item.versions[0].item_id
    end = moment_of(newest, "valid_until_time")
    if len({each.item.versions[0].item_id for each in during}) > 1 or moment(newest.valid_from_time) > since:
        why = say("in-parts", item=item_id)
        return Step(action=Action.CANNOT, section="responsibilities", name=name, why=why)
    if end is not None and (until is None or end < until):
        why = say("end-later", item=item_id, end=clock.told(end))
        return Step(action=Action.CANNOT, section="responsibilities", name=name, why=why)
    calls, whys = [], list[Said]()
    if (newest.body_id, newest.legal_basis, tuple(newest.helper_ids)) != (
        wanted.body_id, wanted.legal_basis.strip(), tuple(wanted.helper_ids),
    ):  # fmt: skip
        revision = catalog.ReviseResponsibilityRequest(
            item_id=item_id,
            body_id=wanted.body_id,
            legal_basis=wanted.legal_basis,
            helper_ids=wanted.helper_ids,
            valid_from_time=wanted.valid_from_time,
        )
        calls.append(_call("revise_responsibility", revision, last.item))
        whys += [*_becomes(newest, wanted, clock.told(since)), *clock.past(since)]
    if until is not None and until != end:
        ended = catalog.EndResponsibilityRequest(item_id=item_id, valid_until_time=wanted.valid_until_time)
        calls.append(_call("end_responsibility", ended, last.item))
        whys.append(say("ends", until=clock.told(until)))
    if not calls:
        return Step(action=Action.LEAVE, section="responsibilities", name=name)
    action = Action.CHANGE if calls[0].rpc.startswith("revise") else Action.END
    why = joined(whys, "；", "; ")
    return Step(action=action, section="responsibilities", name=name, why=why, calls=calls)


def _becomes(
    newest: catalog.Responsibility, wanted: catalog.AssignResponsibilityRequest, since: str
) -> Iterator[Said]:
    """What a revision changes."""
    if newest.body_id != wanted.body_id:
        yield say("handed", body=wanted.body_id, since=since, was=newest.body_id)
    if newest.legal_basis != wanted.legal_basis.strip():
        yield say("basis", since=since)
    if list(newest.helper_ids) != list(wanted.helper_ids):
        yield say("helpers", since=since)


def _call(rpc: str, request: Any, item: catalog.GetResponsibilityResponse) -> Call:
    return Call(service="catalog", rpc=rpc, request=request, since=item.revision, bound=True)


def commitments(community: Community, wired: Wired, standing: Standing, now: datetime) -> Iterator[Step]:
    """What is promised: other terms are the next version."""
    clock = _Clock(now, community.time_zone)
    for promise in community.commitments:
        yield _commitment(promise, wired, standing, clock)


def _commitment(promise: Commitment, wired: Wired, standing: Standing, clock: _Clock) -> Step:
    request = wired.commitment(promise)
    since = moment(request.valid_from_time)
    name = f"{promise.affair} in {promise.area}" if promise.area else promise.affair
    known = standing.commitment(promise.affair, promise.area, max(clock.now, since))
    salt = f"{known.version}" if known else ""
    call = Call(service="catalog", rpc="publish_commitment", request=request, since=salt)
    if known is None:
        return Step(action=Action.CREATE, section="commitments", name=name, calls=(call,))
    holds = moment(known.valid_from_time)
    if _promised(known) == _promised(request):
        if holds <= since:
            return Step(action=Action.LEAVE, section="commitments", name=name)
        why = say("held", since=clock.told(holds))
        return Step(action=Action.CANNOT, section="commitments", name=name, why=why)
    if since < holds:
        why = say("held-later", version=known.version, since=clock.told(holds))
        return Step(action=Action.CANNOT, section="commitments", name=name, why=why)
    why = say("next-from", version=known.version + 1, since=clock.told(since))
    return Step(action=Action.CHANGE, section="commitments", name=name, why=why, calls=(call,))


def _promised(given: Any) -> tuple[Any, ...]:
    """What a commitment says: the request with the usual terms in place of what it leaves out."""
    conditions = [(each.zh, each.en) for each in given.conditions]
    return terms_of(given), given.calendar_id, conditions
