"""Who is registered, as identity told: what is kept under another id nobody could ever have erased."""

from dataclasses import dataclass

from libs.ledger.decider import Decider


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentNoted:
    """Somebody is registered under this id, in which nobody can be recognised."""

    resident_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteResident:
    """Keep that."""

    resident_id: str


@dataclass(frozen=True, slots=True)
class Unheard:
    """Identity has told of nobody under this id."""


@dataclass(frozen=True, slots=True)
class Registered:
    """Identity has told of them. An erasure does not change that: it destroys their key."""


Resident = Unheard | Registered


def decide(command: NoteResident, state: Resident) -> list[ResidentNoted]:
    """Once is enough."""
    match state:
        case Unheard():
            return [ResidentNoted(resident_id=command.resident_id)]
        case Registered():
            return []


def evolve(_state: Resident, _event: ResidentNoted) -> Resident:
    """From now on they are known."""
    return Registered()


INITIAL: Resident = Unheard()
RESIDENT: Decider[NoteResident, Resident, ResidentNoted] = Decider(
    category="resident", initial=INITIAL, decide=decide, evolve=evolve
)
