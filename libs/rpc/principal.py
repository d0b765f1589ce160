"""In whose name a call is made, and who tells by which consents that may be."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from libs.ledger.consented import Consented
from libs.ledger.delegated import Delegated
from libs.rpc.access import Caller
from libs.rules.areas import AreaPath


class Consents(Protocol):
    """The consents that a service knows."""

    def given(self, consent_id: str) -> Consented | None:
        """The consent as it holds now; None if nothing of it was heard.

        Refuses (CONSENT_NOT_VALID) what was revoked, and what an erased person gave.
        """


@dataclass(frozen=True, slots=True)
class Principal:
    """In whose name a call is made, by which consent, and where (`within`; "" is anywhere)."""

    resident_id: str
    consent_id: str
    within: AreaPath


class Standing(NamedTuple):
    """Who calls, in whose right, and by which consent or delegation if that is another's."""

    actor: Caller
    caller: Caller
    principal: Principal | None = None
    delegated: Delegated | None = None
