"""A stream looks at its caller's token again before each answer, and ends with a reason."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from queue import SimpleQueue
from typing import Any

import grpc
import pytest

from libs.rpc.access import PERSON, Grant, caller_of
from libs.rpc.call import Call
from libs.rpc.client import connect
from libs.rpc.credentials import Token
from libs.rpc.failures import RpcFailed
from libs.rpc.key_set import KeySet
from libs.rpc.keys import SigningKey, jwks
from libs.rpc.pause import Pause
from libs.rpc.server import Server
from libs.rpc.tests.greeter import SERVICE, Greeter, message
from libs.rpc.tokens import Claims, Issuer, Verifier
from libs.telemetry import metrics
from libs.testkit.clocks import HandClock
from libs.testkit.eventually import eventually
from libs.testkit.rpc import serving

Follow = message("FollowNotesRequest")


class Beats(Greeter):
    """A greeter whose stream answers at each beat."""

    def __init__(self) -> None:
        super().__init__()
        self.beats: SimpleQueue[int] = SimpleQueue()

    def follow_notes(self, request: Any, call: Call) -> Iterator[Any]:
        call.require(area_path="la/central/nc-1")
        while True:
            yield message("FollowNotesResponse")(number=self.beats.get())


class Wordy:
    """A message with a number, and with more that this release does not know."""

    def SerializeToString(self) -> bytes:  # noqa: N802 # as protobuf calls it
        return b"\x08\x01\x7a\x80\x80\x40" + b"x" * 2**20


class Silent(Greeter):
    """A greeter whose stream has nothing to say."""

    def follow_notes(self, request: Any, call: Call) -> Iterator[Any]:
        call.require(area_path="la/central/nc-1")
        while True:
            yield Pause(0.01)


class Followed:
    """A supervisor's stream on a server whose clock and revocations the test holds."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.revoked: set[str] = set()
        self.api = Beats()
        key = SigningKey.generate()
        keys = KeySet.of(lambda: jwks([key]))
        self.verifier = Verifier(keys, revoked=self._is_revoked, clock=self.clock)
        issuer = Issuer(key, clock=self.clock)
        grants = [Grant("SUPERVISOR")]
        self.token = Token(issuer.issue("sun", grants=grants, lifetime=timedelta(hours=1)).token)

    def _is_revoked(self, claims: Claims) -> bool:
        return claims.sub in self.revoked

    def beat(self, number: int, stream: Iterator[Any]) -> int:
        self.api.beats.put(number)
        return int(next(stream).number)


@pytest.fixture
def followed() -> Followed:
    return Followed()


@pytest.fixture
def stream(followed: Followed) -> Iterator[Iterator[Any]]:
    server = Server(authority=followed.verifier, clock=followed.clock)
    server.add(SERVICE, followed.api)
    with serving(server) as address, connect(address, followed.token) as client:
        stream = client.service(SERVICE).follow_notes(Follow())
        assert followed.beat(1, stream) == 1
        yield stream
        followed.api.beats.put(0)


def end_of(followed: Followed, stream: Iterator[Any]) -> RpcFailed:
    with pytest.raises(RpcFailed) as no:
        followed.beat(2, stream)
    return no.value


def test_it_goes_on_while_the_token_counts(followed: Followed, stream: Iterator[Any]) -> None:
    followed.clock.advance(minutes=59)

    assert followed.beat(2, stream) == 2


def test_it_ends_when_the_token_has_expired(followed: Followed, stream: Iterator[Any]) -> None:
    followed.clock.advance(minutes=61)

    failed = end_of(followed, stream)

    assert (failed.code, failed.reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_EXPIRED")


def test_it_ends_when_the_token_was_revoked(followed: Followed, stream: Iterator[Any]) -> None:
    followed.revoked.add("sun")

    failed = end_of(followed, stream)

    assert (failed.code, failed.reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_REVOKED")


def test_it_ends_when_the_caller_lost_the_scope(
    followed: Followed, stream: Iterator[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    volunteer = caller_of("sun", PERSON, [Grant("VOLUNTEER")])
    monkeypatch.setattr(followed.verifier, "caller", lambda token: volunteer)

    failed = end_of(followed, stream)

    assert (failed.code, failed.reason) == (grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING")


def test_a_call_whose_token_was_revoked_is_refused_even_if_it_was_known(followed: Followed) -> None:
    server = Server(authority=followed.verifier, clock=followed.clock)
    server.add(SERVICE, followed.api)
    with serving(server) as address, connect(address, followed.token) as client:
        stub = client.service(SERVICE)
        assert stub.get_own_name(message("GetOwnNameRequest")()).name == "sun"
        followed.revoked.add("sun")

        with pytest.raises(RpcFailed) as no:
            stub.get_own_name(message("GetOwnNameRequest")())

    assert (no.value.code, no.value.reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_REVOKED")


def test_a_stream_that_has_nothing_to_say_ends_too_when_the_token_was_revoked(followed: Followed) -> None:
    server = Server(authority=followed.verifier, clock=followed.clock)
    server.add(SERVICE, Silent())
    with serving(server) as address, connect(address, followed.token) as client:
        stream = client.service(SERVICE).follow_notes(Follow())
        followed.revoked.add("sun")

        with pytest.raises(RpcFailed) as no:
            next(stream)

    assert no.value.reason == "TOKEN_REVOKED"


def test_streams_that_wait_end_when_the_server_drains(followed: Followed) -> None:
    class Waits(Greeter):
        def follow_notes(self, request: Any, call: Call) -> Iterator[Any]:
            call.require(area_path="la/central/nc-1")
            yield message("FollowNotesResponse")(number=1)
            while call.active:
                yield Pause(3600.0)

    server = Server(authority=followed.verifier, clock=followed.clock)
    server.add(SERVICE, Waits())
    with connect(f"127.0.0.1:{server.start()}", followed.token) as client:
        stream = client.service(SERVICE).follow_notes(Follow())
        assert next(stream).number == 1

        server.drain(60.0)

        assert list(stream) == []


def test_a_caller_who_never_reads_holds_up_nobody_and_is_cut_off(
    followed: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Talks(Greeter):
        def follow_notes(self, request: Any, call: Call) -> Iterator[Any]:
            call.require(area_path="la/central/nc-1")
            while True:
                yield Wordy()

    monkeypatch.setattr("libs.rpc.streams.PATIENCE", 0.5)
    server = Server(authority=followed.verifier, clock=followed.clock)
    server.add(SERVICE, Talks())
    with serving(server) as address, connect(address, followed.token) as client, ExitStack() as lazy:
        metadata = (("authorization", f"Bearer {followed.token.token()}"),)
        for _ in range(3):
            call: Any = client.channel.unary_stream("/linli.greeter.v1.GreeterService/FollowNotes")
            stream = call(b"", metadata=metadata)
            lazy.callback(stream.cancel)

        keen = client.service(SERVICE).follow_notes(Follow())
        assert [next(keen).number for _ in range(5)] == [1] * 5
        keen.close()

        eventually(lambda: "linli_rpc_streams 0.0" in metrics.exposition().decode(), "all places are free")
