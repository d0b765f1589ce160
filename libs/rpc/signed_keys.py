"""The key set is signed by its root: whom to believe about keys and revocations.

What identity publishes is a JWK Set with the member `signed`: the same once more as a signed JWK Set
(`jwk-set+jwt`, OpenID Federation 1.0, section 5.2.1.1), with the moment when it was issued (`iat`).
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from libs.rpc.keys import ALGORITHM, ISSUER, Jwks, SigningKey, public_key
from libs.telemetry import logs

_TYPE = "jwk-set+jwt"
_AHEAD = 60.0
"""Seconds by which the issuer's clock may be ahead of ours."""
_BACK = 5.0
"""Seconds by which a later set may be older: replicas of identity have clocks of their own."""

_log = logs.get("keys")


class NotTrusted(Exception):
    """A key set that is not to be believed; the message says why, and what to do."""


def root_of(secret: SigningKey) -> SigningKey:
    """The root that signs the key set: derived from identity's secret, the same for all its token keys."""
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"linli root of the key set")
    return SigningKey(Ed25519PrivateKey.from_private_bytes(hkdf.derive(secret.private.private_bytes_raw())))


def signed(key_set: Jwks, root: SigningKey, now: datetime) -> dict[str, Any]:
    """The key set as it is published: with its root's public key, and with itself signed by the root."""
    claims = {"iss": ISSUER, "iat": now.timestamp(), **key_set}
    headers = {"typ": _TYPE, "kid": root.kid, "jwk": root.jwk}
    token = jwt.encode(claims, root.private, algorithm=ALGORITHM, headers=headers)
    return {**key_set, "root": root.jwk["x"], "signed": token}


class Trust:
    """Believes key sets that one of the `roots` signed; without roots, the one that signed the first.

    `roots` are public keys in base64url. Raises ValueError for anything else.
    """

    def __init__(
        self, roots: Sequence[str] = (), *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._roots = {public_key(root).public_bytes_raw(): public_key(root) for root in roots}
        self._clock = clock
        self._newest = float("-inf")

    def opened(self, published: Jwks) -> Jwks:
        """What the root signed, with `iat`. Raises `NotTrusted`."""
        token = str(published.get("signed", ""))
        if not token:
            raise NotTrusted("the key set is not signed: it must come from identity's /keys.json, whole")
        root = self._root_of(token)
        try:
            opened: dict[str, Any] = jwt.decode(
                token,
                root,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                options={"require": ["iss", "iat"], "verify_iat": False},
            )
            issued = float(opened["iat"])
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise NotTrusted(f"the signature of the key set is wrong ({error})") from None
        self._refuse_wrong_time(issued)
        self._pin(root)
        self._newest = max(self._newest, issued)
        return opened

    def _root_of(self, token: str) -> Ed25519PublicKey:
        try:
            header = jwt.get_unverified_header(token)
            named = public_key(str(dict(header["jwk"])["x"]))
        except (jwt.PyJWTError, KeyError, ValueError, TypeError):
            raise NotTrusted("the signature of the key set is unreadable") from None
        if header.get("typ") != _TYPE:
            raise NotTrusted("what signs the key set is a signature of something else")
        if not self._roots:
            return named
        root = self._roots.get(named.public_bytes_raw())
        if root is None:
            raise NotTrusted(
                "another root than the trusted one signed the key set: if identity has a new secret, add its"
                " root to LINLI_KEYS_ROOT, or restart this process if LINLI_KEYS_ROOT is not set"
            )
        return root

    def _refuse_wrong_time(self, issued: float) -> None:
        if issued > self._clock().timestamp() + _AHEAD:
            raise NotTrusted("the key set was issued in the future: check the clocks")
        if issued < self._newest - _BACK:
            raise NotTrusted("the key set is older than one that came before: somebody repeats an old one")

    def _pin(self, root: Ed25519PublicKey) -> None:
        if self._roots:
            return
        self._roots = {root.public_bytes_raw(): root}
        _log.warning(
            "the root of the key set is trusted at first use, until this process ends: set LINLI_KEYS_ROOT",
            root=SigningKey.text_of(root),
        )
