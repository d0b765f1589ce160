"""What can be asked of a consent."""

from dataclasses import dataclass, field
from datetime import datetime

from libs.rules.areas import AreaPath
from services.identity.domain.consent.events import Confirmation, ConsentPurpose, Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordConsent:
    """Let a helper act in a resident's name, at once. `by`: who records it."""

    consent_id: str
    resident_id: str
    helper_id: str
    purpose: ConsentPurpose
    area_id: str
    area_path: AreaPath
    until: datetime
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeConsent:
    """Propose it, to be read to the resident."""

    consent_id: str
    terms: Terms
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmConsent:
    """The resident has confirmed it. `code`: what they told; `sent`: what they were sent."""

    consent_id: str
    confirmation: Confirmation
    by: str
    at: datetime
    code: str = field(default="", repr=False)
    sent: str = field(default="", repr=False)
    signature: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeConsent:
    """End it."""

    consent_id: str
    at: datetime


ConsentCommand = RecordConsent | ProposeConsent | ConfirmConsent | RevokeConsent
