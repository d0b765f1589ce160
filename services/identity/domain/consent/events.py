"""What happens to consents."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from libs.ledger.personal import Personal
from libs.rules.areas import NOWHERE, AreaPath


class ConsentPurpose(StrEnum):
    """For what somebody may act in a resident's name."""

    REPORT_CASES = "report_cases"
    FOLLOW_CASES = "follow_cases"
    WRITE_MESSAGES = "write_messages"
    DECIDE_ON_CASES = "decide_on_cases"
    RATE_CASES = "rate_cases"
    ANSWER_OFFERS = "answer_offers"
    READ_HOUSEHOLD = "read_household"


class Confirmation(StrEnum):
    """How a resident confirmed what was read to them."""

    IN_PERSON = "in_person"
    CODE = "code"
    SIGNATURE = "signature"
    SECOND_PERSON = "second_person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a resident consents to. `within`: where the helper may act ("": wherever the resident may)."""

    resident_id: str
    helper_id: str
    purposes: tuple[ConsentPurpose, ...]
    within_id: str
    within_path: AreaPath
    home_id: str
    home_path: AreaPath
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRecorded:
    """A resident lets a helper act in their name, and recorded it at once."""

    consent_id: str
    resident_id: str
    helper_id: str
    purpose: ConsentPurpose
    area_id: str
    area_path: AreaPath
    recorded_at: datetime
    until: datetime

    @property
    def terms(self) -> Terms:
        """What the resident consents to."""
        return Terms(
            resident_id=self.resident_id,
            helper_id=self.helper_id,
            purposes=(self.purpose,),
            within_id="",
            within_path=NOWHERE,
            home_id=self.area_id,
            home_path=self.area_path,
            until=self.until,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRevoked:
    """A consent that was recorded at once has ended before its time."""

    consent_id: str
    resident_id: str
    area_id: str
    area_path: AreaPath
    revoked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentProposed:
    """This is to be read to a resident, who may confirm it until `lapses_at`."""

    consent_id: str
    terms: Terms
    proposed_by: str
    proposed_at: datetime
    lapses_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentCodeRefused:
    """Somebody gave a wrong code."""

    consent_id: str
    given_by: str
    given_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGiven:
    """The resident has confirmed it. `signature`: where the paper is kept that they signed."""

    consent_id: str
    terms: Terms
    confirmation: Confirmation
    confirmed_by: str
    confirmed_at: datetime
    signature: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWithdrawn:
    """A consent that was proposed has ended: before its time, or before it was confirmed."""

    consent_id: str
    resident_id: str
    home_id: str
    home_path: AreaPath
    withdrawn_at: datetime


ConsentEvent = (
    ConsentRecorded | ConsentRevoked | ConsentProposed | ConsentCodeRefused | ConsentGiven | ConsentWithdrawn
)
