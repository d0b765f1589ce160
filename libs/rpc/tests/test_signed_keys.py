"""Key sets are believed only if their root signed them, lately, and none after them has come."""

from collections.abc import Callable
from typing import Any

import jwt
import pytest

from libs.rpc.keys import SigningKey, jwks
from libs.rpc.signed_keys import NotTrusted, Trust, root_of, signed
from libs.rpc.tokens import Issuer
from libs.testkit.clocks import HandClock

SECRET, KEY, STRANGER = SigningKey.generate(), SigningKey.generate(), SigningKey.generate()
ROOT = root_of(SECRET)
OURS = ROOT.jwk["x"]


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def published(clock: HandClock, root: SigningKey = ROOT, **more: Any) -> dict[str, Any]:
    return signed({**jwks([KEY]), **more}, root, clock())


def test_what_the_root_signed_is_believed(clock: HandClock) -> None:
    opened = Trust([OURS], clock=clock).opened(published(clock, revoked=[]))

    assert opened["keys"] == jwks([KEY])["keys"]
    assert opened["iat"] == clock().timestamp()


def test_what_is_not_signed_counts_for_nothing(clock: HandClock) -> None:
    forged = {**published(clock), "keys": jwks([STRANGER])["keys"], "revoked": []}

    opened = Trust([OURS], clock=clock).opened(forged)

    assert opened["keys"] == jwks([KEY])["keys"]
    with pytest.raises(NotTrusted, match="not signed"):
        Trust([OURS], clock=clock).opened(jwks([STRANGER]))


def by_another_root(clock: HandClock) -> dict[str, Any]:
    return published(clock, STRANGER)


def in_the_name_of_the_root(clock: HandClock) -> dict[str, Any]:
    headers = {"typ": "jwk-set+jwt", "jwk": ROOT.jwk}
    claims = {"iss": "linli", "iat": clock().timestamp(), **jwks([STRANGER])}
    return {"signed": jwt.encode(claims, STRANGER.private, algorithm="EdDSA", headers=headers)}


def without_a_signature(clock: HandClock) -> dict[str, Any]:
    headers = {"typ": "jwk-set+jwt", "jwk": ROOT.jwk}
    claims = {"iss": "linli", "iat": clock().timestamp(), **jwks([STRANGER])}
    return {"signed": jwt.encode(claims, "", algorithm="none", headers=headers)}


def of_a_token(clock: HandClock) -> dict[str, Any]:
    return {"signed": Issuer(ROOT, clock=clock).issue("mei").token}


def of_garbage(clock: HandClock) -> dict[str, Any]:
    return {"signed": "e30.e30.e30"}


def from_the_future(clock: HandClock) -> dict[str, Any]:
    ahead = HandClock(clock())
    ahead.advance(minutes=5)
    return published(ahead)


@pytest.mark.parametrize(
    "forged",
    [
        by_another_root,
        in_the_name_of_the_root,
        without_a_signature,
        of_a_token,
        of_garbage,
        from_the_future,
    ],
)
def test_a_forged_key_set_is_not_believed(
    forged: Callable[[HandClock], dict[str, Any]], clock: HandClock
) -> None:
    with pytest.raises(NotTrusted):
        Trust([OURS], clock=clock).opened(forged(clock))


def test_an_old_key_set_that_somebody_repeats_is_not_believed(clock: HandClock) -> None:
    trust = Trust([OURS], clock=clock)
    old = published(clock, revoked=[])
    clock.advance(minutes=1)
    trust.opened(published(clock, revoked=[{"concealed": "c", "before": 1.0}]))

    with pytest.raises(NotTrusted, match="older"):
        trust.opened(old)


def test_without_a_given_root_the_first_one_is_trusted_and_no_other_after_it(
    clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    trust = Trust(clock=clock)

    trust.opened(published(clock))
    trust.opened(published(clock))

    with pytest.raises(NotTrusted, match="LINLI_KEYS_ROOT"):
        trust.opened(published(clock, STRANGER))
    assert len([line for line in caplog.messages if OURS in line]) == 1


def test_a_forgery_is_not_what_is_trusted_at_first(clock: HandClock) -> None:
    trust = Trust(clock=clock)

    with pytest.raises(NotTrusted):
        trust.opened(in_the_name_of_the_root(clock))

    trust.opened(published(clock, STRANGER))


def test_two_roots_are_trusted_while_one_gives_way_to_the_other(clock: HandClock) -> None:
    trust = Trust([OURS, STRANGER.jwk["x"]], clock=clock)

    trust.opened(published(clock))
    trust.opened(published(clock, STRANGER))


def test_the_root_stays_the_same_while_token_keys_rotate_and_is_none_of_them() -> None:
    assert root_of(SECRET).kid == ROOT.kid
    assert ROOT.kid != SECRET.kid


@pytest.mark.parametrize("root", ["", "short", "not base64 at all!", "A" * 44])
def test_what_is_no_root_is_refused(root: str) -> None:
    with pytest.raises(ValueError, match="no Ed25519 public key"):
        Trust([root])
