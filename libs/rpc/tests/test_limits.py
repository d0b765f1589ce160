"""What one caller may use, and that nobody uses what the others need."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
import pytest

from libs.rpc.client import Client, Patience, connect
from libs.rpc.errors import Failure, Rejected
from libs.rpc.failures import RpcFailed
from libs.rpc.limits.limits import Limits
from libs.rpc.limits.quota import ADDRESS, CLIENT, IMPORTER, PERSON, Quota
from libs.rpc.server import Server
from libs.rpc.settings import ServerSettings
from libs.rpc.tests.greeter import SERVICE, Greeter, message
from libs.telemetry import metrics
from libs.telemetry.metrics.registry import Bounded
from libs.testkit import patience
from libs.testkit.eventually import eventually
from libs.testkit.rpc import Mint, serving

GetGreeting = message("GetGreetingRequest")
Own = message("GetOwnNameRequest")
Follow = message("FollowNotesRequest")
ONCE = Patience(tries=1)
SMALL = Quota(calls_per_second=10, concurrent_calls=3, streams=2)


@pytest.fixture(autouse=True)
def _nobody_was_limited_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifty callers are counted by their names: tests of other files may have named them."""
    monkeypatch.setattr("libs.telemetry.metrics.rpcs._callers", Bounded(50))


class Seconds:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def refusal(begin: Any) -> Failure:
    with pytest.raises(Rejected) as no:
        begin()
    return no.value.failure


def test_after_a_pause_two_seconds_worth_of_calls_may_come_at_once_and_then_the_rate() -> None:
    clock = Seconds()
    limits = Limits(clock=clock)

    def call() -> None:
        limits.end_call(limits.call("caller:mei", SMALL))

    for _ in range(20):
        call()
    no = refusal(call)
    clock.now += 0.1
    call()
    refusal(call)
    clock.now += 3600.0
    for _ in range(20):
        call()
    refusal(call)

    assert (no.code, no.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "QUOTA_EXCEEDED")
    assert no.retry_after == pytest.approx(0.1)
    assert dict(no.facts) == {"quota": "calls_per_second", "limit": "10"}
    assert no.exceeded is not None
    assert (no.exceeded.subject, no.exceeded.limit) == ("caller:mei", "at most 10 calls per second")


def test_what_is_refused_costs_nothing_of_the_quota() -> None:
    clock = Seconds()
    limits = Limits(clock=clock)
    begun = [limits.call("caller:mei", SMALL) for _ in range(3)]

    for _ in range(50):
        assert refusal(lambda: limits.call("caller:mei", SMALL)).facts["quota"] == "concurrent_calls"

    limits.end_call(begun[0])
    limits.call("caller:mei", SMALL)


def test_each_has_an_account_of_their_own() -> None:
    limits = Limits(clock=Seconds())
    for _ in range(3):
        limits.call("caller:greedy", SMALL)
    refusal(lambda: limits.call("caller:greedy", SMALL))

    limits.call("caller:modest", SMALL)
    limits.stream("caller:greedy", SMALL)


def test_streams_have_a_quota_of_their_own() -> None:
    limits = Limits(clock=Seconds())
    first = limits.stream("caller:mei", SMALL)
    limits.stream("caller:mei", SMALL)

    assert refusal(lambda: limits.stream("caller:mei", SMALL)).facts == {"quota": "streams", "limit": "2"}

    limits.end_stream(first)
    limits.stream("caller:mei", SMALL)


def test_accounts_of_the_past_are_forgotten_but_not_those_in_use() -> None:
    limits = Limits(clock=Seconds(), most=10)
    for _ in range(3):
        limits.call("caller:mei", SMALL)

    for number in range(100):
        limits.end_call(limits.call(f"address:{number}", ADDRESS))

    assert refusal(lambda: limits.call("caller:mei", SMALL)).facts["quota"] == "concurrent_calls"


def test_the_accounts_that_are_forgotten_are_those_unused_longest() -> None:
    limits = Limits(clock=Seconds(), most=10)
    for _ in range(20):
        limits.end_call(limits.call("caller:mei", SMALL))
    for number in range(9):
        limits.end_call(limits.call(f"address:{number}", ADDRESS))

    refusal(lambda: limits.call("caller:mei", SMALL))
    limits.end_call(limits.call("address:9", ADDRESS))  # one too many

    assert refusal(lambda: limits.call("caller:mei", SMALL)).facts["quota"] == "calls_per_second"


@contextmanager
def served(greeter: Greeter, mint: Mint, **settings: int) -> Iterator[str]:
    server = Server(ServerSettings(**settings), mint.verifier)  # type: ignore[arg-type] # numbers only
    server.add(SERVICE, greeter)
    with serving(server) as address:
        try:
            yield address
        finally:
            greeter.released.set()


@pytest.fixture
def plenty() -> Mint:
    return Mint()


def test_one_greedy_caller_starves_nobody(greeter: Greeter, plenty: Mint) -> None:
    """Fifty calls of one caller are held; those of five others, who come later, are answered."""
    greedy = plenty.person("RESIDENT", subject="greedy")
    with served(greeter, plenty, workers=8) as address, ThreadPoolExecutor(50) as threads:
        greeter.released.clear()
        with connect(address, greedy, patience=ONCE) as client:
            stub = client.service(SERVICE)
            held = [
                threads.submit(stub.get_greeting, GetGreeting(greeted="greedy"), deadline=60.0)
                for _ in range(50)
            ]
            eventually(lambda: "linli_rpc_waiting 44.0" in metrics.exposition().decode())

            for number in range(5):
                modest = plenty.person("RESIDENT", subject=f"modest-{number}")
                with connect(address, modest, patience=ONCE) as other:
                    assert other.service(SERVICE).get_own_name(Own()).name == f"modest-{number}"
            begun = len(greeter.begun)
            greeter.released.set()

            assert begun == 6
            assert {each.result().greeting for each in held} == {"你好 greedy"}


def test_all_without_a_token_leave_workers_to_those_who_have_one(greeter: Greeter, plenty: Mint) -> None:
    with served(greeter, plenty, workers=4) as address, ThreadPoolExecutor(12) as threads:
        greeter.released.clear()
        with connect(address, patience=ONCE) as nobody:
            stub = nobody.service(SERVICE)
            held = [threads.submit(stub.get_greeting, GetGreeting(), deadline=60.0) for _ in range(12)]
            eventually(lambda: len(greeter.begun) == 3)

            with connect(address, plenty.person("RESIDENT", subject="mei"), patience=ONCE) as mei:
                assert mei.service(SERVICE).get_own_name(Own()).name == "mei"
            greeter.released.set()
            for each in held:
                each.result()


def test_one_address_has_a_quota_for_callers_without_a_token(greeter: Greeter, plenty: Mint) -> None:
    refused: list[RpcFailed] = []

    def ask(stub: Any) -> None:
        try:
            stub.get_greeting(GetGreeting(), deadline=60.0)
        except RpcFailed as failed:
            refused.append(failed)

    calls = ADDRESS.concurrent_calls + 2
    with served(greeter, plenty, workers=32) as address, ThreadPoolExecutor(calls) as threads:
        greeter.released.clear()
        with connect(address, patience=ONCE) as nobody:
            stub = nobody.service(SERVICE)
            asking = [threads.submit(ask, stub) for _ in range(calls)]
            eventually(lambda: len(refused) == 2)
            greeter.released.set()
            for each in asking:
                each.result()

    assert {failed.reason for failed in refused} == {"QUOTA_EXCEEDED"}
    assert [list(failed.exceeded) for failed in refused] == [["address:127.0.0.1"]] * 2


def test_a_partner_learns_what_is_used_up_and_when_to_come_again(greeter: Greeter) -> None:
    mint = Mint(quota=SMALL)
    with (
        served(greeter, mint, workers=32) as address,
        connect(address, mint.client(subject="sensors"), patience=ONCE) as client,
        ThreadPoolExecutor(3) as threads,
    ):
        stub = client.service(SERVICE)
        greeter.released.clear()
        held = [threads.submit(stub.get_greeting, GetGreeting(), deadline=60.0) for _ in range(3)]
        eventually(lambda: len(greeter.begun) == 3)
        with pytest.raises(RpcFailed) as no:
            stub.get_own_name(Own())
        greeter.released.set()
        for each in held:
            each.result()
        eventually(lambda: _answers(stub))

    assert (no.value.code, no.value.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "QUOTA_EXCEEDED")
    assert no.value.exceeded == {"caller:sensors": "at most 3 calls at the same time"}
    assert dict(no.value.metadata) == {"quota": "concurrent_calls", "limit": "3"}
    assert no.value.retry_after == 0.5
    counted = 'linli_rpc_limited_total{caller="sensors",quota="concurrent_calls"}'
    assert counted in metrics.exposition().decode()


def _answers(stub: Any) -> bool:
    try:
        return bool(stub.get_own_name(Own()).name)
    except RpcFailed as failed:
        raise AssertionError from failed


def test_one_partner_does_not_take_all_streams(greeter: Greeter) -> None:
    mint = Mint(quota=SMALL)
    with served(greeter, mint, streams=4) as address, ThreadPoolExecutor(8) as threads:
        greedy = connect(address, mint.client("cases.read", subject="greedy"), patience=ONCE)
        modest = connect(address, mint.client("cases.read", subject="modest"), patience=ONCE)
        with greedy, modest:
            stub = greedy.service(SERVICE)
            following = [stub.follow_notes(Follow(wanted=0), deadline=patience.seconds(60)) for _ in range(2)]
            for stream in following:
                threads.submit(_drained, stream)
            eventually(lambda: len(greeter.calls) == 2)

            with pytest.raises(RpcFailed) as no:
                list(stub.follow_notes(Follow(wanted=1)))
            answers = list(modest.service(SERVICE).follow_notes(Follow(wanted=2)))
            for stream in following:
                threads.submit(stream.close)
            greedy.close()

    assert (no.value.reason, no.value.exceeded) == (
        "QUOTA_EXCEEDED",
        {"caller:greedy": "at most 2 streams at the same time"},
    )
    assert [answer.number for answer in answers] == [0, 1]


def test_a_stream_that_is_refused_gives_no_place_back(greeter: Greeter, plenty: Mint) -> None:
    def client(subject: str) -> Client:
        return connect(address, plenty.client("cases.read", subject=subject), patience=ONCE)

    with (
        served(greeter, plenty, streams=1) as address,
        ThreadPoolExecutor(2) as threads,
        client("first") as first,
        client("second") as second,
    ):
        held = first.service(SERVICE).follow_notes(Follow(wanted=0), deadline=patience.seconds(60))
        threads.submit(_drained, held)
        eventually(lambda: len(greeter.calls) == 1)

        refused = [_refused_stream(second.service(SERVICE)) for _ in range(3)]
        threads.submit(held.close)

    assert refused == [grpc.StatusCode.RESOURCE_EXHAUSTED] * 3


def _refused_stream(stub: Any) -> grpc.StatusCode:
    with pytest.raises(RpcFailed) as no:
        list(stub.follow_notes(Follow(wanted=1), deadline=patience.seconds(5)))
    return no.value.code


def _drained(stream: Any) -> None:
    try:
        list(stream)
    except RpcFailed:
        return


def test_a_token_without_a_quota_has_that_of_its_kind() -> None:
    mint = Mint(quota=None)

    assert mint.verifier.caller(mint.person("RESIDENT").token()).quota == PERSON
    assert mint.verifier.caller(mint.client("cases.open").token()).quota == CLIENT
    assert mint.verifier.caller(mint.client("cases.import").token()).quota == IMPORTER
    assert mint.verifier.caller(mint.person("OPERATOR").token()).quota == IMPORTER


def test_a_token_carries_the_quota_that_its_subject_was_given() -> None:
    mint = Mint(quota=SMALL)

    assert mint.verifier.caller(mint.client().token()).quota == SMALL


def test_racing_callers_never_get_more_than_the_quota() -> None:
    limits, most, taken = Limits(clock=Seconds()), list[int](), threading.Lock()
    generous = Quota(calls_per_second=100_000, concurrent_calls=3, streams=0)

    def race(_: int) -> None:
        try:
            account = limits.call("caller:mei", generous)
        except Rejected:
            return
        with taken:
            most.append(account.calls)
        limits.end_call(account)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(race, range(2000)))

    assert max(most) <= 3
    assert limits.call("caller:mei", generous).calls == 1
