"""A partner's endpoint is told of the cases of its area, whatever dies in between: nothing is lost."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from linli.cases.v1 import cases_events_pb2 as events
from linli.identity.v1 import identity_service_pb2 as identity

from e2e.city.platform import City
from e2e.journeys.cities import platform_in
from e2e.journeys.feeds import published
from e2e.journeys.town import EAST, ELM, WEST, Town, new_id, town_on
from libs.notify.standard_webhooks import key_of, signature
from libs.notify.tests.endpoint import Endpoint, endpoint
from libs.rpc.credentials import Token
from libs.testkit.eventually import eventually

KINDS = [each.DESCRIPTOR.full_name for each in (events.CaseOpened, events.CaseRouted)]


@pytest.fixture(scope="module")
def partner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    with endpoint(tmp_path_factory.mktemp("partner")) as running:
        yield running


@pytest.fixture(scope="module")
def elsewhere(folder: Path, partner: Endpoint) -> Iterator[Town]:
    """A town of its own, which allows an endpoint on this machine."""
    environ = {
        "LINLI_IDENTITY_WEBHOOK_NETWORKS": "127.0.0.0/8,::1/128",
        "LINLI_IDENTITY_WEBHOOK_CA": str(partner.authority),
    }
    with platform_in(folder / "webhooks", environ) as platform:
        platform.start()
        with town_on(platform) as made:
            yield made


def client_of(town: Town, area_id: str) -> City:
    """The five services as a partner's program that is limited to an area."""
    wanted = identity.RegisterClientRequest(
        request_id=new_id(), name="Water works", scopes=["feed.read"], area_id=area_id
    )
    made = town.operator.identity.register_client(wanted)
    known = {"client_id": made.client.client_id, "client_secret": made.client_secret}
    issued = town.operator.identity.issue_client_token(identity.IssueClientTokenRequest(**known))
    return town.anyone(Token(issued.token.access_token))


def in_the_feed(client: City) -> list[tuple[str, str]]:
    """What the feed of cases shows a client, of those kinds: kind and case."""
    found = published(client, "cases")
    return [(event.type, event.subject.removeprefix("case-")) for event in found if event.type in KINDS]


def told(partner: Endpoint) -> list[tuple[str, str]]:
    """What came, each id once, in order: kind and case."""
    messages = {got.id: json.loads(got.body) for got in partner.got}
    return [(each["type"], each["data"]["case_id"]) for each in messages.values()]


@contextmanager
def away(partner: Endpoint) -> Iterator[None]:
    """The endpoint answers nothing useful meanwhile."""
    partner.status = 503
    yield
    partner.heal()


def test_what_the_feed_shows_a_partner_arrives_once_in_order_though_the_platform_is_killed(
    elsewhere: Town, partner: Endpoint
) -> None:
    client = client_of(elsewhere, EAST)
    registering = identity.RegisterWebhookRequest(request_id=new_id(), url=partner.url, kinds=KINDS)
    registered = client.identity.register_webhook(registering)
    reporter = elsewhere.resident("neighbour-hua")

    with away(partner):
        for area_id in (ELM, WEST, ELM):
            elsewhere.report(reporter, area_id=area_id)
        eventually(lambda: partner.got, "it is tried", seconds=30)
        elsewhere.platform.kill()
        elsewhere.platform.start()
    elsewhere.report(elsewhere.resident("neighbour-bo"), area_id=ELM)

    shown = eventually(lambda: _whole(client), "the feed shows all", seconds=30)
    eventually(lambda: told(partner) == shown, "all of it arrives", seconds=60)
    for got in partner.got:
        at = got.headers["webhook-timestamp"]
        signed = signature(key_of(registered.webhook_secret), got.id, at, got.body)
        assert got.headers["webhook-signature"] == signed


def _whole(client: City) -> list[tuple[str, str]]:
    """The three cases of the area, opened and routed."""
    shown = in_the_feed(client)
    assert len(shown) == 3 * len(KINDS)
    return shown
