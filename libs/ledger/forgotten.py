"""That a service was told of an erased person, and that nothing it keeps can be read as theirs any more.

Every service keeps both, in a stream for each person. The second is recorded when the keys are destroyed for
good, and not merely in the database: a key store that was away may delay it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.decider import Decider

# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureHeard:
    """The service was told; the key was destroyed by then, and what else the erasure calls for is recorded.

    `has_receipt`: somebody waits for the word that nothing is left. An erasure of before there were receipts
    has none, and the word is not given: the release that made it could not read it after a rollback.
    """

    subject_id: str
    heard_at: datetime
    has_receipt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectForgotten:
    """Nothing is left here that says who it was."""

    subject_id: str
    forgotten_at: datetime


ForgettingEvent = ErasureHeard | SubjectForgotten


# Situations


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgetting:
    """How far the service is."""

    heard: bool = False
    forgotten: bool = False


# Evolve


def evolve(state: Forgetting, event: ForgettingEvent) -> Forgetting:
    """How far it is after the event."""
    match event:
        case ErasureHeard():
            return replace(state, heard=True)
        case SubjectForgotten():
            return replace(state, forgotten=True)


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class HearErasure:
    """Note that the person was erased. `has_receipt`: say so when nothing is left of them."""

    subject_id: str
    at: datetime
    has_receipt: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmForgotten:
    """Note that nothing is left."""

    subject_id: str
    at: datetime


ForgettingCommand = HearErasure | ConfirmForgotten


# Decide


def decide(command: ForgettingCommand, state: Forgetting) -> Sequence[ForgettingEvent]:
    """Each once; nothing is confirmed of which nobody heard."""
    match command:
        case HearErasure():
            return [] if state.heard else [_heard(command)]
        case ConfirmForgotten():
            if not state.heard or state.forgotten:
                return []
            return [SubjectForgotten(subject_id=command.subject_id, forgotten_at=command.at)]


def _heard(command: HearErasure) -> ErasureHeard:
    return ErasureHeard(subject_id=command.subject_id, heard_at=command.at, has_receipt=command.has_receipt)


FORGETTING: Decider[ForgettingCommand, Forgetting, ForgettingEvent] = Decider(
    category="forgetting", initial=Forgetting(), decide=decide, evolve=evolve
)
