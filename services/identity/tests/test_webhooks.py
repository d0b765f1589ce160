"""Webhooks of clients over the real wire: events of a faked cases service to real HTTPS endpoints."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

import pytest
from google.protobuf.message import Message
from linli.cases.v1 import cases_events_pb2 as cases
from linli.cases.v1 import cases_types_pb2 as case_types
from linli.identity.v1 import identity_service_pb2 as pb
from linli.identity.v1 import identity_types_pb2 as types

from libs.ledger.ids import new_id
from libs.notify.standard_webhooks import key_of, signature
from libs.notify.tests.endpoint import Endpoint, Got, endpoint
from libs.retry.backoff import Backoff
from libs.rpc.credentials import Token
from libs.rpc.failures import RpcFailed
from libs.runtime.config.settings import SettingsInvalid, read
from libs.testkit.component import Component, component
from libs.testkit.eventually import eventually
from libs.testkit.ids import Ids
from libs.testkit.postgres import TestServer
from services.identity.adapters.publishing import publish
from services.identity.settings import IdentitySettings
from services.identity.tests.test_component import (
    DESCRIPTOR,
    ENVIRON,
    as_role,
    define,
    operator_of,
    refused,
    register_body,
)
from services.identity.tests.test_mail import tables_with
from services.identity.wiring import SERVICE

request_id = Ids("identity webhooks")
case_id = Ids("cases with webhooks")
CLOSED, OPENED = "linli.cases.v1.CaseClosed", "linli.cases.v1.CaseOpened"
TRIES = 3
LOOPBACK = {"LINLI_IDENTITY_WEBHOOK_NETWORKS": "127.0.0.0/8, ::1/128"}


@pytest.fixture(scope="module")
def partner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    with endpoint(tmp_path_factory.mktemp("partner")) as running:
        yield running


@pytest.fixture(autouse=True)
def takes_everything(partner: Endpoint, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("services.identity.application.dispatch._PAUSES", Backoff(first=0.01, most=0.1))
    monkeypatch.setattr("services.identity.application.dispatch.TRIES", TRIES)
    partner.heal()
    yield
    partner.heal()


@contextmanager
def identity(server: TestServer, partner: Endpoint, *, dsn: str | None = None) -> Iterator[Component]:
    environ = {**ENVIRON, **LOOPBACK, "LINLI_IDENTITY_WEBHOOK_CA": str(partner.authority)}
    with component(server, SERVICE, environ, dsn=dsn) as service:
        yield service


@pytest.fixture(scope="module")
def running(postgres_server: TestServer, partner: Endpoint) -> Iterator[Component]:
    with identity(postgres_server, partner) as service:
        stub = operator_of(service)
        define(stub, "la", "", types.AREA_LEVEL_CITY)
        define(stub, "north", "la", types.AREA_LEVEL_DISTRICT)
        define(stub, "willow", "north", types.AREA_LEVEL_COMMUNITY)
        define(stub, "south", "la", types.AREA_LEVEL_DISTRICT)
        register_body(stub, "lasan")
        yield service


class Client:
    """A partner's program and its token."""

    def __init__(self, running: Component, *scopes: str, **limits: Any) -> None:
        self.operator = operator_of(running)
        answer = self.operator.register_client(
            pb.RegisterClientRequest(
                request_id=request_id(), name="Water works", scopes=scopes or ("feed.read",), **limits
            )
        )
        self.id = answer.client.client_id
        token = self.operator.issue_client_token(
            pb.IssueClientTokenRequest(client_id=self.id, client_secret=answer.client_secret)
        )
        self.stub: Any = running.client(Token(token.token.access_token)).service(DESCRIPTOR)

    def registers(self, url: str, *kinds: str) -> pb.RegisterWebhookResponse:
        request = pb.RegisterWebhookRequest(request_id=request_id(), url=url, kinds=kinds or (CLOSED,))
        answer: pb.RegisterWebhookResponse = self.stub.register_webhook(request)
        return answer

    def shown(self) -> Sequence[pb.Webhook]:
        listed: pb.ListWebhooksResponse = self.stub.list_webhooks(pb.ListWebhooksRequest())
        return listed.webhooks

    def parked(self, webhook_id: str) -> Sequence[pb.ParkedWebhookMessage]:
        request = pb.ListParkedWebhookMessagesRequest(webhook_id=webhook_id)
        listed: pb.ListParkedWebhookMessagesResponse = self.stub.list_parked_webhook_messages(request)
        return listed.messages

    def retires(self) -> None:
        self.operator.retire_client(pb.RetireClientRequest(request_id=request_id(), client_id=self.id))


@pytest.fixture
def client(running: Component) -> Iterator[Client]:
    """One without limits, whose webhooks end with the test."""
    made = Client(running)
    yield made
    made.retires()


def hears(running: Component, message: Message, area: str = "willow", event_id: str = "") -> str:
    """Cases publishes an event in an area; answers its id."""
    event_id = event_id or new_id()
    running.hears("cases", message, event_id=event_id, area_id=area)
    return event_id


def closed(case: str = "", **fields: Any) -> cases.CaseClosed:
    return cases.CaseClosed(case_id=case or case_id(), **fields)


def cases_of(partner: Endpoint, *, path: str = "/linli") -> list[str]:
    """Of which cases the endpoint was told, in order, each id once."""
    told = {got.id: json.loads(got.body)["data"]["case_id"] for got in partner.got if got.path == path}
    return list(told.values())


def arrived(partner: Endpoint, *expected: str) -> list[Got]:
    """What came, as soon as it is about these cases, in this order."""

    def look() -> bool:
        assert cases_of(partner) == [*expected]
        return True

    eventually(look, f"messages about {expected}", seconds=30)
    return partner.got


def verified(got: Got, *secrets: str) -> bool:
    """Whether all these secrets signed a message, and no other."""
    at = got.headers["webhook-timestamp"]
    signed = [signature(key_of(secret), got.id, at, got.body) for secret in secrets]
    return got.headers["webhook-signature"].split(" ") == signed


def test_a_client_is_told_of_an_event_once_signed_and_without_a_person(
    running: Component, partner: Endpoint, client: Client
) -> None:
    answer = client.registers(partner.url, CLOSED)
    case = case_id()
    origin = case_types.ExternalReference(system="myla311", number="1-17")
    opened = cases.CaseOpened(case_id=case, public_id="LL-17", reporter_id="mei", external_reference=origin)
    hears(running, opened)

    hears(running, closed(case, body_id="lasan"))

    [got] = arrived(partner, case)
    told = json.loads(got.body)
    assert told["type"] == CLOSED
    assert told["timestamp"].endswith("Z")
    assert told["data"].keys() == {"case_id", "revision", "external_reference"}
    assert told["data"]["external_reference"] == {"system": "myla311", "number": "1-17"}
    assert told["data"]["revision"].endswith(".1")
    assert verified(got, answer.webhook_secret)


def test_a_client_hears_of_cases_of_its_area_only(
    running: Component, partner: Endpoint, client: Client
) -> None:
    limited = Client(running, area_id="north")
    limited.registers(partner.url)
    client.registers(partner.url + "?all")
    there, elsewhere, nowhere = closed(), closed(), closed()
    for message, area in ((elsewhere, "south"), (nowhere, ""), (there, "willow")):
        hears(running, message, area)

    arrived(partner, there.case_id)

    everything = [elsewhere.case_id, nowhere.case_id, there.case_id]
    eventually(lambda: _same(cases_of(partner, path="/linli?all"), everything), "the other hears all")
    limited.retires()


def _same(found: Sequence[str], expected: Sequence[str]) -> bool:
    assert [*found] == [*expected]
    return True


def test_a_client_for_a_body_hears_of_the_cases_of_that_body_only(
    running: Component, partner: Endpoint
) -> None:
    limited = Client(running, body_id="lasan")
    limited.registers(partner.url)
    own = closed(body_id="lasan")
    hears(running, closed(body_id="parks"))
    hears(running, own)

    arrived(partner, own.case_id)
    limited.retires()


def test_an_event_that_is_heard_again_has_the_same_id(
    running: Component, partner: Endpoint, client: Client
) -> None:
    client.registers(partner.url)
    message = closed()
    event_id = hears(running, message)
    hears(running, message, event_id=event_id)
    last = closed()
    hears(running, last)

    got = arrived(partner, message.case_id, last.case_id)

    assert len({each.id for each in got}) == 2


def test_an_endpoint_that_is_away_gets_everything_in_order_when_it_is_back(
    running: Component, partner: Endpoint, client: Client
) -> None:
    client.registers(partner.url)
    partner.status = 503
    told = [closed() for _ in range(5)]
    for message in told:
        hears(running, message)
    [webhook] = eventually(lambda: _failing(client), "it is seen to fail", seconds=30)
    assert webhook.failing_reason == "503"
    listed = running.opened.parts.by_hand["webhooks"]({})
    [line] = [line for line in listed.splitlines() if webhook.webhook_id in line]
    assert f"client {client.id}" in line
    assert line.endswith(": 503")

    partner.status = 200

    arrived(partner, *(message.case_id for message in told))
    eventually(lambda: _well(client), "it is seen to work", seconds=30)


def _failing(client: Client) -> Sequence[pb.Webhook]:
    shown = client.shown()
    assert all(each.failing_reason for each in shown)
    return shown


def _well(client: Client) -> bool:
    assert not any(each.HasField("failing_since_time") or each.parked_count for each in client.shown())
    return True


def test_a_slow_endpoint_holds_up_nobody_else(running: Component, partner: Endpoint, client: Client) -> None:
    other = Client(running)
    partner.slow = "slow"
    partner.hold.clear()
    for number in range(9):  # more than are served at a time
        client.registers(f"{partner.url}?slow={number}")
    other.registers(partner.url)
    first, second = closed(), closed()

    hears(running, first)
    arrived(partner, first.case_id)
    hears(running, second)

    arrived(partner, first.case_id, second.case_id)
    partner.hold.set()
    other.retires()


def test_a_message_that_is_refused_again_and_again_is_parked_and_replayed_with_its_id(
    running: Component, partner: Endpoint, client: Client
) -> None:
    webhook_id = client.registers(partner.url).webhook.webhook_id
    partner.status = 500
    bad, good = closed(), closed()
    hears(running, bad)
    [parked] = eventually(lambda: _some(client.parked(webhook_id)), "it is parked", seconds=60)
    assert (parked.case_id, parked.kind, parked.reason) == (bad.case_id, CLOSED, "500")
    assert [got.id for got in partner.got] == [parked.message_id] * TRIES

    partner.heal()
    hears(running, good)
    arrived(partner, good.case_id)
    replay = pb.ReplayWebhookMessagesRequest(request_id=request_id(), webhook_id=webhook_id)
    assert client.stub.replay_webhook_messages(replay).replayed_count == 1

    got = arrived(partner, good.case_id, bad.case_id)
    assert got[-1].id == parked.message_id
    assert client.parked(webhook_id) == []
    eventually(lambda: _well(client), "all is well", seconds=30)


def _some(found: Sequence[Any]) -> Sequence[Any]:
    assert found
    return found


def test_what_an_endpoint_did_not_take_for_long_is_gone_and_what_is_parked_is_not(
    running: Component, partner: Endpoint, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.identity.adapters.views.heard_events.KEPT", timedelta(0))
    webhook_id = client.registers(partner.url).webhook.webhook_id
    partner.status = 500
    bad, old, new = closed(), closed(), closed()
    hears(running, bad)
    eventually(lambda: _some(client.parked(webhook_id)), "it is parked", seconds=60)
    partner.status = 503

    for message in (old, new):
        hears(running, message)
    eventually(
        lambda: _same(_kept(running, bad, old, new), [bad.case_id, new.case_id]), "the old one is gone"
    )
    partner.heal()
    arrived(partner, new.case_id)
    client.stub.replay_webhook_messages(
        pb.ReplayWebhookMessagesRequest(request_id=request_id(), webhook_id=webhook_id)
    )

    arrived(partner, new.case_id, bad.case_id)
    eventually(lambda: _same(_kept(running, bad, old, new), [new.case_id]), "it is kept no more")


def _kept(running: Component, *messages: cases.CaseClosed) -> Sequence[str]:
    with running.opened.views.read("heard_events") as cursor:
        found = [row["case_id"] for row in cursor.execute("SELECT case_id FROM heard ORDER BY place")]
    return [each for each in found if each in {message.case_id for message in messages}]


def test_a_process_that_dies_before_it_recorded_sends_the_same_message_again(
    postgres_server: TestServer, partner: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = postgres_server.copy_of("component-identity-webhooks", _migrated)
    with identity(postgres_server, partner, dsn=database) as first:
        client = Client(first)
        secret = client.registers(partner.url).webhook_secret
        message = closed()
        _dies_before_it_records(monkeypatch, first)
        hears(first, message)
        arrived(partner, message.case_id)
        eventually(lambda: _some(partner.got), "it came")
    monkeypatch.undo()

    with identity(postgres_server, partner, dsn=database):
        eventually(lambda: _some(partner.got[1:]), "it comes again", seconds=30)

    assert len({got.id for got in partner.got}) == 1
    assert all(verified(got, secret) for got in partner.got)


def _dies_before_it_records(monkeypatch: pytest.MonkeyPatch, running: Component) -> None:
    def dies(*_: Any) -> bool:
        raise OSError("killed")

    monkeypatch.setattr("services.identity.application.dispatch.Dispatches._record", dies)


def _migrated(dsn: str) -> None:
    from libs.messaging.schema import migrate

    migrate(dsn, SERVICE.name, SERVICE.views, events=SERVICE.events)


def test_a_rotated_secret_signs_beside_the_earlier_one_and_is_shown_once(
    running: Component, partner: Endpoint, client: Client
) -> None:
    answer = client.registers(partner.url)
    request = pb.RotateWebhookSecretRequest(request_id=request_id(), webhook_id=answer.webhook.webhook_id)

    rotated = client.stub.rotate_webhook_secret(request)

    assert client.stub.rotate_webhook_secret(request).webhook_secret == ""
    assert rotated.HasField("earlier_until_time")
    message = closed()
    hears(running, message)
    [got] = arrived(partner, message.case_id)
    assert verified(got, rotated.webhook_secret, answer.webhook_secret)


def test_neither_secret_nor_url_lies_anywhere_in_clear(
    running: Component, partner: Endpoint, client: Client
) -> None:
    request = pb.RegisterWebhookRequest(
        request_id=request_id(), url=partner.url + "?key=sesame", kinds=[CLOSED]
    )
    answer = client.stub.register_webhook(request)

    assert answer.webhook_secret.startswith("whsec_")
    assert client.stub.register_webhook(request).webhook_secret == ""
    for secret in (answer.webhook_secret, answer.webhook_secret.removeprefix("whsec_"), "sesame"):
        assert tables_with(running, secret) == []
    events = running.opened.ledger.read(limit=100_000)
    assert not any(publish(each) for each in events if each.stream.startswith(("webhook-", "dispatch-")))


def test_a_test_message_shows_what_the_endpoint_answers(
    running: Component, partner: Endpoint, client: Client
) -> None:
    answer = client.registers(partner.url)
    request = pb.TestWebhookRequest(webhook_id=answer.webhook.webhook_id)

    assert client.stub.test_webhook(request).delivered
    partner.status = 404
    assert client.stub.test_webhook(request).reason == "404"

    assert verified(partner.got[0], answer.webhook_secret)
    assert json.loads(partner.got[0].body)["type"] == "linli.identity.v1.WebhookTest"


def test_a_retired_client_is_told_nothing_more_and_its_webhooks_end(
    running: Component, partner: Endpoint, client: Client
) -> None:
    gone = Client(running)
    gone.registers(partner.url + "?gone")
    gone.retires()
    client.registers(partner.url)
    message = closed()

    hears(running, message)

    arrived(partner, message.case_id)
    assert cases_of(partner, path="/linli?gone") == []
    listed = running.opened.streams["webhook"]
    eventually(
        lambda: _same([each.client_id for each in listed.load("all").state.listed], [client.id]), "gone"
    )


def test_a_removed_webhook_is_told_nothing_more(
    running: Component, partner: Endpoint, client: Client
) -> None:
    removed = client.registers(partner.url + "?removed").webhook.webhook_id
    client.registers(partner.url)
    client.stub.remove_webhook(pb.RemoveWebhookRequest(request_id=request_id(), webhook_id=removed))
    message = closed()

    hears(running, message)

    arrived(partner, message.case_id)
    assert cases_of(partner, path="/linli?removed") == []
    assert len(client.shown()) == 1


def test_nobody_reaches_the_webhook_of_another_client(
    running: Component, partner: Endpoint, client: Client
) -> None:
    theirs = client.registers(partner.url).webhook.webhook_id
    other = Client(running)

    assert other.shown() == []
    for name, request in _about(theirs).items():
        with refused("WEBHOOK_UNKNOWN"):
            getattr(other.stub, name)(request)
    other.retires()


def _about(webhook_id: str) -> Mapping[str, Message]:
    """Every rpc about one webhook."""
    own = {"request_id": request_id(), "webhook_id": webhook_id}
    return {
        "rotate_webhook_secret": pb.RotateWebhookSecretRequest(**own),
        "remove_webhook": pb.RemoveWebhookRequest(**own),
        "test_webhook": pb.TestWebhookRequest(webhook_id=webhook_id),
        "list_parked_webhook_messages": pb.ListParkedWebhookMessagesRequest(webhook_id=webhook_id),
        "replay_webhook_messages": pb.ReplayWebhookMessagesRequest(**own),
    }


def test_a_person_has_no_webhooks(running: Component, partner: Endpoint) -> None:
    request = pb.RegisterWebhookRequest(request_id=request_id(), url=partner.url, kinds=[CLOSED])

    with refused("WEBHOOKS_FOR_CLIENTS"):
        as_role(running, "SUPERVISOR", "la").register_webhook(request)
    with refused("SCOPE_MISSING"):
        as_role(running, "RESIDENT", "la").register_webhook(request)


def test_a_client_without_the_scope_is_told_nothing(
    running: Component, partner: Endpoint, client: Client
) -> None:
    with refused("SCOPE_MISSING"):
        Client(running, "cases.read").registers(partner.url)


@pytest.mark.parametrize(
    "url",
    [
        "http://partner.example.org/linli",
        "https://user:password@partner.example.org/",
        "https://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1/",
        "https://partner.example.org/ HTTP/1.1",
        "partner.example.org",
    ],
)
def test_what_can_be_no_endpoint_is_refused(client: Client, url: str) -> None:
    with refused("WEBHOOK_URL_UNFIT"):
        client.registers(url)


def test_a_kind_that_cases_never_publishes_is_refused(client: Client, partner: Endpoint) -> None:
    with refused("WEBHOOK_KINDS_UNKNOWN"):
        client.registers(partner.url, CLOSED, "linli.identity.v1.ResidentRegistered")


def test_a_kind_without_its_package_is_corrected(client: Client, partner: Endpoint) -> None:
    with pytest.raises(RpcFailed, match=r"CaseOpenend, .*: did you mean linli\.cases\.v1\.CaseOpened\?"):
        client.registers(partner.url, "CaseOpenend")


def test_a_client_that_registers_without_end_is_stopped(client: Client, partner: Endpoint) -> None:
    with ExitStack() as stack:
        for number in range(10):
            client.registers(f"{partner.url}?{number}")
        stack.enter_context(refused("WEBHOOKS_TOO_MANY"))
        client.registers(f"{partner.url}?10")


@pytest.mark.parametrize(
    ("name", "value"), [("NETWORKS", "10.0.0.0/99"), ("REFUSED_NETWORKS", "here"), ("CA", "/nowhere/ca.pem")]
)
def test_a_setting_of_webhooks_that_cannot_be_used_is_named_at_the_start(name: str, value: str) -> None:
    with pytest.raises(SettingsInvalid, match=f"LINLI_IDENTITY_WEBHOOK_{name}: "):
        read(IdentitySettings, {**ENVIRON, f"LINLI_IDENTITY_WEBHOOK_{name}": value}, "LINLI_IDENTITY_")
