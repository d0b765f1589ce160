"""Acting for somebody: by whose consent a call is made in their name, and with which rights."""

from collections.abc import Callable, Mapping
from datetime import datetime

from libs.ledger.consented import Consented, consent_not_valid
from libs.ledger.decider import Kind, Refusal
from libs.query.reach import Limit
from libs.rpc.access import CLIENT, PERSON, Caller, Grant, scopes_of_roles
from libs.rpc.errors import Rejected
from libs.rpc.interceptors import KEYS_STALE, token_missing
from libs.rpc.methods import CONSENT, Method
from libs.rpc.principal import Consents, Principal
from libs.rules.areas import AreaPath, meet

RESIDENT = "RESIDENT"
"""As whom a helper acts."""


class Acting:
    """Who may call one rpc in somebody's name."""

    def __init__(
        self, method: Method, consents: Consents | None, authorize: Callable[[Caller], None]
    ) -> None:
        """`authorize` is the rpc's door. Raises TypeError if it is declared so and nobody knows consents."""
        self._purpose = method.on_behalf
        self._scopes = frozenset(method.access.scopes if method.access else ())
        self._consents = consents
        self._authorize = authorize
        if self._purpose and consents is None:
            raise TypeError(f"{method.path} may be called in somebody's name, and nobody knows consents")

    def admit(self, actor: Caller, metadata: Mapping[str, str]) -> None:
        """Refuse whom the rpc does not let in. A consent that is named is looked at when the call begins."""
        if not metadata.get(CONSENT):
            self._authorize(actor)
        elif actor.anonymous:
            raise token_missing()

    def principal(self, actor: Caller, consent_id: str, now: datetime) -> tuple[Principal, Caller]:
        """In whose name somebody calls by a consent, and the caller as which.

        Refuses NOT_ON_BEHALF, CONSENT_UNKNOWN, CONSENT_NOT_VALID; and KEYS_STALE while nobody can tell
        whether the helper's token was revoked.
        """
        if not self._purpose or self._consents is None:
            raise not_on_behalf()
        if actor.withheld:
            raise Rejected(KEYS_STALE)
        if actor.kind == CLIENT:
            self._authorize(actor)
        consent = self._consents.given(consent_id)
        if consent is None:
            raise consent_unknown(consent_id)
        allows = consent.helper_id in actor.ids and self._purpose in consent.purposes
        if not allows or now >= consent.until:
            raise consent_not_valid()
        caller = self._stand_in(consent, actor)
        self._authorize(caller)
        return Principal(consent.resident_id, consent.consent_id, consent.within), caller

    def _stand_in(self, consent: Consented, actor: Caller) -> Caller:
        """A caller with what the resident may do by this rpc, and with nothing that the helper may."""
        reached = narrower(consent.home, consent.within)
        limits = () if reached is None else (Limit(path=reached),)
        scopes = self._scopes & scopes_of_roles()[RESIDENT]
        return Caller(
            subject=consent.resident_id,
            kind=PERSON,
            grants=tuple(Grant(RESIDENT, path=limit.path) for limit in limits),
            by_scope=dict.fromkeys(scopes, limits),
            token_id=actor.token_id,
            quota=actor.quota,
        )


def narrower(home: AreaPath, allowed: AreaPath) -> AreaPath | None:
    """Where a resident's own right and the area of a consent meet; None: nowhere, or they live nowhere."""
    return meet(home, allowed) if home else None


def not_on_behalf() -> Refusal:
    """This is not done in anybody's name."""
    message = f"this rpc is not called in somebody's name: leave {CONSENT} out"
    return Refusal(Kind.PERMISSION, "NOT_ON_BEHALF", message)


def consent_unknown(consent_id: str) -> Refusal:
    """Nothing of the consent was heard here."""
    message = "there is no such consent: take an id from identity (a new one is known after a moment)"
    return Refusal(Kind.PRECONDITION, "CONSENT_UNKNOWN", message, consent_id=consent_id)
