"""A consent: a resident lets a helper act in their name, for a purpose and a time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from libs.ledger.decider import Decider
from libs.rules.areas import AreaPath
from services.identity.domain import refusals

LONGEST = timedelta(days=366)
"""How long a consent may last."""


class ConsentPurpose(StrEnum):
    """For what somebody may act in a resident's name."""

    REPORT_CASES = "report_cases"


# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRecorded:
    """A resident lets a helper act in their name."""

    consent_id: str
    resident_id: str
    helper_id: str
    purpose: ConsentPurpose
    area_id: str
    area_path: AreaPath
    recorded_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRevoked:
    """The consent has ended before its time."""

    consent_id: str
    resident_id: str
    area_id: str
    area_path: AreaPath
    revoked_at: datetime


ConsentEvent = ConsentRecorded | ConsentRevoked


# Situations


@dataclass(frozen=True, slots=True)
class Unknown:
    """No consent has this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A consent, and when it was revoked, if it was."""

    recorded: ConsentRecorded
    revoked_at: datetime | None = None


Consent = Unknown | Recorded


# Evolve


def evolve(consent: Consent, event: ConsentEvent) -> Consent:
    """The consent after the event."""
    match event:
        case ConsentRecorded():
            return Recorded(recorded=event)
        case ConsentRevoked():
            return replace(consent, revoked_at=event.revoked_at) if isinstance(consent, Recorded) else consent


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordConsent:
    """Let a helper act in a resident's name. `by`: who records it."""

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
class RevokeConsent:
    """End it."""

    consent_id: str
    at: datetime


ConsentCommand = RecordConsent | RevokeConsent


# Decide


def decide(command: ConsentCommand, consent: Consent) -> Sequence[ConsentEvent]:
    """A helper does not record it for themself; it has an end, and is revoked once."""
    match command:
        case RecordConsent():
            return [_recorded(command)] if isinstance(consent, Unknown) else []
        case RevokeConsent():
            if isinstance(consent, Unknown):
                raise refusals.consent_is_unknown(command.consent_id)
            return [] if consent.revoked_at else [_revoked(command, consent.recorded)]


def _recorded(command: RecordConsent) -> ConsentRecorded:
    if command.helper_id in (command.by, command.resident_id):
        raise refusals.not_for_yourself()
    if not command.at < command.until <= command.at + LONGEST:
        raise refusals.consent_period_is_unfit()
    return ConsentRecorded(
        consent_id=command.consent_id,
        resident_id=command.resident_id,
        helper_id=command.helper_id,
        purpose=command.purpose,
        area_id=command.area_id,
        area_path=command.area_path,
        recorded_at=command.at,
        until=command.until,
    )


def _revoked(command: RevokeConsent, recorded: ConsentRecorded) -> ConsentRevoked:
    return ConsentRevoked(
        consent_id=recorded.consent_id,
        resident_id=recorded.resident_id,
        area_id=recorded.area_id,
        area_path=recorded.area_path,
        revoked_at=command.at,
    )


CONSENT: Decider[ConsentCommand, Consent, ConsentEvent] = Decider(
    category="consent", initial=Unknown(), decide=decide, evolve=evolve
)
