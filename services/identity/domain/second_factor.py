"""A second factor: what somebody has beside their password. An app that shows digits, and codes on paper.

The secret and the codes are in no event: they follow from the enrolment's id and a secret of ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from libs.ledger.decider import Decider
from services.identity.domain import factor_refusals as refusals

RECOVERY_CODES = 10
TO_CONFIRM = timedelta(hours=1)
"""How long somebody may take to set up the app."""
MISSES, WINDOW = 10, timedelta(hours=1)
"""So many wrong guesses may come within a time, of those who know the password; then everybody waits."""


# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactorOffered:
    """A person was shown a secret for their app."""

    party_id: str
    enrolment_id: str
    offered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactorConfirmed:
    """Their app showed the digits of a step: from now on they are asked for."""

    party_id: str
    enrolment_id: str
    step: int
    confirmed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactorUsed:
    """They showed the digits of a step, which count no more."""

    party_id: str
    step: int
    used_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCodeUsed:
    """They used a code on paper, which counts no more."""

    party_id: str
    number: int
    used_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactorMissed:
    """Somebody who knows the password showed something else."""

    party_id: str
    missed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactorRemoved:
    """It was lost: nobody is asked for it any more."""

    party_id: str
    removed_at: datetime


SecondFactorEvent = (
    SecondFactorOffered
    | SecondFactorConfirmed
    | SecondFactorUsed
    | RecoveryCodeUsed
    | SecondFactorMissed
    | SecondFactorRemoved
)


# Situations


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactor:
    """What is asked for (`enrolment_id`; empty: nothing), what is on offer, and what counts no more."""

    enrolment_id: str = ""
    offered: str = ""
    offered_at: datetime | None = None
    step: int = -1
    used: frozenset[int] = frozenset()
    missed: tuple[datetime, ...] = ()

    @property
    def asked(self) -> bool:
        """Whether the person is asked for it."""
        return bool(self.enrolment_id)

    def waits(self, at: datetime) -> timedelta:
        """How long the next try must wait."""
        lately = [each for each in self.missed if at - each < WINDOW]
        return lately[-MISSES] + WINDOW - at if len(lately) >= MISSES else timedelta(0)


# Evolve


def evolve(factor: SecondFactor, event: SecondFactorEvent) -> SecondFactor:
    """The second factor after the event."""
    match event:
        case SecondFactorOffered():
            return replace(factor, offered=event.enrolment_id, offered_at=event.offered_at)
        case SecondFactorConfirmed():
            return SecondFactor(enrolment_id=event.enrolment_id, step=event.step, missed=factor.missed)
        case SecondFactorUsed():
            return replace(factor, step=event.step)
        case RecoveryCodeUsed():
            return replace(factor, used=factor.used | {event.number})
        case SecondFactorMissed():
            return replace(factor, missed=(*factor.missed, event.missed_at)[-MISSES:])
        case SecondFactorRemoved():
            return SecondFactor()


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferSecondFactor:
    """Show a person a secret for their app."""

    party_id: str
    enrolment_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmSecondFactor:
    """Note that the app is set up."""

    party_id: str
    enrolment_id: str
    step: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UseStep:
    """Take the digits of a step."""

    party_id: str
    step: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UseRecoveryCode:
    """Take a code on paper, by its number."""

    party_id: str
    number: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MissSecondFactor:
    """Count a wrong guess."""

    party_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveSecondFactor:
    """Ask for it no more."""

    party_id: str
    at: datetime


SecondFactorCommand = (
    OfferSecondFactor
    | ConfirmSecondFactor
    | UseStep
    | UseRecoveryCode
    | MissSecondFactor
    | RemoveSecondFactor
)


# Decide


def decide(command: SecondFactorCommand, factor: SecondFactor) -> Sequence[SecondFactorEvent]:
    """What was shown counts once; after ten misses in an hour nothing counts for a while."""
    party_id, at = command.party_id, command.at
    match command:
        case OfferSecondFactor():
            offered = SecondFactorOffered(party_id=party_id, enrolment_id=command.enrolment_id, offered_at=at)
            return [offered]
        case ConfirmSecondFactor():
            return [_confirmed(command, factor)]
        case UseStep():
            _refuse_waiting(factor, at)
            if not factor.asked or command.step <= factor.step:
                raise refusals.second_factor_is_refused()
            return [SecondFactorUsed(party_id=party_id, step=command.step, used_at=at)]
        case UseRecoveryCode():
            _refuse_waiting(factor, at)
            if not factor.asked or command.number in factor.used:
                raise refusals.second_factor_is_refused()
            return [RecoveryCodeUsed(party_id=party_id, number=command.number, used_at=at)]
        case MissSecondFactor():
            _refuse_waiting(factor, at)
            return [SecondFactorMissed(party_id=party_id, missed_at=at)]
        case RemoveSecondFactor():
            if not factor.asked:
                raise refusals.there_is_no_second_factor()
            return [SecondFactorRemoved(party_id=party_id, removed_at=at)]


def _confirmed(command: ConfirmSecondFactor, factor: SecondFactor) -> SecondFactorConfirmed:
    in_time = factor.offered_at is not None and command.at < factor.offered_at + TO_CONFIRM
    if not in_time or command.enrolment_id != factor.offered:
        raise refusals.second_factor_is_refused()
    return SecondFactorConfirmed(
        party_id=command.party_id,
        enrolment_id=command.enrolment_id,
        step=command.step,
        confirmed_at=command.at,
    )


def _refuse_waiting(factor: SecondFactor, at: datetime) -> None:
    if wait := factor.waits(at):
        raise refusals.second_factor_must_wait(wait)


SECOND_FACTOR: Decider[SecondFactorCommand, SecondFactor, SecondFactorEvent] = Decider(
    category="secondfactor", initial=SecondFactor(), decide=decide, evolve=evolve
)
