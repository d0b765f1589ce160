"""Calls that wait for a revision hold no worker, and there are only so many of them."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest

from libs.rpc.call import Call
from libs.rpc.client import Patience, connect
from libs.rpc.errors import Rejected
from libs.rpc.failures import RpcFailed
from libs.rpc.server import Server
from libs.rpc.settings import ServerSettings
from libs.rpc.tests.greeter import SERVICE, Greeter, message
from libs.rpc.waiting import WaitingRoom
from libs.rpc.workers import Workers
from libs.telemetry import metrics
from libs.testkit import patience
from libs.testkit.eventually import eventually
from libs.testkit.rpc import Mint, serving


@pytest.fixture
def workers() -> Iterator[Workers]:
    made = Workers(2, "aside")
    yield made
    made.shutdown()


@pytest.fixture
def come() -> Iterator[threading.Event]:
    """What everybody waits for."""
    event = threading.Event()
    yield event
    event.set()


def waits(room: WaitingRoom, who: str, come: threading.Event) -> None:
    with room.place(who):
        come.wait(patience.seconds(30))


def test_who_waits_holds_no_worker(workers: Workers, come: threading.Event) -> None:
    room, done = WaitingRoom(workers, places=8, each=8), threading.Event()
    for _ in range(8):
        workers.submit(waits, room, "mei", come)
    eventually(lambda: room.waiting == 8)

    workers.submit(done.set)

    assert done.wait(patience.seconds(10))


def test_when_all_have_come_back_no_more_serve_than_before(workers: Workers, come: threading.Event) -> None:
    room, hold = WaitingRoom(workers, places=8, each=8), threading.Event()
    for _ in range(3):
        for _ in range(8):
            workers.submit(waits, room, "mei", come)
        eventually(lambda: room.waiting == 8)
        come.set()
        eventually(lambda: room.waiting == 0)
        come.clear()

    for _ in range(20):
        workers.submit(hold.wait, patience.seconds(30))

    eventually(lambda: workers.waiting == 18)
    hold.set()
    eventually(lambda: workers.waiting == 0)


def test_there_are_so_many_places_and_no_more(workers: Workers, come: threading.Event) -> None:
    room = WaitingRoom(workers, places=2, each=2)
    for who in ("mei", "lan"):
        workers.submit(waits, room, who, come)
    eventually(lambda: room.waiting == 2)

    with pytest.raises(Rejected, match="SERVER_BUSY") as no, room.place("wang"):
        pass

    assert no.value.failure.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert no.value.failure.retry_after is not None


def test_one_caller_does_not_take_all_places(workers: Workers, come: threading.Event) -> None:
    room = WaitingRoom(workers, places=8, each=2)
    for _ in range(2):
        workers.submit(waits, room, "greedy", come)
    eventually(lambda: room.waiting == 2)

    with pytest.raises(Rejected, match="QUOTA_EXCEEDED") as no, room.place("greedy"):
        pass
    with room.place("modest"):
        assert room.waiting == 3

    exceeded = no.value.failure.exceeded
    assert exceeded is not None
    assert exceeded.subject == "caller:greedy"


class Waits(Greeter):
    """A greeter whose GetOwnName waits, as a query does whose view is behind."""

    def __init__(self, come: threading.Event) -> None:
        super().__init__()
        self.come = come

    def get_own_name(self, request: Any, call: Call) -> Any:
        with call.aside():
            self.come.wait(patience.seconds(30))
        return super().get_own_name(request, call)


def test_a_server_full_of_waiters_answers_everybody_else(mint: Mint, come: threading.Event) -> None:
    server = Server(ServerSettings(workers=2, parked=12), mint.verifier)
    server.add(SERVICE, Waits(come))
    ask, own = message("GetGreetingRequest"), message("GetOwnNameRequest")
    people = [mint.person("RESIDENT", subject=f"person-{number}") for number in range(4)]

    with serving(server) as address, ThreadPoolExecutor(12) as threads:
        clients = [connect(address, token, patience=Patience(tries=1)) for token in people]
        stubs = [client.service(SERVICE) for client in clients]
        waiting = [
            threads.submit(stub.get_own_name, own(), deadline=60.0) for stub in stubs for _ in range(3)
        ]
        eventually(lambda: "linli_rpc_parked 12.0" in metrics.exposition().decode())

        assert stubs[0].get_greeting(ask(greeted="mei")).greeting == "你好 mei"
        with pytest.raises(RpcFailed) as no:
            stubs[0].get_own_name(own())
        come.set()
        names = {each.result().name for each in waiting}
        for client in clients:
            client.close()

    assert names == {f"person-{number}" for number in range(4)}
    assert (no.value.code, no.value.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "QUOTA_EXCEEDED")
    assert list(no.value.exceeded) == ["caller:person-0"]
    assert no.value.retry_after == 0.5
