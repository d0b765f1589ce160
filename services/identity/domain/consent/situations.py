"""Where a consent can stand, and how it gets there."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.identity.domain.consent.events import (
    ConsentCodeRefused,
    ConsentEvent,
    ConsentGiven,
    ConsentProposed,
    ConsentRecorded,
    ConsentRevoked,
    ConsentWithdrawn,
    Terms,
)


@dataclass(frozen=True, slots=True)
class Unknown:
    """No consent has this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A consent that was recorded at once, and when it was revoked, if it was."""

    recorded: ConsentRecorded
    revoked_at: datetime | None = None

    @property
    def terms(self) -> Terms:
        """What the resident consents to."""
        return self.recorded.terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """What was proposed, how often a wrong code was given, and what became of it."""

    proposed: ConsentProposed
    wrong_codes: int = 0
    given: ConsentGiven | None = None
    withdrawn_at: datetime | None = None

    @property
    def terms(self) -> Terms:
        """What the resident is to consent to, or has consented to."""
        return self.proposed.terms


Consent = Unknown | Recorded | Proposed


def evolve(consent: Consent, event: ConsentEvent) -> Consent:
    """The consent after the event."""
    match event:
        case ConsentRecorded():
            return Recorded(recorded=event)
        case ConsentRevoked():
            return replace(consent, revoked_at=event.revoked_at) if isinstance(consent, Recorded) else consent
        case ConsentProposed():
            return Proposed(proposed=event)
        case _:
            return _after(consent, event) if isinstance(consent, Proposed) else consent


def _after(consent: Proposed, event: ConsentCodeRefused | ConsentGiven | ConsentWithdrawn) -> Proposed:
    match event:
        case ConsentCodeRefused():
            return replace(consent, wrong_codes=consent.wrong_codes + 1)
        case ConsentGiven():
            return replace(consent, given=event)
        case ConsentWithdrawn():
            return replace(consent, withdrawn_at=event.withdrawn_at)
