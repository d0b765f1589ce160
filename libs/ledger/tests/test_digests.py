"""Digests are what the standard says: those that lie in a database must be found for ever."""

import hmac

import pytest

from libs.ledger.privacy.digests import Hmac

MESSAGES = ("", "mattress", "床垫", "opened 2026-11", "a" * 1_000)


@pytest.mark.parametrize("key", [b"", b"\0", b"wicket", bytes(range(32)), bytes(range(64))])
def test_a_digest_is_that_of_the_standard(key: bytes) -> None:
    ours = Hmac(key)

    for message in map(str.encode, MESSAGES):
        assert ours.digest(message) == hmac.digest(key, message, "sha256")


def test_a_digest_says_nothing_of_the_one_before() -> None:
    ours = Hmac(bytes(range(32)))

    first = ours.digest(b"mattress")
    ours.digest(b"sofa")

    assert ours.digest(b"mattress") == first
