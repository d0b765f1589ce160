"""That somebody read personal data: one event for each answer that showed some, a stream of its own.

The reader is the actor of the event, and their roles are those by which they read. It holds ids and words.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from libs.ledger.decider import Decider

# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalDataDisclosed:
    """Somebody was shown personal data of some people: of which classes, for what, by which rpc."""

    subject_ids: tuple[str, ...]
    classes: tuple[str, ...]
    purpose: str
    reference: str
    rpc: str
    body_ids: tuple[str, ...]


# Situations


@dataclass(frozen=True, slots=True)
class Disclosures:
    """How many answers showed some; one, but in identity's streams of an earlier release."""

    count: int = 0


# Evolve


def evolve(disclosures: Disclosures, event: PersonalDataDisclosed) -> Disclosures:  # noqa: ARG001  # it counts
    """One more."""
    return Disclosures(disclosures.count + 1)


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosePersonalData:
    """Record that somebody is shown personal data."""

    disclosed: PersonalDataDisclosed


# Decide


def decide(command: DisclosePersonalData, disclosures: Disclosures) -> Sequence[PersonalDataDisclosed]:  # noqa: ARG001  # nothing that was shown before changes what is recorded
    """Always."""
    return [command.disclosed]


DISCLOSURE: Decider[DisclosePersonalData, Disclosures, PersonalDataDisclosed] = Decider(
    category="disclosure", initial=Disclosures(), decide=decide, evolve=evolve
)
