"""Every rpc whose request can name a revision waits for it, and refuses what is none."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from google.protobuf.descriptor import ServiceDescriptor

from libs.ledger.recorded import Context, Draft, utc_now
from libs.ledger.revision import Revision
from libs.ledger.store.ledger import Append
from libs.messaging.schema import migrate
from libs.rpc.client import Client
from libs.rpc.failures import RpcFailed
from libs.rpc.keys import SigningKey
from libs.rpc.methods import Method
from libs.runtime.host.host import Roles
from libs.runtime.host.opened import OpenService
from libs.runtime.host.parts import Service
from libs.testkit import golden
from libs.testkit.component import component
from libs.testkit.contracts import Place, every_place, every_service
from libs.testkit.eventually import eventually
from libs.testkit.postgres import TestServer
from libs.testkit.rpc import Mint, answer_to, roles
from services.command.registry import NAMES, load
from services.tests.echo import good_request

NAMED = ("at_least", "cases_at_least")
FAR_AHEAD = f"r{10**15}.1"
OF_ANOTHER_HISTORY = "r1.1.2"
SECONDS = 60.0
NEVER = 10 * SECONDS
"""A patience that outlasts every call here: whoever waits for it fails by the deadline."""
KEY = SigningKey.generate()
IDENTITYS_OWN = {"LINLI_IDENTITY_SIGNING_KEY": KEY.pem().decode()}
PLACES = [place for place in every_place() if place.path in NAMED]
FROM_STREAMS = {
    "CasesService/ExplainRouting",
    "CasesService/GetCase",
    "CasesService/GetCaseHistory",
    "CasesService/GetConversation",
    "CasesService/GetMyCase",
    "CatalogService/GetAffair",
    "CatalogService/GetCalendar",
    "CatalogService/GetResponsibility",
    "CatalogService/GetService",
    "VolunteersService/GetNeed",
    "VolunteersService/GetVolunteer",
}
"""Answered from streams, which have all that the ledger holds. All others read a view, and wait for it."""
AT_ONCE = 16
"""Calls; one caller may let no more wait for a view."""
STREAM_FIRST = {
    "CasesService/ListIncidentAlarms",
    "CasesService/SuggestDuplicates",
    "CatalogService/FindCommitment",
    "CatalogService/FindResponsible",
    "IdentityService/CountHouseholds",
    "IdentityService/GetRetention",
    "IdentityService/ListCandidates",
    "IdentityService/ListFactsToCheck",
    "IdentityService/ListShortages",
    "VolunteersService/ProposeMatches",
}
"""They read a view, but look for the affair, area or case in a stream before: here there is none."""


def contract_of(service: Service) -> ServiceDescriptor:
    return next(one for one in every_service() if one.full_name.startswith(f"linli.{service.name}."))


@pytest.fixture(scope="module", params=NAMES)
def asked(
    request: pytest.FixtureRequest, postgres_server: TestServer
) -> Iterator[tuple[Client, list[Place]]]:
    """Somebody who may do everything, and where they can name a revision of this service."""
    service = load(request.param)
    with component(postgres_server, service, IDENTITYS_OWN) as running:
        mint = Mint(KEY) if service.name == "identity" else running.mint
        methods = {method.full_name for method in contract_of(service).methods}
        places = [place for place in PLACES if _full_name(place.method) in methods]
        yield running.client(mint.person(*roles())), places


def _full_name(method: Method) -> str:
    return method.path[1:].replace("/", ".")


def answers(client: Client, places: list[Place], revision: str) -> Mapping[str, RpcFailed | None]:
    """What each rpc answers to a request that keeps its rules and names the revision."""

    def answer(place: Place) -> RpcFailed | None:
        request = place.put(revision, good_request(place.method))
        return answer_to(client, place.method, request.SerializeToString(), deadline=SECONDS)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(map(str, places), pool.map(answer, places), strict=True))


@pytest.mark.parametrize("revision", ["zzz", "r1", "r-1.0", "r1.1.1.1"])
def test_what_is_no_revision_is_refused_by_name(asked: tuple[Client, list[Place]], revision: str) -> None:
    client, places = asked

    for place, failed in answers(client, places, revision).items():
        assert failed is not None, place
        field = place.rpartition(":")[2]
        assert (failed.reason, list(failed.violations)) == ("REVISION_MALFORMED", [field]), place


def named(places: list[Place], field: str) -> list[Place]:
    """Those where the revision is of this service (`at_least`) or of cases (`cases_at_least`)."""
    return [place for place in places if place.path == field]


def test_a_revision_that_nobody_has_recorded_is_refused_at_once(
    asked: tuple[Client, list[Place]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("libs.query.freshness.PATIENCE", NEVER)
    client, places = asked

    for place, failed in answers(client, named(places, "at_least"), FAR_AHEAD).items():
        assert failed is not None, place
        assert failed.reason == "VIEW_BEHIND", f"{place}: {failed}"


def test_a_revision_of_a_history_that_is_gone_is_refused_at_once(
    asked: tuple[Client, list[Place]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("libs.query.freshness.PATIENCE", NEVER)
    client, places = asked

    for place, failed in answers(client, named(places, "at_least"), OF_ANOTHER_HISTORY).items():
        assert failed is not None, place
        assert failed.reason == "HISTORY_CHANGED", f"{place}: {failed}"


def test_a_revision_of_cases_that_was_not_heard_of_is_waited_for_and_then_refused(
    asked: tuple[Client, list[Place]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("libs.query.freshness.PATIENCE", 0.2)  # so that the test takes no five seconds
    monkeypatch.setattr("services.supervision.entrypoints.wire.PATIENCE", 0.2)
    client, places = asked

    for place, failed in answers(client, named(places, "cases_at_least"), FAR_AHEAD).items():
        assert failed is not None, place
        assert failed.reason == "VIEW_BEHIND", f"{place}: {failed}"


def public(places: list[Place]) -> list[Place]:
    """Those of rpcs that anybody may call."""
    return [place for place in places if place.method.access and place.method.access.public]


def test_nobody_without_a_token_waits_for_a_view(
    lagging: tuple[Client, list[Place], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("libs.query.freshness.PATIENCE", NEVER)
    client, places, revision = lagging

    for place, failed in answers(Client(client.channel), public(places), revision).items():
        assert failed is not None, place
        assert failed.reason == "VIEW_BEHIND", f"{place}: {failed}"


def append_one(opened: OpenService) -> str:
    """Record an event that was stored once; answers its revision."""
    service = opened.service
    folder = Path(f"services/{service.name}/tests/adapters/golden")
    name = min(service.events.types)
    body = (folder / f"{name}.msgpack").read_bytes()
    event = golden.read(golden.reader(service.events), name, body)
    metadata = Context(actor="clerk-1").metadata(utc_now())
    draft = Draft(stream="late-1", expected_version=0, events=[(event, metadata)])
    return str(Revision(opened.ledger.append(Append(drafts=[draft])).positions[-1], 1))


@pytest.fixture(scope="module", params=NAMES)
def lagging(
    request: pytest.FixtureRequest, postgres_server: TestServer
) -> Iterator[tuple[Client, list[Place], str]]:
    """Somebody who may do everything, where they can name a revision, and one that the views lack."""
    service = load(request.param)
    dsn = postgres_server.create()
    migrate(dsn, service.name, service.views, events=service.events)
    with component(postgres_server, service, IDENTITYS_OWN, dsn=dsn) as running:
        eventually(lambda: running.opened.projector.status().ready)
    no_projector = Roles(projector=False)
    with component(postgres_server, service, IDENTITYS_OWN, dsn=dsn, roles=no_projector) as running:
        mint = Mint(KEY) if service.name == "identity" else running.mint
        methods = {method.full_name for method in contract_of(service).methods}
        places = named([place for place in PLACES if _full_name(place.method) in methods], "at_least")
        yield running.client(mint.person(*roles())), places, append_one(running.opened)
    postgres_server.drop(dsn)


def test_what_is_read_from_a_view_waits_for_the_view(
    lagging: tuple[Client, list[Place], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("libs.query.freshness.PATIENCE", 0.2)
    client, places, revision = lagging

    found = answers(client, places, revision)

    answered = {place for place, failed in found.items() if not failed or failed.reason != "VIEW_BEHIND"}
    expected = {f"{rpc}:at_least" for rpc in FROM_STREAMS | STREAM_FIRST}
    assert answered == expected & found.keys()
