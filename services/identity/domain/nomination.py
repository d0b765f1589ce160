"""A nomination: one person proposes a party for a role that takes two persons, another decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from libs.ledger.decider import Decider
from libs.ledger.personal import Personal
from services.identity.domain import refusals
from services.identity.domain.values import TWO_PERSONS, Role, Within

LASTS = timedelta(days=7)
"""How long another person may take to decide."""


class Outcome(StrEnum):
    """How a nomination ended."""

    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class NominationMade:
    """Somebody proposed that a party be given a role."""

    nomination_id: str
    party_id: str
    role: Role
    within: Within
    nominator_id: str
    reason: Personal
    made_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NominationEnded:
    """Another person approved or refused it, or the nominator withdrew it."""

    nomination_id: str
    outcome: Outcome
    decider_id: str
    reason: Personal
    ended_at: datetime


NominationEvent = NominationMade | NominationEnded


# Situations


@dataclass(frozen=True, slots=True)
class Unknown:
    """No nomination has this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A nomination, and how it ended, if it has."""

    made: NominationMade
    ended: NominationEnded | None = None


Nomination = Unknown | Made


# Evolve


def evolve(nomination: Nomination, event: NominationEvent) -> Nomination:
    """The nomination after the event."""
    match event, nomination:
        case NominationMade(), _:
            return Made(made=event)
        case NominationEnded(), Made():
            return Made(made=nomination.made, ended=event)
        case NominationEnded(), Unknown():
            return nomination


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class Nominate:
    """Propose that a party be given a role."""

    nomination_id: str
    party_id: str
    role: Role
    within: Within
    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EndNomination:
    """Approve it, refuse it or withdraw it."""

    nomination_id: str
    outcome: Outcome
    by: str
    reason: str
    at: datetime


NominationCommand = Nominate | EndNomination


# Decide


def decide(command: NominationCommand, nomination: Nomination) -> Sequence[NominationEvent]:
    """Two persons, and neither of them the nominee; once ended, for good."""
    match command:
        case Nominate():
            return [_made(command)] if isinstance(nomination, Unknown) else []
        case EndNomination():
            if isinstance(nomination, Unknown):
                raise refusals.nomination_is_unknown(command.nomination_id)
            return [_ended(command, nomination)]


def _made(command: Nominate) -> NominationMade:
    if command.role not in TWO_PERSONS:
        raise refusals.role_needs_no_nomination(command.role)
    if command.by == command.party_id:
        raise refusals.not_for_yourself()
    return NominationMade(
        nomination_id=command.nomination_id,
        party_id=command.party_id,
        role=command.role,
        within=command.within,
        nominator_id=command.by,
        reason=Personal(command.party_id, command.reason),
        made_at=command.at,
        expires_at=command.at + LASTS,
    )


def _ended(command: EndNomination, nomination: Made) -> NominationEnded:
    made = nomination.made
    if nomination.ended is not None:
        raise refusals.nomination_has_ended(nomination.ended.outcome)
    _check_who_decides(command, made)
    if command.at >= made.expires_at:
        raise refusals.nomination_has_expired()
    return NominationEnded(
        nomination_id=made.nomination_id,
        outcome=command.outcome,
        decider_id=command.by,
        reason=Personal(made.party_id, command.reason),
        ended_at=command.at,
    )


def _check_who_decides(command: EndNomination, made: NominationMade) -> None:
    by_nominator = command.by == made.nominator_id
    if command.outcome is Outcome.WITHDRAWN:
        if not by_nominator:
            raise refusals.nomination_is_not_yours()
        return
    if by_nominator:
        raise refusals.second_person_is_needed()
    if command.outcome is Outcome.APPROVED and command.by == made.party_id:
        raise refusals.not_for_yourself()


NOMINATION: Decider[NominationCommand, Nomination, NominationEvent] = Decider(
    category="nomination", initial=Unknown(), decide=decide, evolve=evolve
)
