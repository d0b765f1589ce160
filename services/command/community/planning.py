"""The difference between a file and a platform, as steps: what to create, change, end, and what cannot be."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from google.protobuf.message import Message
from linli.catalog.v1 import catalog_service_pb2 as catalog
from linli.identity.v1 import identity_service_pb2 as identity
from linli.types.v1.types_pb2 import LocalizedText

from libs.rpc.moments import stamp
from libs.rpc.terms import choice_shown
from libs.rules.terms import OUTCOMES
from services.catalog.domain.details import checked as checked_details
from services.catalog.domain.values import distinct
from services.catalog.entrypoints.wire.service import details_of
from services.command.community.checking import Checked
from services.command.community.enums import BODY_KINDS, LEVELS, STATUSES
from services.command.community.model import Affair, Area, Body, Service
from services.command.community.planning_homes import buildings
from services.command.community.planning_posts import posts, qualifications
from services.command.community.planning_promises import calendars, commitments, responsibilities
from services.command.community.rules import put_in_normal_form
from services.command.community.standing import Standing
from services.command.community.steps import Action, Call, Step
from services.command.community.wired import Wired
from services.command.community.wording_of_steps import Said, joined, say

_REASON = "the community file says so"


def planned(file: Checked, standing: Standing, now: datetime | None = None) -> list[Step]:
    """Everything that the file has, in the order in which it can be done."""
    now = now or datetime.now(UTC)
    community, wired = file.community, Wired(file.community)
    steps: list[Step] = []
    for area in _parents_first(community.areas):
        steps += _area(area, file, wired, standing)
    steps += [_body(body, wired, standing) for body in community.bodies]
    steps += qualifications(community, wired, standing)
    steps += posts(community, wired, standing)
    affairs = _parents_first(community.affairs)
    steps += [_affair(affair, wired, standing) for affair in affairs]
    steps += calendars(community, wired, standing)
    steps += responsibilities(community, wired, standing, now)
    steps += commitments(community, wired, standing, now)
    for service in community.services:
        steps += _service(service, wired, standing)
    steps += buildings(community, wired, standing)
    steps += [step for each in reversed(affairs) for step in _retirement(each, standing)]
    return steps


def normal(request: Any) -> Any:
    """A request with its texts in the form in which the platform keeps them."""
    put_in_normal_form(request)
    return request


def _parents_first(nodes: list[Any]) -> list[Any]:
    """What is in a tree, each after what is above it."""
    by_id, done, ordered = {each.id: each for each in nodes}, set[str](), list[Any]()
    for each in nodes:
        path = []
        while each is not None and each.id not in done:
            path.append(each)
            done.add(each.id)
            each = by_id.get(each.parent)
        ordered += reversed(path)
    return ordered


def _area(area: Area, file: Checked, wired: Wired, standing: Standing) -> Iterator[Step]:
    request = normal(wired.area(area))
    boundary = file.boundaries.get(area.id)
    known = standing.areas.get(area.id)
    if known is None and standing.has_ended(area.id):
        yield Step(action=Action.CANNOT, section="areas", name=area.id, why=say("ended"))
        return
    if known is None:
        since = wired.since(boundary.valid_from) if boundary else None
        if boundary is not None and since is not None:
            request.boundary = boundary.geojson
            request.valid_from_time.CopyFrom(stamp(since))
        yield _step(
            Action.CREATE, "areas", area.id, Call(service="identity", rpc="define_area", request=request)
        )
        return
    differs = _differing(
        parent=(known.parent_id, area.parent),
        level=(LEVELS.word(known.level), area.level),
    )
    if differs:
        why = say("kept", differs=differs)
        yield Step(action=Action.CANNOT, section="areas", name=area.id, why=why)
    if known.name != request.name:
        yield _renaming(known, request)
    elif not differs:
        yield Step(action=Action.LEAVE, section="areas", name=area.id)
    if boundary is not None:
        yield _boundary(area.id, file, wired, standing)


def _renaming(known: identity.Area, wanted: identity.DefineAreaRequest) -> Step:
    request = identity.RenameAreaRequest(area_id=known.area_id, name=wanted.name, reason=_REASON)
    # no answer tells the last change of an area: a renaming that is repeated finds itself done
    call = Call(service="identity", rpc="rename_area", request=request, since=uuid4().hex)
    return _step(Action.CHANGE, "areas", known.area_id, call, why=say("was-called", name=_said(known.name)))


def _boundary(area_id: str, file: Checked, wired: Wired, standing: Standing) -> Step:
    boundary = file.boundaries[area_id]
    since = wired.since(boundary.valid_from) or datetime.now(UTC)
    has = standing.boundary(area_id, since)
    if has is not None and has.geojson == boundary.geojson:
        return Step(action=Action.LEAVE, section="boundaries", name=area_id)
    call = Call(
        service="identity",
        rpc="change_boundary",
        request=wired.boundary(area_id, boundary.geojson, boundary.valid_from),
        since=str(standing.areas[area_id].boundary_version),
    )
    return _step(Action.CHANGE, "boundaries", area_id, call)


def _body(body: Body, wired: Wired, standing: Standing) -> Step:
    request = normal(wired.body(body))
    known = standing.bodies.get(body.id)
    if known is None:
        call = Call(service="identity", rpc="register_body", request=request)
        return _step(Action.CREATE, "bodies", body.id, call)
    differs = _differing(
        kind=(BODY_KINDS.word(known.kind), body.kind),
        name=(known.name, request.name),
        area=(known.area_id, body.area),
    )
    if differs:
        why = say("kept-body", differs=differs)
        return Step(action=Action.CANNOT, section="bodies", name=body.id, why=why)
    return Step(action=Action.LEAVE, section="bodies", name=body.id)


def _affair(affair: Affair, wired: Wired, standing: Standing) -> Step:
    request = normal(wired.affair(affair))
    known = standing.affairs.get(affair.id)
    if known is None:
        call = Call(service="catalog", rpc="define_affair", request=request)
        return _step(Action.CREATE, "affairs", affair.id, call)
    if known.parent_id != affair.parent:
        why = say("parent", parent=known.parent_id or "-")
        return Step(action=Action.CANNOT, section="affairs", name=affair.id, why=why)
    if known.retired:
        if affair.retired:
            return Step(action=Action.LEAVE, section="affairs", name=affair.id)
        return Step(action=Action.CANNOT, section="affairs", name=affair.id, why=say("retired"))
    since, changes = "", list(_affair_calls(request, known))
    if changes:  # the list may be behind: what is compared is what the revision is of
        newest = standing.affair(affair.id)
        known, since = newest.affair, newest.revision
        changes = list(_affair_calls(request, known))
    calls = [Call(service="catalog", rpc=rpc, request=of, since=since, bound=True) for rpc, of in changes]
    action = Action.CHANGE if calls else Action.LEAVE
    why = joined(_becomes(request, known, {call.rpc for call in calls}))
    return Step(action=action, section="affairs", name=affair.id, why=why, calls=calls)


def _becomes(wanted: catalog.DefineAffairRequest, known: catalog.Affair, rpcs: set[str]) -> Iterator[Said]:
    """What the calls change of an affair."""
    if "rename_affair" in rpcs:
        yield from [say("name")] if known.name != wanted.name else []
        keywords = distinct(tuple(wanted.keywords))
        yield from [say("keywords")] if list(known.keywords) != list(keywords) else []
    if "decide_anonymity" in rpcs:
        yield say("anonymity")
    if "decide_outcomes" in rpcs:
        yield say("outcomes")


def _affair_calls(
    wanted: catalog.DefineAffairRequest, known: catalog.Affair
) -> Iterator[tuple[str, Message]]:
    affair_id = wanted.affair_id
    if known.name != wanted.name or list(known.keywords) != list(distinct(tuple(wanted.keywords))):
        yield (
            "rename_affair",
            catalog.RenameAffairRequest(affair_id=affair_id, name=wanted.name, keywords=wanted.keywords),
        )
    if known.anonymous_allowed != wanted.anonymous_allowed:
        yield (
            "decide_anonymity",
            catalog.DecideAnonymityRequest(affair_id=affair_id, anonymous_allowed=wanted.anonymous_allowed),
        )
    outcomes = list(wanted.outcomes) or [choice_shown(each) for each in OUTCOMES]
    if list(known.outcomes) != outcomes:
        yield "decide_outcomes", catalog.DecideOutcomesRequest(affair_id=affair_id, outcomes=outcomes)


def _retirement(affair: Affair, standing: Standing) -> Iterator[Step]:
    known = standing.affairs.get(affair.id)
    if affair.retired and not (known is not None and known.retired):
        request = catalog.RetireAffairRequest(affair_id=affair.id)
        yield _step(
            Action.END, "affairs", affair.id, Call(service="catalog", rpc="retire_affair", request=request)
        )


def _service(service: Service, wired: Wired, standing: Standing) -> Iterator[Step]:
    request = normal(wired.service(service))
    known = standing.service(service.id)
    if known is None:
        call = Call(service="catalog", rpc="publish_service", request=request)
        yield _step(Action.CREATE, "services", service.id, call)
        if service.status != "active":
            yield _status(service, "")
        return
    status = STATUSES.word(known.service.status)
    if known.service.body_id != service.body:
        why = say("other-body", body=known.service.body_id)
        yield Step(action=Action.CANNOT, section="services", name=service.id, why=why)
        return
    if status == "retired":
        fits = service.status == "retired"
        action = Action.LEAVE if fits else Action.CANNOT
        yield Step(action=action, section="services", name=service.id, why="" if fits else say("retired"))
        return
    if checked_details(details_of(known.service.details)) != checked_details(details_of(request.details)):
        changed = catalog.ChangeServiceRequest(service_id=service.id, details=request.details)
        call = Call(
            service="catalog", rpc="change_service", request=changed, since=known.revision, bound=True
        )
        yield _step(Action.CHANGE, "services", service.id, call)
    elif status == service.status:
        yield Step(action=Action.LEAVE, section="services", name=service.id)
    if status != service.status:
        yield _status(service, known.revision)


def _status(service: Service, since: str) -> Step:
    rpc, request, action = {
        "active": ("resume_service", catalog.ResumeServiceRequest, Action.CHANGE),
        "suspended": ("suspend_service", catalog.SuspendServiceRequest, Action.END),
        "retired": ("retire_service", catalog.RetireServiceRequest, Action.END),
    }[service.status]
    made: Any = request
    call = Call(
        service="catalog", rpc=rpc, request=made(service_id=service.id), since=since, bound=bool(since)
    )
    why = say("status-retired" if service.status == "retired" else service.status)
    return _step(action, "services", service.id, call, why=why)


def _step(action: Action, section: str, name: str, call: Call, why: str = "") -> Step:
    return Step(action=action, section=section, name=name, why=why, calls=(call,))


def _differing(**both: tuple[Any, Any]) -> str:
    """What differs, with what the platform has."""
    return ", ".join(f"{name} is {_said(has)}" for name, (has, wanted) in both.items() if has != wanted)


def _said(has: Any) -> str:
    if isinstance(has, LocalizedText):
        return " / ".join(each for each in (has.zh, has.en) if each)
    return str(has) or "none"
