"""In whose name a call is made, and who tells by which consents that may be."""

from dataclasses import dataclass
from typing import Protocol

from libs.ledger.consented import Consented
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
