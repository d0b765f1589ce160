"""The keys that sign tokens, and the set of public keys that everybody verifies them with (JWKS)."""

import base64
import hashlib
import json
import ssl
import threading
import time
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from jwt import PyJWK
from jwt.algorithms import OKPAlgorithm

from libs.telemetry import logs

Jwks = Mapping[str, Any]
_log = logs.get("keys")
_ALGORITHM = "EdDSA"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An Ed25519 key that signs tokens. Never printed."""

    private: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def generate(cls) -> "SigningKey":
        """A new key."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_pem(cls, pem: bytes) -> "SigningKey":
        """The key in a PKCS #8 PEM file. Raises ValueError for anything else."""
        try:
            private = serialization.load_pem_private_key(pem, password=None)
        except (
            ValueError,
            TypeError,
            UnsupportedAlgorithm,
        ):  # no PEM at all; behind a password; of another kind
            private = None
        if not isinstance(private, Ed25519PrivateKey):
            message = "it is not an Ed25519 key in PEM: make one with `openssl genpkey -algorithm ed25519`"
            raise ValueError(message)  # noqa: TRY004 # the bytes are wrong, not their type
        return cls(private)

    def pem(self) -> bytes:
        """The key as PKCS #8 PEM: keep it secret."""
        return self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    @property
    def kid(self) -> str:
        """The key's id: its RFC 7638 thumbprint, shortened."""
        return kid_of(self.private.public_key())

    @property
    def jwk(self) -> dict[str, str]:
        """The public half, for the key set."""
        return public_jwk(self.kid, _bare_jwk(self.private.public_key())["x"])


def kid_of(public: Ed25519PublicKey) -> str:
    """The id of a public key."""
    canonical = json.dumps(_bare_jwk(public), sort_keys=True, separators=(",", ":"))
    return _encoded(hashlib.sha256(canonical.encode()).digest())[:16]


def public_jwk(kid: str, x: str) -> dict[str, str]:
    """The JWK of an Ed25519 key that verifies tokens; `x` is the public key in base64url."""
    return {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": _ALGORITHM, "kid": kid, "x": x}


def jwks(keys: Iterable[SigningKey]) -> dict[str, Any]:
    """The key set to publish: every key whose tokens may still be good, the signing one first."""
    return {"keys": [key.jwk for key in keys]}


def concealed(kid: str, subject: str) -> str:
    """The name of a token's subject in the list of revocations, which everybody may read.

    SHA-256 over the id of the key that signed the token and the subject, base64url: who has a
    token finds its subject there, but the list names nobody.
    """
    return _encoded(hashlib.sha256(f"{kid}\n{subject}".encode()).digest())


class KeySet:
    """Public keys by id, and whose tokens were revoked; loaded when needed and kept.

    It loads again after `fresh` seconds, and when a key is asked for that it does not know (but no
    more than once in `pause` seconds): so rotation needs no restart, and garbage causes no load.
    """

    def __init__(self, load: Callable[[], Jwks], *, fresh: float = 30.0, pause: float = 5.0) -> None:
        self._load = load
        self._fresh = fresh
        self._pause = pause
        self._keys: dict[str, Ed25519PublicKey] = {}
        self._revoked: dict[str, float] = {}
        self._loaded = float("-inf")
        self._tried = float("-inf")
        self._lock = threading.Lock()

    @classmethod
    def from_file(cls, path: Path, **timing: float) -> "KeySet":
        """A key set in a file (a mounted Secret or ConfigMap)."""
        return cls(lambda: json.loads(path.read_text()), **timing)

    @classmethod
    def from_url(cls, url: str, *, ca: Path | None = None, **timing: float) -> "KeySet":
        """A key set behind a URL (identity's `/keys.json`); `ca` vouches for it, else the system's list."""
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"the key set's address must be http(s), not {url}")

        def load() -> Jwks:
            trusted = ssl.create_default_context(cafile=ca) if url.startswith("https://") else None
            with urllib.request.urlopen(url, timeout=3.0, context=trusted) as answer:  # noqa: S310 # checked above
                loaded: Jwks = json.load(answer)
                return loaded

        return cls(load, **timing)

    def get(self, kid: str) -> Ed25519PublicKey | None:
        """The key; None if there is no such key now."""
        now = time.monotonic()
        if now - self._loaded > self._fresh or kid not in self._keys:
            self._reload(now)
        return self._keys.get(kid)

    def revoked_before(self, kid: str, subject: str) -> float:
        """The moment (seconds since 1970) before which the subject's tokens were revoked; 0 for never.

        `kid`: the key that signed the token. From the member `revoked` that identity adds to its key
        set: `[{"concealed": …, "before": …}]`, the first as `concealed` gives it.
        """
        return self._revoked.get(concealed(kid, subject), 0.0) if self._revoked else 0.0

    @property
    def loaded(self) -> bool:
        """Whether there is any key to verify with."""
        return bool(self._keys)

    def _reload(self, now: float) -> None:
        if not self._lock.acquire(blocking=not self._keys):
            return  # somebody else is at it; the old keys will do
        try:
            if now - self._tried < self._pause:
                return
            self._tried = now
            loaded = self._load()
            self._keys = dict(_keys_of(loaded))
            revoked = loaded.get("revoked", ())
            self._revoked = {str(each["concealed"]): float(each["before"]) for each in revoked}
            self._loaded = now
        except Exception as error:  # noqa: BLE001 # whatever the source does, old keys stay good
            _log.warning("key set not loaded", error=str(error), keys=len(self._keys))
        finally:
            self._lock.release()


def _keys_of(loaded: Jwks) -> Iterable[tuple[str, Ed25519PublicKey]]:
    for jwk in loaded["keys"]:
        if jwk.get("kty") == "OKP" and jwk.get("crv") == "Ed25519":
            key = PyJWK(dict(jwk), _ALGORITHM).key
            if isinstance(key, Ed25519PublicKey):
                yield str(jwk["kid"]), key


def _bare_jwk(public: Ed25519PublicKey) -> dict[str, str]:
    """What makes the key, and what RFC 7638 takes its thumbprint of: crv, kty and x."""
    return OKPAlgorithm.to_jwk(public, as_dict=True)


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
