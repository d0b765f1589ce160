"""Signatures by Standard Webhooks 1.0: who gets a message can tell who sent it, and that it is a repeat.

The headers are `webhook-id`, `webhook-timestamp` (Unix seconds) and `webhook-signature`: `v1,` and the base64
of the HMAC-SHA256 of id, timestamp and body, joined by dots. While a secret is replaced there are two
signatures, separated by a blank.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime

_PREFIX, _SHORTEST, _LONGEST = "whsec_", 24, 64


class SecretUnfit(ValueError):
    """A secret that is no `whsec_...`."""


def new_secret() -> str:
    """A secret that nobody knows yet: 32 random bytes."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def key_of(secret: str) -> bytes:
    """The key in a secret. Raises `SecretUnfit`."""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(_PREFIX) or not _SHORTEST <= len(key) <= _LONGEST:
        raise SecretUnfit("the secret is whsec_ and the base64 of 24 to 64 random bytes")
    return key


def signature(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    """The header `webhook-signature`."""
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def headers(message_id: str, at: datetime, body: bytes, *keys: bytes) -> Mapping[str, str]:
    """The headers of a JSON message that is sent at a moment, signed by each of the keys."""
    timestamp = str(int(at.timestamp()))
    return {
        "content-type": "application/json; charset=utf-8",
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signature(key, message_id, timestamp, body) for key in keys),
    }
