"""The client tries again where that is safe, and only there."""

from collections.abc import Callable
from typing import Any

import grpc
import pytest

from libs.ledger.decider import Kind, Refusal
from libs.ledger.errors import LedgerUnavailable, VersionConflict
from libs.rpc.client import Client, Patience, connect, is_safe
from libs.rpc.credentials import Refreshing, Token
from libs.rpc.failures import RpcFailed
from libs.rpc.methods import methods_of
from libs.rpc.server import Server
from libs.rpc.tests.conftest import Dial
from libs.rpc.tests.greeter import SERVICE, Greeter, message
from libs.testkit import patience
from libs.testkit.eventually import eventually
from libs.testkit.rpc import Mint, serving

GetGreeting, GetOwnName = message("GetGreetingRequest"), message("GetOwnNameRequest")
QUICK = Patience(first=0.001)
METHODS = {method.name: method for method in methods_of(SERVICE)}


class Failing(Greeter):
    """Fails the first few times."""

    def __init__(self, times: int, trouble: Exception) -> None:
        super().__init__()
        self.left = times
        self.failing = trouble
        self.asked = 0

    def get_greeting(self, request: Any, call: Any) -> Any:
        self.asked += 1
        self.left -= 1
        self.trouble = self.failing if self.left >= 0 else None
        return super().get_greeting(request, call)

    def forgotten(self, request: Any, call: Any) -> Any:
        raise AssertionError


def ask(api: Greeter, **settings: Any) -> Any:
    server = Server()
    server.add(SERVICE, api)
    with serving(server) as address, connect(address, **settings) as client:
        return client.service(SERVICE).get_greeting(GetGreeting(greeted="again"))


def test_an_outage_is_tried_again() -> None:
    api = Failing(2, VersionConflict("case-1", 3, 4))

    assert ask(api, patience=Patience(tries=3, first=0.001)).greeting == "你好 again"
    assert api.asked == 3


def test_a_refusal_is_not_tried_again() -> None:
    api = Failing(9, Refusal(Kind.CONFLICT, "REVISION_MISMATCH", "read it again"))

    with pytest.raises(RpcFailed, match="read it again"):
        ask(api, patience=QUICK)

    assert api.asked == 1


def test_it_gives_up_after_its_tries() -> None:
    api = Failing(99, VersionConflict("case-1", 3, 4))

    with pytest.raises(RpcFailed) as no:
        ask(api, patience=Patience(tries=2, first=0.001))

    assert (api.asked, no.value.reason) == (2, "CONTENDED")


def test_it_gives_up_before_its_deadline_rather_than_wait_past_it() -> None:
    """Its next try would come in a quarter of an hour: it does not wait for that."""
    api, rare = Failing(99, LedgerUnavailable("the database is away")), Patience(first=1800, most=1800)

    with pytest.raises(RpcFailed):
        ask(api, patience=rare, deadline=patience.seconds(60))

    assert api.asked == 1


@pytest.mark.parametrize(
    ("rpc", "request_", "safe"),
    [
        ("GetGreeting", GetGreeting(), True),
        ("ListNotes", message("ListNotesRequest")(), True),
        ("WriteNote", message("WriteNoteRequest")(request_id="r-1"), True),
        ("WriteNote", message("WriteNoteRequest")(), False),
        ("Forgotten", message("ForgottenRequest")(), False),
    ],
)
def test_reads_and_requests_with_an_id_are_safe_to_repeat(rpc: str, request_: Any, safe: bool) -> None:
    assert is_safe(METHODS[rpc], request_) is safe


def test_a_server_that_is_not_there_yet_is_waited_for(greeter: Greeter) -> None:
    server = Server()
    server.add(SERVICE, greeter)
    with serving(server) as address:
        pass
    with connect(address, patience=QUICK) as client, pytest.raises(RpcFailed) as no:
        client.service(SERVICE).get_greeting(GetGreeting(), deadline=1.0)

    assert no.value.code is grpc.StatusCode.UNAVAILABLE


def test_several_servers_are_called_in_turn_and_those_that_are_away_left_out() -> None:
    apis = [Greeter(), Greeter()]
    servers = [Server(), Server()]
    for server, api in zip(servers, apis, strict=True):
        server.add(SERVICE, api)

    def call(client: Client) -> tuple[int, int]:
        before = [len(api.begun) for api in apis]
        for _ in range(4):
            client.service(SERVICE).get_greeting(GetGreeting())
        first, second = (len(api.begun) - had for api, had in zip(apis, before, strict=True))
        return first, second

    with (
        serving(servers[0]) as one,
        serving(servers[1]) as other,
        connect(f"ipv4:{one},{other}", patience=QUICK) as client,
    ):
        eventually(lambda: all(call(client)), "both are called")
        servers[1].drain(0.1)
        assert call(client) == (4, 0)


def test_a_token_is_fetched_once_and_again_when_it_nears_its_end(dial: Dial, mint: Mint) -> None:
    fetched: list[float] = []

    def fetching(lasts: float) -> Callable[[], tuple[str, float]]:
        def fetch() -> tuple[str, float]:
            fetched.append(lasts)
            return mint.person("RESIDENT", subject=f"p-{len(fetched)}").value, lasts

        return fetch

    lasting, brief = dial(Refreshing(fetching(3600))), dial(Refreshing(fetching(10)))

    assert [lasting.get_own_name(GetOwnName()).name for _ in range(3)] == ["p-1"] * 3
    assert [brief.get_own_name(GetOwnName()).name for _ in range(2)] == ["p-2", "p-3"]


def test_a_token_that_the_server_does_not_accept_is_replaced_once(dial: Dial, mint: Mint) -> None:
    tokens = ["bad.bad.bad", mint.person("RESIDENT", subject="p-7").value]
    stub = dial(Refreshing(lambda: (tokens.pop(0), 3600)))

    assert stub.get_own_name(GetOwnName()).name == "p-7"


def test_a_wrong_password_is_sent_only_once_whatever_the_token() -> None:
    api = Failing(9, Refusal(Kind.UNAUTHENTICATED, "CREDENTIALS_REFUSED", "name or password is wrong"))

    with pytest.raises(RpcFailed, match="password"):
        ask(api, credentials=Refreshing(lambda: ("", 3600)), patience=QUICK)

    assert api.asked == 1


def test_a_fixed_token_that_is_refused_is_the_callers_problem(dial: Dial) -> None:
    with pytest.raises(RpcFailed) as no:
        dial(Token("bad.bad.bad")).get_own_name(GetOwnName())

    assert no.value.reason == "TOKEN_INVALID"


def test_rpcs_can_be_called_by_name(address: str) -> None:
    with connect(address) as client:
        answer = client.call(SERVICE.full_name, "GetGreeting", GetGreeting(greeted="name"))

    assert answer.greeting == "你好 name"


def test_field_violations_arrive_by_field(dial: Dial, mint: Mint) -> None:
    with pytest.raises(RpcFailed) as no:
        dial(mint.person("OPERATOR")).write_note(message("WriteNoteRequest")(request_id="r 1"))

    assert no.value.code is grpc.StatusCode.INVALID_ARGUMENT
    assert no.value.violations["request_id"] == "must match [A-Za-z0-9._:-]+"
    assert "text" in no.value.violations


def test_an_rpc_that_the_service_does_not_have_is_named(dial: Dial) -> None:
    with pytest.raises(AttributeError, match="sing_a_song"):
        dial().sing_a_song(GetGreeting())
