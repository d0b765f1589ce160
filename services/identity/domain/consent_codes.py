"""The codes by which one resident confirms consents: sent to them, and tried by others, a few times an hour.

The stream is that of the resident, so what is sent and guessed counts for them, whoever proposes what to
them, in whatever process. The codes themselves are in no event (`application/consent_codes.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from libs.ledger.decider import Decider
from services.identity.domain import consent_refusals, join_refusals

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MOST, MOST_A_DAY = 3, 10
"""So many codes are sent to a resident within an hour, and within a day."""
TRIES = 5
"""Wrong codes within an hour, for all that is proposed to a resident, after which none is looked at."""


# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentCodeAsked:
    """The code of a consent is to be sent."""

    asked_id: str
    consent_id: str
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentCodeSettled:
    """What became of the message: the channel took it, or it was not sent."""

    asked_id: str
    sent: bool
    settled_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentCodeTried:
    """Somebody gave a code for a consent; whether it was the right one."""

    consent_id: str
    right: bool
    tried_at: datetime


ConsentCodeEvent = ConsentCodeAsked | ConsentCodeSettled | ConsentCodeTried


# Situations


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """What was asked for within a day, what of it was sent, and what was guessed within an hour."""

    asked: tuple[ConsentCodeAsked, ...] = ()
    sent: frozenset[str] = frozenset()
    unsent: frozenset[str] = frozenset()
    misses: tuple[datetime, ...] = ()
    right: frozenset[str] = frozenset()

    def was_sent(self, consent_id: str) -> bool:
        """Whether the code of a consent went to the resident."""
        return any(each.consent_id == consent_id and each.asked_id in self.sent for each in self.asked)


# Evolve


def evolve(codes: Codes, event: ConsentCodeEvent) -> Codes:
    """The codes after the event."""
    match event:
        case ConsentCodeAsked():
            asked = (*(each for each in codes.asked if event.asked_at - each.asked_at <= DAY), event)
            ids = {each.asked_id for each in asked}
            return replace(
                codes,
                asked=asked,
                sent=codes.sent & ids,
                unsent=codes.unsent & ids,
                right=codes.right & {each.consent_id for each in asked},
            )
        case ConsentCodeSettled(sent=True):
            return replace(codes, sent=codes.sent | {event.asked_id})
        case ConsentCodeSettled():
            return replace(codes, unsent=codes.unsent | {event.asked_id})
        case ConsentCodeTried(right=True):
            return replace(codes, right=codes.right | {event.consent_id})
        case ConsentCodeTried():
            lately = (each for each in codes.misses if event.tried_at - each < HOUR)
            return replace(codes, misses=(*lately, event.tried_at))


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class AskConsentCode:
    """Have the code of a consent sent."""

    asked_id: str
    consent_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleConsentCode:
    """Record what became of the message."""

    asked_id: str
    sent: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TryConsentCode:
    """Look at a code that somebody gave."""

    consent_id: str
    right: bool
    at: datetime


ConsentCodeCommand = AskConsentCode | SettleConsentCode | TryConsentCode


# Decide


def decide(command: ConsentCodeCommand, codes: Codes) -> Sequence[ConsentCodeEvent]:
    """A few codes are sent, only what was sent counts, and a few guesses are looked at."""
    match command:
        case AskConsentCode():
            return [_asked(command, codes)]
        case SettleConsentCode():
            waits = {each.asked_id for each in codes.asked} - codes.sent - codes.unsent
            settled = ConsentCodeSettled(asked_id=command.asked_id, sent=command.sent, settled_at=command.at)
            return [settled] if command.asked_id in waits else []
        case TryConsentCode():
            return [] if command.consent_id in codes.right else [_tried(command, codes)]


def _asked(command: AskConsentCode, codes: Codes) -> ConsentCodeAsked:
    had = [each.asked_at for each in codes.asked if each.asked_id not in codes.unsent]
    for most, within in ((MOST, HOUR), (MOST_A_DAY, DAY)):
        lately = [each for each in had if command.at - each < within]
        if len(lately) >= most:
            raise join_refusals.codes_are_too_many(lately[-most] + within - command.at)
    return ConsentCodeAsked(asked_id=command.asked_id, consent_id=command.consent_id, asked_at=command.at)


def _tried(command: TryConsentCode, codes: Codes) -> ConsentCodeTried:
    if not codes.was_sent(command.consent_id):
        raise consent_refusals.no_code_was_sent()
    if sum(command.at - each < HOUR for each in codes.misses) >= TRIES:
        raise consent_refusals.code_is_spent()
    return ConsentCodeTried(consent_id=command.consent_id, right=command.right, tried_at=command.at)


CONSENT_CODES: Decider[ConsentCodeCommand, Codes, ConsentCodeEvent] = Decider(
    category="consent_codes", initial=Codes(), decide=decide, evolve=evolve
)
