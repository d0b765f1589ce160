"""Time-based one-time passwords (RFC 6238): six digits of HMAC-SHA-1, a new one every 30 seconds.

What authenticator apps compute; all of them know these parameters, and some no others.
"""

import base64
import hmac
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import quote

DIGITS, PERIOD = 6, 30
_EARLIER, _LATER = 1, 1
"""Steps by which the other clock may be behind or ahead (RFC 6238, 5.2)."""


def step_of(at: datetime) -> int:
    """The step of a moment: steps are numbered from 1970 on."""
    return int(at.timestamp()) // PERIOD


def code_at(secret: bytes, step: int) -> str:
    """The digits of a step (RFC 4226, 5.3)."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0xF
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def step_shown(secret: bytes, typed: str, at: datetime) -> int | None:
    """The step whose digits these are, around a moment; None: they are of none."""
    found = [step for step in _around(at) if hmac.compare_digest(code_at(secret, step), typed)]
    return found[-1] if found else None


def base32(secret: bytes) -> str:
    """The secret, as apps take it when it is typed."""
    return base64.b32encode(secret).decode().rstrip("=")


def otpauth_url(secret: bytes, *, issuer: str, account: str) -> str:
    """The secret, as apps take it from a QR code (the key URI format of Google Authenticator)."""
    label = f"{quote(issuer, safe='')}:{quote(account, safe='')}"
    return f"otpauth://totp/{label}?secret={base32(secret)}&issuer={quote(issuer, safe='')}"


def _around(at: datetime) -> Iterator[int]:
    now = step_of(at)
    yield from range(max(0, now - _EARLIER), now + _LATER + 1)
