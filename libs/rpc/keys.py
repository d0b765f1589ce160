"""The keys that sign tokens, and the set of public keys that everybody verifies them with (JWKS)."""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from jwt import PyJWK
from jwt.algorithms import OKPAlgorithm

Jwk = dict[str, str]
Jwks = Mapping[str, Any]
ISSUER = "linli"
"""Who issues tokens and key sets."""
ALGORITHM = "EdDSA"
"""How both are signed, by the names of JOSE."""


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

    @staticmethod
    def text_of(public: Ed25519PublicKey) -> str:
        """A public key in base64url."""
        return _encoded(public.public_bytes_raw())

    @property
    def jwk(self) -> Jwk:
        """The public half, for the key set."""
        return jwk_of(self.private.public_key())

    def public_pem(self) -> bytes:
        """The public half as PEM."""
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )


def jwk_of(public: Ed25519PublicKey) -> Jwk:
    """A public key as a JWK."""
    return public_jwk(kid_of(public), _bare_jwk(public)["x"])


def kid_of(public: Ed25519PublicKey) -> str:
    """The id of a public key."""
    canonical = json.dumps(_bare_jwk(public), sort_keys=True, separators=(",", ":"))
    return _encoded(hashlib.sha256(canonical.encode()).digest())[:16]


def public_jwk(kid: str, x: str) -> Jwk:
    """The JWK of an Ed25519 key that verifies tokens; `x` is the public key in base64url."""
    return {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": ALGORITHM, "kid": kid, "x": x}


def jwks(keys: Iterable[SigningKey]) -> dict[str, Any]:
    """The key set to publish: every key whose tokens may still be good, the signing one first."""
    return {"keys": [key.jwk for key in keys]}


def concealed(kid: str, subject: str) -> str:
    """The name of a token's subject in the list of revocations, which everybody may read.

    SHA-256 over the id of the key that signed the token and the subject, base64url: who has a
    token finds its subject there, but the list names nobody.
    """
    return _encoded(hashlib.sha256(f"{kid}\n{subject}".encode()).digest())


def public_key(x: str) -> Ed25519PublicKey:
    """The public key in base64url, as in the `x` of a JWK. Raises ValueError for anything else."""
    try:
        return Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(x + "=" * (-len(x) % 4)))
    except (binascii.Error, ValueError):
        raise ValueError(f"{x!r} is no Ed25519 public key in base64url") from None


def keys_of(loaded: Jwks) -> dict[str, Ed25519PublicKey]:
    """The keys of a key set, by id; those of other kinds are left out."""
    return dict(_keys_of(loaded["keys"]))


def revoked_of(loaded: Jwks) -> dict[str, float]:
    """Whose tokens were revoked, by the name that `concealed` gives, and before which moment."""
    return {str(each["concealed"]): float(each["before"]) for each in loaded.get("revoked", ())}


def keys_of_sources(loaded: Jwks) -> dict[tuple[str, str], Ed25519PublicKey] | None:
    """The keys that sign batches of events, by source and id; None if the key set does not say.

    From the member `sources` that identity adds to its key set: `{"linli://demo/cases": [{…}]}`, each a JWK.
    They are for batches alone: no token is verified with them.
    """
    if "sources" not in loaded:
        return None
    return {
        (str(source), kid): key for source, jwks in loaded["sources"].items() for kid, key in _keys_of(jwks)
    }


def _keys_of(jwks: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, Ed25519PublicKey]]:
    for jwk in jwks:
        if jwk.get("kty") == "OKP" and jwk.get("crv") == "Ed25519":
            key = PyJWK(dict(jwk), ALGORITHM).key
            if isinstance(key, Ed25519PublicKey):
                yield str(jwk["kid"]), key


def _bare_jwk(public: Ed25519PublicKey) -> dict[str, str]:
    """What makes the key, and what RFC 7638 takes its thumbprint of: crv, kty and x."""
    return OKPAlgorithm.to_jwk(public, as_dict=True)


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
