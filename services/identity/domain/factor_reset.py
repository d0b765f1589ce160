"""A reset of a second factor: one person proposes it, and another, neither of them its owner, approves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from libs.ledger.decider import Decider
from libs.ledger.personal import Personal
from services.identity.domain import factor_refusals, refusals

LASTS = timedelta(days=1)
"""How long another person may take to approve."""


# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorResetProposed:
    """Somebody said that a person has lost their second factor."""

    reset_id: str
    party_id: str
    by: str
    reason: Personal
    proposed_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorResetApproved:
    """Another person agreed."""

    reset_id: str
    party_id: str
    by: str
    approved_at: datetime


FactorResetEvent = FactorResetProposed | FactorResetApproved


# Situations


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody proposed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A proposal, and whether it was approved."""

    proposed: FactorResetProposed
    approved: bool = False


FactorReset = Unknown | Proposed


# Evolve


def evolve(reset: FactorReset, event: FactorResetEvent) -> FactorReset:
    """The proposal after the event."""
    match event, reset:
        case FactorResetProposed(), _:
            return Proposed(proposed=event)
        case FactorResetApproved(), Proposed():
            return Proposed(proposed=reset.proposed, approved=True)
        case FactorResetApproved(), Unknown():
            return reset


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeFactorReset:
    """Say that a person has lost their second factor."""

    reset_id: str
    party_id: str
    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveFactorReset:
    """Agree."""

    reset_id: str
    by: str
    at: datetime


FactorResetCommand = ProposeFactorReset | ApproveFactorReset


# Decide


def decide(command: FactorResetCommand, reset: FactorReset) -> Sequence[FactorResetEvent]:
    """Two persons, neither of them the owner, within a day, once."""
    match command:
        case ProposeFactorReset():
            if command.by == command.party_id:
                raise refusals.not_for_yourself()
            return [_proposed(command)] if isinstance(reset, Unknown) else []
        case ApproveFactorReset():
            if isinstance(reset, Unknown):
                raise factor_refusals.factor_reset_is_unknown(command.reset_id)
            return [_approved(command, reset)]


def _proposed(command: ProposeFactorReset) -> FactorResetProposed:
    return FactorResetProposed(
        reset_id=command.reset_id,
        party_id=command.party_id,
        by=command.by,
        reason=Personal(command.party_id, command.reason),
        proposed_at=command.at,
        expires_at=command.at + LASTS,
    )


def _approved(command: ApproveFactorReset, reset: Proposed) -> FactorResetApproved:
    proposed = reset.proposed
    if command.by == proposed.by:
        raise refusals.second_person_is_needed()
    if command.by == proposed.party_id:
        raise refusals.not_for_yourself()
    if reset.approved or command.at >= proposed.expires_at:
        raise factor_refusals.factor_reset_has_ended()
    return FactorResetApproved(
        reset_id=proposed.reset_id, party_id=proposed.party_id, by=command.by, approved_at=command.at
    )


FACTOR_RESET: Decider[FactorResetCommand, FactorReset, FactorResetEvent] = Decider(
    category="factorreset", initial=Unknown(), decide=decide, evolve=evolve
)
