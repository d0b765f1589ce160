"""Somebody's sessions are revoked while they work: in each service they are soon let in no more.

In one process with identity it is the next call. A service with processes of its own hears of it over
the key set that it follows; how many calls it took meanwhile is counted and printed, not judged.
"""

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Barrier, Event
from typing import Any

import pytest
from linli.cases.v1 import cases_service_pb2 as cases
from linli.catalog.v1 import catalog_service_pb2 as catalog
from linli.identity.v1 import identity_service_pb2 as identity
from linli.identity.v1 import identity_types_pb2 as kinds
from linli.options.v1 import access_pb2
from linli.supervision.v1 import supervision_service_pb2 as supervision
from linli.types.v1.types_pb2 import LocalizedText
from linli.volunteers.v1 import volunteers_service_pb2 as volunteers

from e2e.city.platform import City, Platform, enter, sign_in
from e2e.journeys.cities import platform_in
from e2e.journeys.town import TOWN, new_id, refusal, staff
from libs.rpc.credentials import Token
from libs.runtime.bundled.rabbitmq_install import Installed
from libs.testkit import patience
from libs.testkit.eventually import eventually
from services.command.registry import NAMES

PASSWORD = "a long password"  # noqa: S105  # made up
READS: dict[str, tuple[str, Any]] = {
    "identity": ("list_areas", identity.ListAreasRequest()),
    "catalog": ("list_affairs", catalog.ListAffairsRequest()),
    "cases": ("list_cases", cases.ListCasesRequest()),
    "volunteers": ("list_needs", volunteers.ListNeedsRequest()),
    "supervision": ("list_metrics", supervision.ListMetricsRequest()),
}


@pytest.fixture(scope="module", params=[False, True], ids=["one process", "over RabbitMQ"])
def platform(request: pytest.FixtureRequest, installed_rabbitmq: Installed) -> Iterator[Platform]:
    assert installed_rabbitmq.script.exists()
    with tempfile.TemporaryDirectory(prefix="linli-test-revoked-") as folder:
        Path(folder).chmod(0o755)
        with platform_in(Path(folder) / "linli", cluster=request.param) as started:
            started.start()
            yield started


@pytest.fixture
def operator(platform: Platform) -> Iterator[City]:
    city = sign_in(platform.where, platform.secret)
    yield city
    city.client.close()


def signed_in(platform: Platform, operator: City, login: str) -> tuple[str, City]:
    """Somebody who may read in every service: their id, and the five services in their name."""
    of = operator.identity
    town = identity.DefineAreaRequest(
        request_id="town", area_id=TOWN, level=kinds.AREA_LEVEL_CITY, name=LocalizedText(zh="松林市")
    )
    of.define_area(town)
    party_id = staff(operator, login, PASSWORD, area=TOWN)
    for role in (access_pb2.ROLE_SUPERVISOR, access_pb2.ROLE_COORDINATOR):
        granted = identity.GrantRoleRequest(request_id=new_id(), party_id=party_id, role=role, area_id=TOWN)
        of.grant_role(granted)
    token = of.login(identity.LoginRequest(login_name=login, password=PASSWORD)).token.access_token
    return party_id, enter(platform.where, Token(token), deadline=patience.seconds(20.0))


def reads(city: City, service: str) -> str:
    """Why somebody may not read in a service; "" if they may."""
    rpc, request = READS[service]
    return refusal(getattr(getattr(city, service), rpc), request)


def may_read(city: City, service: str) -> bool:
    """Whether somebody may read in a service."""
    return reads(city, service) == ""


def works_until_refused(city: City, service: str, start: Barrier, revoked: Event) -> int:
    """How many calls that began after the revocation was answered were still let in."""
    start.wait()
    let_in = 0
    wait = patience.Wait(30.0)
    while not wait.over():
        late = revoked.is_set()
        reason = reads(city, service)
        if reason == "TOKEN_REVOKED":
            return let_in
        assert reason == ""
        let_in += late
    raise AssertionError(f"{service} never heard of it")


@pytest.mark.capability("000.4")
def test_a_revocation_counts_soon_in_every_service(platform: Platform, operator: City) -> None:
    party_id, worker = signed_in(platform, operator, f"worker-{new_id()}")
    for service in NAMES:
        eventually(partial(may_read, worker, service), f"{service} lets them in")
    start, revoked = Barrier(len(NAMES) + 1), Event()

    with ThreadPoolExecutor(len(NAMES)) as threads:
        running = {name: threads.submit(works_until_refused, worker, name, start, revoked) for name in NAMES}
        start.wait()
        request = identity.RevokeSessionsRequest(request_id=new_id(), party_id=party_id, reason="Left")
        operator.identity.revoke_sessions(request)
        revoked.set()
    let_in = {name: ended.result() for name, ended in running.items()}

    print("calls let in after the revocation was answered:", let_in)
    assert let_in["identity"] == 0
    if not platform.cluster:
        assert let_in == dict.fromkeys(NAMES, 0)
    assert {name: reads(worker, name) for name in NAMES} == dict.fromkeys(NAMES, "TOKEN_REVOKED")
    worker.client.close()
