"""The private keys that sign tokens: derived from one Secret, never stored."""

from dataclasses import asdict
from datetime import datetime
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from libs.rpc.access import Grant
from libs.rpc.keys import SigningKey as PrivateKey
from services.identity.application.ports import PublicSigningKey, Token, TokenClaims
from services.identity.domain.keyring import SigningKey


class DerivedKeys:
    """Generation 0 is the key in the Secret itself; each later one is derived from it by HKDF.

    So all replicas sign with the same key right after a rotation, and nothing secret is in the
    ledger. Whoever learns the Secret learns all generations: then the Secret must be replaced.
    """

    def __init__(self, pem: str) -> None:
        self._secret = PrivateKey.from_pem(pem.encode())
        self._of = lru_cache(maxsize=8)(self._derive)

    def derive(self, generation: int) -> PublicSigningKey:
        """The public half of a generation's key."""
        key = self._of(generation)
        return PublicSigningKey(key_id=key.kid, generation=generation, public_key=key.jwk["x"])

    def sign(self, claims: TokenClaims, key: SigningKey) -> Token:
        """A token signed with the key of the keyring."""
        # Imported here: the module knows gRPC, which must not be loaded where no API is served.
        from libs.rpc.limits.quota import Quota
        from libs.rpc.tokens import LEEWAY, Issuer

        def issued_at() -> datetime:
            return claims.issued_at

        grants = [
            Grant(role.value, within.area_id, within.body_id, within.area_path)
            for role, within in claims.grants
        ]
        lifetime = claims.lifetime
        if claims.until is not None:
            lifetime = min(lifetime, claims.until - claims.issued_at - LEEWAY)
        issued = Issuer(self._of(key.generation), clock=issued_at).issue(
            claims.subject,
            kind=claims.kind,
            grants=grants,
            scopes=claims.scopes,
            quota=None if claims.quota is None else Quota(**asdict(claims.quota)),
            lifetime=lifetime,
            also=claims.also,
        )
        return Token(text=issued.token, subject=claims.subject, expires_at=issued.expires_at)

    def _derive(self, generation: int) -> PrivateKey:
        if generation == 0:
            return self._secret
        info = f"linli signing key, generation {generation}".encode()
        hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=info)
        seed = hkdf.derive(self._secret.private.private_bytes_raw())
        return PrivateKey(Ed25519PrivateKey.from_private_bytes(seed))
