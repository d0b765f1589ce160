"""Tells Linli what Los Angeles is, by its community file, and waits until cases are routed by it."""

import time
from collections.abc import Callable, Mapping

from linli.cases.v1 import cases_service_pb2 as cases

from e2e.city import los_angeles as la
from e2e.city.platform import City, until_known
from services.command.community.checking import Checked, checked
from services.command.community.doing import do
from services.command.community.planning import planned
from services.command.community.standing import Standing

HEARD_WITHIN = 30.0
CLOCKS = 2
"""First response and resolution."""


def load(city: City, tell: Callable[[str], None]) -> Mapping[str, str]:
    """Load everything; safe to repeat. Answers the body's id for each owner of the file of requests."""
    file = checked(la.COMMUNITY)
    assert isinstance(file, Checked), f"linli community check {la.COMMUNITY}"
    standing = Standing(city.client)
    do(file, standing, [step for step in planned(file, standing) if step.calls], lambda _done, _step: None)
    _claim_system(city)
    tell(f"{len(file.community.areas)} areas with the boundaries of {len(file.boundaries)} councils")
    tell(f"{len(file.community.bodies)} departments as bodies")
    tell(f"{len(file.community.affairs)} request types as affairs, each with its owner and its time limits")
    for affair in la.AFFAIRS:
        _until_routed(city, affair, affair.owner.lower())
    return {owner: owner.lower() for owner in la.BODIES}


def _claim_system(city: City) -> None:
    """The numbers of the file belong to whoever imports it."""
    request = cases.RegisterExternalSystemRequest(request_id=f"system-{la.SYSTEM}", system=la.SYSTEM)
    city.cases.register_external_system(request)


def _until_routed(city: City, affair: la.Affair, body_id: str) -> None:
    """Wait until the cases service has heard of all that it needs to route and promise."""
    request = cases.PreviewRoutingRequest(affair_id=affair.affair_id, area_id=la.CITY)
    deadline = time.monotonic() + HEARD_WITHIN
    while time.monotonic() < deadline:
        answer = until_known(city.cases.preview_routing, request)
        if answer.routing.body_id == body_id and len(answer.deadlines) == CLOCKS:
            return
        time.sleep(0.1)
    raise TimeoutError(f"cases has not heard within {HEARD_WITHIN:.0f} s who answers for {affair.name}")
