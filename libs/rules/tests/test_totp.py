"""The vectors of RFC 6238, and the same digits as a maintained library."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from libs.rules.totp import base32, code_at, otpauth_url, step_of, step_shown

SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "digits"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_vectors_of_the_rfc_hold(seconds: int, digits: str) -> None:
    """Appendix B has eight digits, of which ours are the last six."""
    assert code_at(SECRET, seconds // 30) == digits[-6:]


def test_a_maintained_library_computes_the_same() -> None:
    theirs = TOTP(SECRET, 6, SHA1(), 30)  # noqa: S303  # what the RFC and the apps use

    for seconds in range(1_700_000_000, 1_700_030_000, 29):
        assert theirs.generate(seconds).decode() == code_at(SECRET, seconds // 30)


def test_a_clock_may_be_a_step_off_and_no_more() -> None:
    at = datetime(2026, 11, 29, 9, 0, 15, tzinfo=UTC)
    shown = code_at(SECRET, step_of(at))

    for seconds in (-30, 0, 30):
        assert step_shown(SECRET, shown, at + timedelta(seconds=seconds)) == step_of(at)
    for seconds in (-60, 60):
        assert step_shown(SECRET, shown, at + timedelta(seconds=seconds)) is None
    assert step_shown(SECRET, "", at) is None


def test_apps_read_the_secret() -> None:
    assert base32(SECRET) == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert otpauth_url(SECRET, issuer="Linli 邻里", account="mei lan") == (
        "otpauth://totp/Linli%20%E9%82%BB%E9%87%8C:mei%20lan"
        "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Linli%20%E9%82%BB%E9%87%8C"
    )
