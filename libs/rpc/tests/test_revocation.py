"""Tokens that were revoked count no more, wherever the key set is known."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from libs.rpc.access import Grant
from libs.rpc.errors import Rejected
from libs.rpc.key_set import KeySet
from libs.rpc.keys import SigningKey, concealed, jwks
from libs.rpc.tokens import Issuer, Verifier
from libs.testkit.clocks import HandClock

KEY = SigningKey.generate()
REVOKED_AT = datetime(2020, 1, 3, 9, 0, 0, 500_000, tzinfo=UTC)


def token(subject: str, issued_at: datetime) -> str:
    return Issuer(KEY, clock=HandClock(issued_at)).issue(subject, grants=[Grant("RESIDENT")]).token


def verifier(*revoked: dict[str, Any]) -> Verifier:
    keys = KeySet.of(lambda: {**jwks([KEY]), "revoked": revoked})
    return Verifier(keys, clock=HandClock(REVOKED_AT + timedelta(minutes=1)))


REVOCATION = {"concealed": concealed(KEY.kid, "mei"), "before": REVOKED_AT.timestamp()}


def test_a_token_from_before_the_revocation_is_refused() -> None:
    with pytest.raises(Rejected, match="TOKEN_REVOKED"):
        verifier(REVOCATION).caller(token("mei", REVOKED_AT - timedelta(milliseconds=1)))


def test_a_token_from_right_after_it_counts() -> None:
    caller = verifier(REVOCATION).caller(token("mei", REVOKED_AT + timedelta(milliseconds=1)))

    assert caller.subject == "mei"


def test_nobody_else_is_concerned() -> None:
    caller = verifier(REVOCATION).caller(token("lan", REVOKED_AT - timedelta(hours=0.1)))

    assert caller.subject == "lan"


def test_a_key_set_that_tells_no_revocations_revokes_nothing() -> None:
    keys = KeySet.of(lambda: jwks([KEY]))

    assert Verifier(keys, clock=HandClock(REVOKED_AT)).caller(token("mei", REVOKED_AT)).subject == "mei"


def test_a_subject_is_concealed_as_the_proto_tells_partners() -> None:
    told = base64.urlsafe_b64encode(hashlib.sha256(b"kid-1\nmei").digest()).decode().rstrip("=")

    assert concealed("kid-1", "mei") == told
    assert concealed("kid-2", "mei") != told
