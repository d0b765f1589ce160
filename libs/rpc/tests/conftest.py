"""A greeter served on loopback, tokens for it, and clients."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from libs.rpc.client import Client, ServiceStub, connect
from libs.rpc.credentials import Token
from libs.rpc.server import Server
from libs.rpc.settings import ServerSettings
from libs.rpc.tests.greeter import SERVICE, Greeter
from libs.testkit.rpc import Mint, serving

MESSAGES = {"zh": {"NOTE_NOT_FOUND": "没有编号为{note_id}的记录"}}
Dial = Callable[..., ServiceStub]


@pytest.fixture(scope="module")
def mint() -> Mint:
    return Mint()


@pytest.fixture
def greeter() -> Greeter:
    return Greeter()


@pytest.fixture
def settings() -> ServerSettings:
    return ServerSettings(workers=4, waiting=4, streams=2, max_message=100_000)


@pytest.fixture
def server(mint: Mint, greeter: Greeter, settings: ServerSettings) -> Server:
    made = Server(settings, mint.verifier)
    made.add(SERVICE, greeter, MESSAGES)
    return made


@pytest.fixture
def address(server: Server) -> Iterator[str]:
    with serving(server) as where:
        yield where


@pytest.fixture
def dial(address: str) -> Iterator[Dial]:
    """`dial(token, **settings)` gives the greeter's rpcs as that caller."""
    clients: list[Client] = []

    def called(token: Token | None = None, **settings: Any) -> ServiceStub:
        clients.append(connect(address, token, **settings))
        return clients[-1].service(SERVICE)

    yield called
    for client in clients:
        client.close()
