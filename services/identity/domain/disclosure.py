"""The record of who was shown whose personal data: one stream for each person."""

from collections.abc import Sequence
from dataclasses import dataclass

from libs.ledger.decider import Decider
from services.identity.domain.values import (
    Purpose,
)

# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalDataDisclosed:
    """Somebody (the actor of the event) was shown personal data, and why."""

    resident_id: str
    fields: tuple[str, ...]
    purpose: Purpose
    reference: str


# Situations


@dataclass(frozen=True, slots=True)
class Disclosures:
    """How often a person's data have been shown."""

    count: int = 0


# Evolve


def evolve(disclosures: Disclosures, event: PersonalDataDisclosed) -> Disclosures:  # noqa: ARG001  # it counts
    """One more."""
    return Disclosures(disclosures.count + 1)


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosePersonalData:
    """Note that somebody is shown personal data."""

    resident_id: str
    fields: tuple[str, ...]
    purpose: Purpose
    reference: str


# Decide


def decide(command: DisclosePersonalData, disclosures: Disclosures) -> Sequence[PersonalDataDisclosed]:  # noqa: ARG001  # nothing that was shown before changes what is noted
    """Every showing is noted."""
    return [
        PersonalDataDisclosed(
            resident_id=command.resident_id,
            fields=command.fields,
            purpose=command.purpose,
            reference=command.reference,
        )
    ]


DISCLOSURE: Decider[DisclosePersonalData, Disclosures, PersonalDataDisclosed] = Decider(
    category="disclosure", initial=Disclosures(), decide=decide, evolve=evolve
)
