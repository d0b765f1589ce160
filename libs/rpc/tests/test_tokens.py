"""Tokens are good until they expire, are revoked, or their key is gone; nothing else is a token."""

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import jwt
import pytest

from libs.query.reach import Limit
from libs.rpc.access import Grant
from libs.rpc.errors import Rejected
from libs.rpc.key_set import KeySet
from libs.rpc.key_source import source_at
from libs.rpc.keys import SigningKey, jwks
from libs.rpc.tokens import Claims, Issuer, Verifier
from libs.telemetry.http import Endpoint
from libs.telemetry.public_keys import PublicKeys
from libs.testkit import patience

KEY = SigningKey.generate()
GRANTS = [Grant("DISPATCHER", area="nc-12", path="la/central/nc-12"), Grant("CASE_OFFICER", body="lasan")]


class Dial:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Dial:
    return Dial()


@pytest.fixture
def issuer(clock: Dial) -> Issuer:
    return Issuer(KEY, clock=clock)


@pytest.fixture
def verifier(clock: Dial) -> Verifier:
    return Verifier(KeySet.of(lambda: jwks([KEY])), clock=clock)


def reason_of(call: Callable[[], object]) -> str:
    """Why a token is not accepted."""
    with pytest.raises(Rejected) as no:
        call()
    assert no.value.failure.code is grpc.StatusCode.UNAUTHENTICATED
    return no.value.failure.reason


def test_a_token_says_who_and_how_far(issuer: Issuer, verifier: Verifier) -> None:
    caller = verifier.caller(issuer.issue("p-42", grants=GRANTS).token)

    assert (caller.subject, caller.kind, caller.roles) == ("p-42", "person", ("CASE_OFFICER", "DISPATCHER"))
    assert caller.reach("cases.dispatch").limits == (Limit("la/central/nc-12"),)
    assert {grant.area for grant in caller.grants} == {"nc-12", ""}
    assert set(caller.reach("cases.read").limits) == {Limit("la/central/nc-12"), Limit(body="lasan")}


def test_a_token_names_all_ids_of_one_person(issuer: Issuer, verifier: Verifier) -> None:
    merged = verifier.caller(issuer.issue("one", also=["two", "three"]).token)
    alone = verifier.caller(issuer.issue("one").token)

    assert (merged.subject, merged.ids) == ("one", ("one", "two", "three"))
    assert alone.ids == ("one",)
    assert merged.without_privileges().ids == merged.ids


def test_a_clients_token_carries_its_scopes(issuer: Issuer, verifier: Verifier) -> None:
    issued = issuer.issue("c-1", kind="client", grants=[Grant("PARTNER")], scopes=["feed.read"])

    caller = verifier.caller(issued.token)

    assert set(caller.scopes) == {"feed.read"}
    assert caller.token_id == issued.token_id


def test_a_token_with_two_grants_fits_half_a_kilobyte(issuer: Issuer) -> None:
    assert len(issuer.issue("p" * 32, grants=GRANTS).token) < 512


def test_a_token_expires_even_when_it_is_known(issuer: Issuer, verifier: Verifier, clock: Dial) -> None:
    issued = issuer.issue("p-42", lifetime=timedelta(minutes=5))
    verifier.caller(issued.token)

    clock.now = issued.expires_at + timedelta(seconds=6)

    assert reason_of(lambda: verifier.caller(issued.token)) == "TOKEN_EXPIRED"


def test_a_revoked_token_is_refused_on_the_next_call(issuer: Issuer, clock: Dial) -> None:
    gone: set[str] = set()
    verifier = Verifier(
        KeySet.of(lambda: jwks([KEY])), clock=clock, revoked=lambda claims: claims.jti in gone
    )
    issued = issuer.issue("p-42")
    verifier.caller(issued.token)

    gone.add(issued.token_id)

    assert reason_of(lambda: verifier.caller(issued.token)) == "TOKEN_REVOKED"


def forged(**changes: object) -> str:
    """A token signed with the right key whose claims are not as issued."""
    now = int(datetime(2026, 5, 4, 12, tzinfo=UTC).timestamp())
    claims = {
        "iss": "linli",
        "aud": "linli",
        "sub": "p",
        "iat": now,
        "exp": now + 60,
        "jti": "t",
        "kind": "person",
    }
    kept = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    return jwt.encode(kept, KEY.private, algorithm="EdDSA", headers={"kid": KEY.kid})


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "somebody"}, {"aud": "elsewhere"}, {"kind": "emperor"}, {"grants": "all"}, {"grants": [1]},
        {"grants": [{"role": "OPERATOR", "power": "more"}]}, {"grants": [{}]}, {"scopes": "feed.read"},
        {"sub": None}, {"exp": None}, {"jti": None}, {"iat": None}, {"exp": "tomorrow"},
        {"iat": 9_999_999_999},
    ],
)  # fmt: skip
def test_claims_that_we_did_not_issue_are_refused(verifier: Verifier, changes: dict[str, object]) -> None:
    assert verifier.caller(forged()).subject == "p"

    assert reason_of(lambda: verifier.caller(forged(**changes))) == "TOKEN_INVALID"


def test_a_signature_of_another_key_or_kind_is_refused(verifier: Verifier, issuer: Issuer) -> None:
    good = issuer.issue("p-42").token
    stranger = Issuer(SigningKey.generate()).issue("p-42").token
    head, body, signature = good.split(".")
    nobody = (
        base64.urlsafe_b64encode(json.dumps({"alg": "none", "kid": KEY.kid}).encode()).rstrip(b"=").decode()
    )
    shared = jwt.encode({"sub": "p"}, "x" * 32, algorithm="HS256", headers={"kid": KEY.kid})

    tampered = [f"{head}.{body}A.{signature}", f"{nobody}.{body}.", f"{head}.{body}.", good[:-4], shared]
    for token in [stranger, *tampered, "", "a.b.c", "é", "x" * 100_000, good + " "]:
        assert reason_of(lambda token=token: verifier.caller(token)) == "TOKEN_INVALID"  # type: ignore[misc]


def test_the_set_of_known_tokens_is_bounded(issuer: Issuer, clock: Dial) -> None:
    verifier = Verifier(KeySet.of(lambda: jwks([KEY])), clock=clock, most_known=10)

    for n in range(50):
        assert verifier.caller(issuer.issue(f"p-{n}").token).subject == f"p-{n}"

    assert len(verifier._known) <= 10


def test_keys_rotate_without_a_restart(clock: Dial) -> None:
    new = SigningKey.generate()
    published, signing = [KEY], [KEY]
    issuer = Issuer(lambda: signing[0], clock=clock)
    verifier = Verifier(KeySet.of(lambda: jwks(published), pause=0, fresh=0), clock=clock)
    old_token = issuer.issue("p-1").token
    verifier.caller(old_token)

    published[:], signing[:] = [new, KEY], [new]
    assert verifier.caller(issuer.issue("p-2").token).subject == "p-2"
    assert verifier.caller(old_token).subject == "p-1"

    published[:] = [new]
    assert reason_of(lambda: verifier.caller(old_token)) == "TOKEN_INVALID"


def test_unknown_keys_do_not_make_it_load_again_and_again(clock: Dial) -> None:
    loads: list[int] = []

    def load() -> dict[str, object]:
        loads.append(1)
        return jwks([KEY])

    verifier = Verifier(KeySet.of(load, pause=60), clock=clock)
    for _ in range(20):
        reason_of(lambda: verifier.caller(Issuer(SigningKey.generate()).issue("p").token))

    assert len(loads) == 1


def test_a_key_set_that_cannot_be_loaded_is_an_outage_not_a_refusal(issuer: Issuer, tmp_path: Path) -> None:
    verifier = Verifier(KeySet(source_at((tmp_path / "missing.json").as_uri())))

    with pytest.raises(Rejected) as no:
        verifier.caller(issuer.issue("p").token)

    assert (no.value.failure.code, no.value.failure.reason) == (
        grpc.StatusCode.UNAVAILABLE,
        "KEYS_UNAVAILABLE",
    )


def test_keys_come_from_a_file_or_from_an_address(issuer: Issuer, clock: Dial, tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text(json.dumps(jwks([KEY])))
    endpoint = Endpoint(keys=PublicKeys(lambda: jwks([KEY])))
    endpoint.start()
    try:
        for url in (file.as_uri(), f"http://127.0.0.1:{endpoint.port}/keys.json"):
            verifier = Verifier(KeySet(source_at(url)), clock=clock)
            assert verifier.caller(issuer.issue("p-42").token).subject == "p-42"
    finally:
        endpoint.stop()


def test_old_keys_stay_good_while_their_source_is_away(clock: Dial, issuer: Issuer) -> None:
    answers = [jwks([KEY])]
    keys = KeySet.of(lambda: answers.pop(), fresh=0, pause=0)
    verifier = Verifier(keys, clock=clock)

    for _ in range(3):
        assert verifier.caller(issuer.issue("p-42").token).subject == "p-42"


def test_a_signing_key_survives_its_file_and_is_never_shown() -> None:
    again = SigningKey.from_pem(KEY.pem())

    assert again.kid == KEY.kid
    assert "private" not in repr(again)
    with pytest.raises(ValueError, match="PEM"):
        SigningKey.from_pem(b"no key")


def test_claims_have_the_names_of_the_standard() -> None:
    assert set(Claims.__struct_fields__) >= {"sub", "iat", "exp", "jti"}


@pytest.mark.process
def test_the_first_tokens_may_come_all_at_once() -> None:
    program = """
import sys, threading
from libs.rpc.key_set import KeySet
from libs.rpc.keys import SigningKey, jwks
from libs.rpc.tokens import Issuer, Verifier

sys.setswitchinterval(1e-6)
key = SigningKey.generate()
verifier = Verifier(KeySet.of(lambda: jwks([key])))
tokens = [Issuer(key).issue(f"person-{n}").token for n in range(16)]
gate = threading.Barrier(16)

def first(token):
    gate.wait()
    verifier.caller(token)

threads = [threading.Thread(target=first, args=(token,)) for token in tokens]
for each in threads:
    each.start()
for each in threads:
    each.join()
"""
    for _ in range(3):
        subprocess.run([sys.executable, "-c", program], check=True, timeout=patience.seconds(60))
