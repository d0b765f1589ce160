"""Use cases of clients: programs of partners, and of the platform's own operators."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from libs.ledger.ids import derived_id
from libs.ledger.personal import Personal
from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Handled, Stream
from libs.query.freshness import Fresh, ListQuery
from libs.query.reach import Jurisdiction, Permit, Reach
from libs.query.throttle import Throttle
from services.identity.application.access import limits
from services.identity.application.area import AreaStream, jurisdiction
from services.identity.application.body import BodyStream
from services.identity.application.keyring import Keys
from services.identity.application.ports import ClientReads, ClientRow, Hashing, Token, TokenClaims
from services.identity.domain import client, refusals
from services.identity.domain.client import (
    ChangeClientSecret,
    ClientCommand,
    ClientEvent,
    RegisterClient,
    RetireClient,
    SetClientQuota,
)
from services.identity.domain.values import Quota, Role, Within

ClientStream = Stream[ClientCommand, client.Client, ClientEvent]
ClientHandled = Handled[client.Client, ClientEvent]
MayGive = Callable[[str, Jurisdiction], bool]
"""Whether the caller holds a scope as far as these limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clients:
    """What can be done with clients."""

    stream: ClientStream
    areas: AreaStream
    bodies: BodyStream
    reads: ClientReads
    hashing: Hashing
    throttle: Throttle
    keys: Keys
    lifetime: timedelta
    scopes_of_roles: Mapping[str, frozenset[str]]

    def register(
        self,
        name: str,
        scopes: Sequence[str],
        area_id: str,
        body_id: str,
        at: datetime,
        context: Context,
        permit: Permit,
        may_give: MayGive,
        quota: Quota | None = None,
    ) -> tuple[ClientHandled, str]:
        """Register a program with scopes that the caller holds; answers its secret, "" if repeated."""
        reach = limits(self.areas, self.bodies, area_id, body_id)
        permit(jurisdiction(reach))
        wanted = tuple(sorted(set(scopes)))
        self._check_scopes(wanted, reach, may_give)
        client_id = derived_id(context.actor, context.request_id or "")
        secret = secrets.token_urlsafe(32)
        command = RegisterClient(
            client_id=client_id,
            name=name,
            role=Role.PARTNER,
            scopes=wanted,
            within=reach,
            secret_hash=self._hashed(client_id, secret),
            at=at,
            quota=quota,
        )
        handled = self.stream.handle(client_id, command, replace(context, area=reach.area_path or None))
        return handled, "" if handled.repeated else secret

    def change_secret(
        self, client_id: str, at: datetime, context: Context, permit: Permit, may_give: MayGive
    ) -> tuple[ClientHandled, str]:
        """Replace a client's secret; answers the new one, "" if repeated.

        Whoever knows the secret can act as the client: nobody gets scopes so that they lack.
        """
        secret = secrets.token_urlsafe(32)
        command = ChangeClientSecret(client_id=client_id, secret_hash=self._hashed(client_id, secret), at=at)
        permitted = self._holding(client_id, permit, may_give)
        handled = self.stream.handle(client_id, command, context, permitted)
        return handled, "" if handled.repeated else secret

    def set_quota(
        self,
        client_id: str,
        quota: Quota | None,
        at: datetime,
        context: Context,
        permit: Permit,
        may_give: MayGive,
    ) -> ClientHandled:
        """Replace the quota of a client whose scopes the caller holds; None: the usual."""
        command = SetClientQuota(client_id=client_id, quota=quota, at=at)
        return self.stream.handle(client_id, command, context, self._holding(client_id, permit, may_give))

    def retire(
        self, client_id: str, at: datetime, context: Context, permit: Permit, may_give: MayGive
    ) -> ClientHandled:
        """End a client whose scopes the caller holds."""
        command = RetireClient(client_id=client_id, at=at)
        return self.stream.handle(client_id, command, context, self._holding(client_id, permit, may_give))

    def list(self, query: ListQuery, reach: Reach, fresh: Fresh) -> tuple[Sequence[ClientRow], str]:
        """A page of clients."""
        return self.reads.page(query, reach, fresh)

    def issue_token(self, client_id: str, secret: str, at: datetime, address: str) -> Token:
        """A token for whoever knows the secret. `address`: where the caller is."""
        with self.throttle.attempt(client_id, address) as attempt:
            state = self.stream.load(client_id).state
            hashed = state.secret_hash.value if isinstance(state, client.Active) else None
            if not self.hashing.matches(hashed, secret) or not isinstance(state, client.Active):
                raise refusals.credentials_are_refused()
            attempt.succeeded = True
        claims = TokenClaims(
            subject=client_id,
            kind="client",
            grants=((state.role, state.within),),
            scopes=state.scopes,
            issued_at=at,
            lifetime=self.lifetime,
            quota=state.quota,
        )
        return self.keys.sign(claims)

    def _hashed(self, client_id: str, secret: str) -> Personal:
        """The secret's hash, marked so that it is stored enciphered and never leaves the service."""
        return Personal(f"client-{client_id}", self.hashing.hash(secret))

    def _holding(self, client_id: str, permit: Permit, may_give: MayGive) -> Callable[[client.Client], None]:
        """The check that the caller reaches the client and holds its scopes."""

        def permitted(state: client.Client) -> None:
            if isinstance(state, client.Unknown):
                raise refusals.client_is_unknown(client_id)
            permit(jurisdiction(state.within))
            if isinstance(state, client.Active):
                self._check_scopes(state.scopes, state.within, may_give)

        return permitted

    def _check_scopes(self, wanted: Sequence[str], reach: Within, may_give: MayGive) -> None:
        known = {scope for scopes in self.scopes_of_roles.values() for scope in scopes}
        if unknown := [scope for scope in wanted if scope not in known]:
            raise refusals.scopes_are_unknown(unknown, sorted(known))
        if beyond := [scope for scope in wanted if not may_give(scope, jurisdiction(reach))]:
            raise refusals.scopes_beyond_reach(beyond)
