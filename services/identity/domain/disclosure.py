"""The record of who was shown whose personal data: one stream for each person."""

from collections.abc import Sequence
from dataclasses import dataclass

from libs.ledger.decider import Decider
from services.identity.domain.commands import DisclosePersonalData
from services.identity.domain.events import PersonalDataDisclosed


@dataclass(frozen=True, slots=True)
class Disclosures:
    """How often a person's data have been shown."""

    count: int = 0


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


def evolve(disclosures: Disclosures, event: PersonalDataDisclosed) -> Disclosures:  # noqa: ARG001  # it counts
    """One more."""
    return Disclosures(disclosures.count + 1)


DISCLOSURE: Decider[DisclosePersonalData, Disclosures, PersonalDataDisclosed] = Decider(
    category="disclosure", initial=Disclosures(), decide=decide, evolve=evolve
)
