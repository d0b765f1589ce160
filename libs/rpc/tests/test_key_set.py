"""What this process knows of keys and revocations, how it hears of more, and what it does without news."""

import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import grpc
import pytest

from libs.ledger.decider import Kind, Refusal
from libs.rpc.access import UNPRIVILEGED, Grant, caller_of, scopes_of_roles
from libs.rpc.call import Call
from libs.rpc.client import Patience, connect
from libs.rpc.credentials import Token
from libs.rpc.failures import RpcFailed
from libs.rpc.key_set import KeySet
from libs.rpc.key_source import KeyUrl
from libs.rpc.keys import Jwks, SigningKey, concealed, jwks
from libs.rpc.server import Server
from libs.rpc.settings import ServerSettings
from libs.rpc.signed_keys import Trust, signed
from libs.rpc.tests.greeter import SERVICE, Greeter, message
from libs.rpc.tokens import Issuer, Verifier
from libs.telemetry.http import Endpoint
from libs.telemetry.public_keys import PublicKeys
from libs.testkit import patience
from libs.testkit.clocks import HandClock
from libs.testkit.eventually import eventually
from libs.testkit.rpc import serving

KEY, ROOT = SigningKey.generate(), SigningKey.generate()
TEN_MINUTES = 600.0


class Identity:
    """What publishes the key set; it may be away, or repeat itself."""

    def __init__(self, clock: HandClock) -> None:
        self.clock = clock
        self.away = False
        self.repeats: Jwks | None = None
        self.revoked: list[dict[str, Any]] = []
        self.changed_event = threading.Event()

    def read(self) -> Jwks:
        if self.away:
            raise ConnectionError("identity is away")
        return self.repeats or signed({**jwks([KEY]), "revoked": self.revoked}, ROOT, self.clock())

    def changed(self) -> Jwks:
        self.changed_event.wait(0.01)
        return self.read()

    def interrupt(self) -> None:
        self.changed_event.set()

    def revoke(self, subject: str) -> None:
        self.revoked.append(
            {"concealed": concealed(KEY.kid, subject), "before": self.clock().timestamp() + 1}
        )


class Monotonic:
    """A monotonic clock that goes with a hand clock."""

    def __init__(self, clock: HandClock) -> None:
        self._clock, self._began = clock, clock()

    def __call__(self) -> float:
        return (self._clock() - self._began).total_seconds()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def identity(clock: HandClock) -> Identity:
    return Identity(clock)


@pytest.fixture
def keys(identity: Identity, clock: HandClock) -> KeySet:
    trust = Trust([ROOT.jwk["x"]], clock=clock)
    return KeySet(identity, trust, clock=clock, monotonic=Monotonic(clock))


@pytest.fixture
def greeter(keys: KeySet, clock: HandClock) -> Iterator[Any]:
    """The greeter's rpcs as somebody with privileges, behind a server with these keys."""
    server = Server(ServerSettings(workers=2), Verifier(keys, clock=clock))
    server.add(SERVICE, Greeter())
    token = Issuer(KEY, clock=clock).issue("mei", grants=[Grant("OPERATOR"), Grant("SUPERVISOR")]).token
    with serving(server) as address, connect(address, Token(token), patience=Patience(tries=1)) as client:
        yield client.service(SERVICE)


def test_privileges_end_when_the_key_set_is_stale_and_reading_public_things_goes_on(
    greeter: Any, identity: Identity, clock: HandClock, keys: KeySet
) -> None:
    greeter.get_note(message("GetNoteRequest")(note_id="n1"))

    identity.away = True
    clock.advance(seconds=TEN_MINUTES + 1)

    with pytest.raises(RpcFailed) as refused:
        greeter.get_note(message("GetNoteRequest")(note_id="n1"))
    assert (refused.value.code, refused.value.reason) == (grpc.StatusCode.UNAVAILABLE, "KEYS_STALE")
    assert refused.value.retry_after
    greeter.get_greeting(message("GetGreetingRequest")(greeted="李"))
    identity.away = False
    clock.advance(seconds=6)
    greeter.get_note(message("GetNoteRequest")(note_id="n1"))
    assert keys.note() == ""


def test_a_stale_key_set_says_so_once_in_the_log_and_beside_readiness(
    identity: Identity, clock: HandClock, keys: KeySet, caplog: pytest.LogCaptureFixture
) -> None:
    keys.get(KEY.kid)
    identity.away = True

    for _ in range(3):
        clock.advance(seconds=TEN_MINUTES)
        keys.get(KEY.kid)

    assert "privileged scopes are refused" in keys.note()
    assert "identity is away" in keys.note()
    assert len([line for line in caplog.messages if "the key set is stale" in line]) == 1


def test_an_identity_that_was_restored_brings_no_revoked_token_back_to_life(
    identity: Identity, clock: HandClock, keys: KeySet
) -> None:
    keys.get(KEY.kid)
    identity.revoke("mei")
    clock.advance(seconds=10)
    keys.get(KEY.kid)
    revoked = keys.revoked_before(KEY.kid, "mei")

    identity.revoked.clear()  # a backup of before, or a replica that has not heard of it
    clock.advance(seconds=10)
    keys.get(KEY.kid)

    assert revoked > 0
    assert keys.revoked_before(KEY.kid, "mei") == revoked


def test_a_revocation_is_forgotten_when_no_token_of_before_can_be_left(
    identity: Identity, clock: HandClock, keys: KeySet
) -> None:
    identity.revoke("mei")
    keys.get(KEY.kid)
    identity.revoked.clear()

    for _ in range(25):
        clock.advance(seconds=3600)
        keys.get(KEY.kid)

    assert keys.revoked_before(KEY.kid, "mei") == 0


def test_who_repeats_a_genuine_key_set_does_not_keep_it_young(
    identity: Identity, clock: HandClock, keys: KeySet
) -> None:
    identity.repeats = identity.read()
    for _ in range(21):
        keys.get(KEY.kid)
        clock.advance(seconds=30)

    assert keys.stale


def test_a_key_set_that_was_old_when_it_came_is_as_old_as_it_is(
    identity: Identity, clock: HandClock, keys: KeySet
) -> None:
    identity.repeats = identity.read()
    clock.advance(hours=1)

    assert keys.get(KEY.kid) is not None
    assert keys.stale


def test_before_any_key_set_has_come_it_says_why(identity: Identity, keys: KeySet) -> None:
    identity.away = True

    assert keys.get(KEY.kid) is None
    assert "no token can be verified" in keys.note()


def test_what_is_withheld_is_neither_held_nor_reached() -> None:
    caller = caller_of("mei", "person", [Grant("CASE_OFFICER", body="lasan")]).without_privileges()

    assert caller.scopes <= UNPRIVILEGED
    assert {"cases.work", "parties.read"} <= caller.withheld
    assert not caller.has("cases.work")
    assert not caller.reach("cases.work").covers(body="lasan")
    assert caller.reach("cases.open").covers(body="lasan")


def test_what_is_withheld_is_not_taken_for_something_that_the_caller_lacks() -> None:
    """An importer was told for good that only importers may: the key set was old."""
    asked = SimpleNamespace(caller=caller_of("mei", "person", [Grant("OPERATOR")]).without_privileges())

    with pytest.raises(Refusal) as refused:
        Call.lacks(asked, "cases.import")  # type: ignore[arg-type]  # all that it reads

    assert (refused.value.kind, refused.value.code) == (Kind.UNAVAILABLE, "KEYS_STALE")
    assert not Call.lacks(asked, "cases.open")  # type: ignore[arg-type]


def test_every_unprivileged_scope_is_one_that_residents_hold() -> None:
    assert scopes_of_roles()["RESIDENT"] >= UNPRIVILEGED


def test_a_follower_hears_of_revocations_without_being_asked(identity: Identity, keys: KeySet) -> None:
    stop = threading.Event()
    follower = threading.Thread(target=keys.follow, args=(stop,))
    follower.start()
    try:
        eventually(lambda: keys.loaded)
        identity.revoke("mei")
        eventually(lambda: keys.revoked_before(KEY.kid, "mei"))
    finally:
        stop.set()
        keys.interrupt()
        follower.join(patience.seconds(10))


# over the wire


class Board:
    """Keys that are published and change by hand."""

    def __init__(self) -> None:
        self.keys = [KEY]
        self.news = threading.Event()
        self.waiting = threading.Event()

    def read(self) -> Jwks:
        return jwks(self.keys)

    def wait(self, seconds: float) -> None:
        self.waiting.set()
        self.news.wait(patience.seconds(60))


@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
def url(board: Board) -> Iterator[str]:
    endpoint = Endpoint(keys=PublicKeys(board.read, board.wait))
    endpoint.start()
    yield f"http://127.0.0.1:{endpoint.port}/keys.json"
    board.news.set()
    endpoint.stop()


def test_a_change_ends_the_waiting_at_once(board: Board, url: str) -> None:
    source, came = KeyUrl(url), list[Jwks]()
    source.changed()
    waiting = threading.Thread(target=lambda: came.append(source.changed()))
    waiting.start()
    assert board.waiting.wait(patience.seconds(10))

    board.keys.append(ROOT)
    board.news.set()
    waiting.join(patience.seconds(10))

    assert [each["kid"] for each in came[0]["keys"]] == [KEY.kid, ROOT.kid]


def test_who_waits_can_be_interrupted(board: Board, url: str) -> None:
    keys = KeySet(KeyUrl(url))
    stop = threading.Event()
    follower = threading.Thread(target=keys.follow, args=(stop,))
    follower.start()
    assert board.waiting.wait(patience.seconds(10))

    stop.set()
    keys.interrupt()
    follower.join(patience.seconds(3))

    assert not follower.is_alive()
