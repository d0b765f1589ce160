"""Hashes, signing keys, and revocations in memory."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher

from libs.ledger.recorded import Recorded
from libs.rpc.key_set import KeySet
from libs.rpc.keys import SigningKey, jwks
from libs.rpc.tokens import Verifier
from libs.rules.areas import AreaPath
from libs.testkit import patience
from libs.testkit.clocks import HandClock
from libs.testkit.eventually import eventually
from libs.testkit.recorded import recorded
from services.identity.adapters.hashing import Argon2
from services.identity.adapters.revoked import RevokedTokens
from services.identity.adapters.signing import DerivedKeys
from services.identity.application.ports import TokenClaims
from services.identity.domain.access import SessionsRevoked
from services.identity.domain.client import ClientRetired
from services.identity.domain.keyring import SigningKey as KeyOfRing
from services.identity.domain.values import Role, Within

AT = datetime(2020, 1, 3, 9, tzinfo=UTC)
SECRET = SigningKey.generate()
HOUR = timedelta(hours=1)


def test_a_hash_matches_its_secret_only() -> None:
    argon2 = Argon2()

    hashed = argon2.hash("correct horse")

    assert hashed.startswith("$argon2id$")
    assert argon2.matches(hashed, "correct horse")
    assert not argon2.matches(hashed, "staple battery")


@pytest.mark.parametrize("hashed", [None, "", "not a hash"])
def test_nothing_matches_no_hash(hashed: str | None) -> None:
    assert not Argon2().matches(hashed, "nobody")


def test_a_rush_computes_few_hashes_at_once_on_threads_of_their_own_and_refuses_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    argon2, names, released = Argon2(places=4), set[str](), threading.Event()

    def held(_hasher: PasswordHasher, _hashed: str, _secret: str) -> bool:
        names.add(threading.current_thread().name)
        return released.wait(patience.seconds(60))

    monkeypatch.setattr(PasswordHasher, "verify", held)
    with ThreadPoolExecutor(12) as callers:
        rush = [callers.submit(argon2.matches, "hashed", "guess") for _ in range(12)]
        eventually(lambda: sum(each.done() for each in rush) == 8)
        eventually(lambda: len(names) == 2)
        released.set()
    refused = [each.exception() for each in rush if each.exception()]

    assert [getattr(each, "code", "") for each in refused] == ["LOGINS_BUSY"] * 8
    assert all(name.startswith("argon2") for name in names)
    assert sum(each.result() for each in rush if not each.exception()) == 4


def test_the_first_key_is_the_secret_itself_and_the_next_ones_differ() -> None:
    keys = DerivedKeys(SECRET.pem().decode())

    ids = [keys.derive(generation).key_id for generation in range(3)]

    assert ids[0] == SECRET.kid
    assert len(set(ids)) == 3
    assert ids == [DerivedKeys(SECRET.pem().decode()).derive(n).key_id for n in range(3)]


def test_a_token_says_what_its_bearer_may_do() -> None:
    keys = DerivedKeys(SECRET.pem().decode())
    first = keys.derive(0)
    key = KeyOfRing(key_id=first.key_id, generation=0, public_key=first.public_key, introduced_at=AT)
    within = Within(area_id="nc-47", area_path=AreaPath("la/nc-47"), body_id="bos")
    claims = TokenClaims(
        subject="mei",
        kind="person",
        grants=((Role.CASE_OFFICER, within),),
        scopes=(),
        issued_at=AT,
        lifetime=HOUR,
    )

    token = keys.sign(claims, key)

    caller = Verifier(KeySet.of(lambda: jwks([SECRET])), clock=HandClock(AT)).caller(token.text)
    assert caller.roles == ("CASE_OFFICER",)
    assert caller.reach("cases.work").covers(area_path="la/nc-47/cell-1", body="bos")
    assert token.expires_at == AT + HOUR
    assert token.text not in repr(token)


@dataclass(frozen=True)
class Claims:
    sub: str
    iat: float
    also: tuple[str, ...] = ()


class Stored:
    """The view and the ledger of revocations, until the store is away."""

    def __init__(self) -> None:
        self.events: list[object] = []
        self.away = False
        self.doubts: list[Callable[[], None]] = []

    @property
    def known_head(self) -> int:
        return len(self.events)

    def head(self) -> int:
        if self.away:
            raise ConnectionError("the store is away")
        return len(self.events)

    def begin(self, earliest: datetime) -> tuple[Mapping[str, datetime], int]:
        self.head()
        return {"mei": AT}, 0

    def read(self, after: int, limit: int) -> Sequence[Recorded[Any]]:
        self.head()
        return recorded("access-somebody", *self.events[after : after + 1], position=after + 1)

    def on_reconnect(self, forget: Callable[[], None]) -> None:
        self.doubts.append(forget)

    def fall_back(self, position: int) -> None:
        """A standby takes over that had everything up to a position only."""
        del self.events[position:]
        for forget in self.doubts:
            forget()


def revoked_of(stored: Stored) -> RevokedTokens:
    return RevokedTokens(stored, stored, HOUR, HandClock(AT))


def test_tokens_from_before_the_revocation_count_no_more() -> None:
    revoked = revoked_of(Stored())

    assert revoked(Claims("mei", AT.timestamp() - 0.001))
    assert not revoked(Claims("mei", AT.timestamp()))
    assert not revoked(Claims("lan", AT.timestamp() - 1))


def test_a_revocation_counts_from_the_call_on_that_follows_its_recording() -> None:
    stored = Stored()
    revoked = revoked_of(stored)
    assert not revoked(Claims("lan", AT.timestamp() - 1))

    stored.events += [
        SessionsRevoked(subject="hua", before=AT),
        ClientRetired(client_id="sensors", retired_at=AT),
        SessionsRevoked(subject="lan", before=AT),
    ]

    for subject in ("lan", "hua", "sensors"):
        assert revoked(Claims(subject, AT.timestamp() - 1))
    assert set(revoked.since(AT - HOUR)) == {"mei", "lan", "hua", "sensors"}


def test_a_revocation_counts_at_a_position_that_a_failover_lost_and_gave_out_again() -> None:
    stored = Stored()
    revoked = revoked_of(stored)
    stored.events += [SessionsRevoked(subject="hua", before=AT), SessionsRevoked(subject="ping", before=AT)]
    assert revoked(Claims("ping", AT.timestamp() - 1))

    stored.fall_back(1)
    stored.events.append(SessionsRevoked(subject="lan", before=AT))

    assert revoked(Claims("lan", AT.timestamp() - 1))
    assert revoked(Claims("ping", AT.timestamp() - 1))  # the store has lost it: it counts all the same
    assert set(revoked.since(AT - HOUR)) == {"mei", "hua", "ping", "lan"}


def test_what_is_known_stays_known_while_the_store_is_away() -> None:
    stored = Stored()
    revoked = revoked_of(stored)
    revoked(Claims("mei", 0.0))

    stored.away = True
    stored.events.append(SessionsRevoked(subject="lan", before=AT))

    assert revoked(Claims("mei", 0.0))
    with pytest.raises(ConnectionError):  # but nobody is told that it is all
        revoked.since(AT - HOUR)
