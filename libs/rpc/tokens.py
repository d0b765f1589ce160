"""Tokens: compact JWTs signed with EdDSA, issued by identity, verified by everybody with the key set."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

import grpc
import jwt
import msgspec

from libs.ledger.ids import new_id
from libs.rpc.access import Caller, Grant, caller_of
from libs.rpc.call import Clock, wall_clock
from libs.rpc.errors import Failure, Rejected
from libs.rpc.key_set import KeySet
from libs.rpc.keys import ALGORITHM, ISSUER, SigningKey
from libs.rpc.limits.quota import Quota

AUDIENCE = "linli"
LEEWAY = timedelta(seconds=5)
"""So much longer than it says a token is taken: clocks differ."""
_LONGEST = 6 * 1024  # gRPC bounds all metadata of a call to 8 KiB


class Claims(msgspec.Struct, frozen=True):
    """What a token says: `kind` is person or client; a client's scopes hold where its grants reach.

    `iat` has fractions of a second, so that a token issued right after a revocation counts. `also` are
    other ids of the same person, whose registrations were merged into that of `sub`.
    """

    sub: str
    iat: float
    exp: int
    jti: str
    kind: Literal["person", "client"] = "person"
    grants: tuple[dict[str, str], ...] = ()
    scopes: tuple[str, ...] = ()
    quota: Quota | None = None
    also: tuple[str, ...] = ()

    def caller(self) -> Caller:
        """Who calls with the token. Raises TypeError for a grant with unknown parts."""
        grants = [_grant_of(**grant) for grant in self.grants]
        caller = caller_of(
            self.sub, self.kind, grants, scopes=self.scopes, token_id=self.jti, quota=self.quota
        )
        return replace(caller, also=self.also) if self.also else caller


# msgspec works a type out at its first use, and the process crashes if two threads make that at once.
msgspec.json.Decoder(Claims)


@dataclass(frozen=True, slots=True)
class Issued:
    """A fresh token; `token` is for its holder only."""

    token: str
    token_id: str
    expires_at: datetime


class Issuer:
    """Signs tokens. `key` may be a callable, so that the signing key can rotate."""

    def __init__(
        self,
        key: SigningKey | Callable[[], SigningKey],
        *,
        issuer: str = ISSUER,
        audience: str = AUDIENCE,
        clock: Clock = wall_clock,
    ) -> None:
        self._key = key if callable(key) else lambda: key
        self._issuer = issuer
        self._audience = audience
        self._clock = clock

    def issue(
        self,
        subject: str,
        *,
        kind: str = "person",
        grants: Sequence[Grant] = (),
        scopes: Sequence[str] = (),
        quota: Quota | None = None,
        lifetime: timedelta = timedelta(hours=1),
        also: Sequence[str] = (),
    ) -> Issued:
        """A token for `subject`. `scopes` are for clients; a person's follow from the grants' roles.

        `quota`: what the subject may use of each server process; without it, what its kind may.
        `also`: other ids of the same person.
        """
        now, token_id, key = self._clock(), new_id(), self._key()
        expires = (now + lifetime).replace(microsecond=0)
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": subject,
            "iat": now.timestamp(),
            "exp": int(expires.timestamp()),
            "jti": token_id,
            "kind": kind,
        }
        if grants:
            claims["grants"] = [_named_parts(grant) for grant in grants]
        if scopes:
            claims["scopes"] = list(scopes)
        if also:
            claims["also"] = list(also)
        if quota is not None:
            claims["quota"] = msgspec.to_builtins(quota)
        token = jwt.encode(claims, key.private, algorithm=ALGORITHM, headers={"kid": key.kid})
        return Issued(token, token_id, expires)


def _named_parts(grant: Grant) -> dict[str, str]:
    area = "" if grant.area == grant.path.rpartition("/")[2] else grant.area  # the path ends with it
    parts = {"role": grant.role, "area": area, "body": grant.body, "path": grant.path}
    return {name: value for name, value in parts.items() if value}


def _grant_of(role: str, area: str = "", body: str = "", path: str = "") -> Grant:
    return Grant(role, area=area or path.rpartition("/")[2], body=body, path=path)


@dataclass(frozen=True, slots=True)
class _Known:
    caller: Caller
    claims: Claims
    kid: str


class Verifier:
    """Turns tokens into callers; a token is verified once and then known until it expires.

    `revoked` is asked on every call, with the claims: it must be quick (a set in memory). Without
    it the revocations that came along with the key set count. While the key set is stale, callers are without
    their privileges.
    """

    def __init__(
        self,
        keys: KeySet,
        *,
        issuer: str = ISSUER,
        audience: str = AUDIENCE,
        revoked: Callable[[Claims], bool] | None = None,
        clock: Clock = wall_clock,
        leeway: float = LEEWAY.total_seconds(),
        most_known: int = 10_000,
    ) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._revoked = revoked
        self._clock = clock
        self._leeway = leeway
        self._most = most_known
        self._known: dict[str, _Known] = {}
        self._lock = threading.Lock()

    def caller(self, token: str) -> Caller:
        """Who calls. Raises Rejected: UNAUTHENTICATED with TOKEN_INVALID, TOKEN_EXPIRED or TOKEN_REVOKED."""
        known = self._known.get(token)
        if known is None or self._keys.get(known.kid) is None:
            known = self._verify(token)
            self._remember(token, known)
        if known.claims.exp + self._leeway <= self._clock().timestamp():
            with self._lock:
                self._known.pop(token, None)
            raise _unauthenticated("TOKEN_EXPIRED", "the token has expired: get a new one")
        if self._is_revoked(known):
            raise _unauthenticated("TOKEN_REVOKED", "the token has been revoked: get a new one")
        return known.caller.without_privileges() if self._keys.stale else known.caller

    def known(self, token: str) -> Caller | None:
        """Whose token it was when it was verified; None if it never was, or has expired. Never waits."""
        known = self._known.get(token)
        if known is None or known.claims.exp + self._leeway <= self._clock().timestamp():
            return None
        return known.caller

    def _is_revoked(self, known: _Known) -> bool:
        if self._revoked is not None:
            return self._revoked(known.claims)
        ids = (known.claims.sub, *known.claims.also)
        return any(known.claims.iat < self._keys.revoked_before(known.kid, each) for each in ids)

    def _verify(self, token: str) -> _Known:
        try:
            if len(token) > _LONGEST:
                raise jwt.DecodeError
            kid = str(jwt.get_unverified_header(token).get("kid", ""))
            key = self._keys.get(kid)
            if key is None:
                raise self._keyless()
            payload = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=self._audience,
                issuer=self._issuer,
                options={"require": ["exp", "iat", "sub", "jti"], "verify_exp": False, "verify_iat": False},
            )
            claims = msgspec.convert(payload, Claims)
            caller = claims.caller()
        except (jwt.PyJWTError, msgspec.ValidationError, TypeError, ValueError, RecursionError):
            raise _unauthenticated(
                "TOKEN_INVALID", "this is not a token of this platform: get one here"
            ) from None
        if claims.iat > self._clock().timestamp() + 60:
            raise _unauthenticated("TOKEN_INVALID", "the token was issued in the future: check the clocks")
        return _Known(caller, claims, kid)

    def _keyless(self) -> Exception:
        if self._keys.loaded:
            return jwt.InvalidKeyError()
        message = "there is no key set to verify tokens with yet; try again in a moment"
        failure = Failure(
            code=grpc.StatusCode.UNAVAILABLE, reason="KEYS_UNAVAILABLE", message=message, retry_after=2.0
        )
        return Rejected(failure)

    def _remember(self, token: str, known: _Known) -> None:
        with self._lock:
            if len(self._known) >= self._most:
                for oldest in list(self._known)[: self._most // 10]:
                    del self._known[oldest]
            self._known[token] = known


def _unauthenticated(reason: str, message: str) -> Rejected:
    return Rejected(Failure(code=grpc.StatusCode.UNAUTHENTICATED, reason=reason, message=message))
