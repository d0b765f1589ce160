"""Who runs the installation: those who hold OPERATOR without limits, the first made by hand."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.decider import Decider
from services.identity.domain import refusals

ID = "installation"
"""There is one such stream in an installation."""


# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstOperatorMade:
    """Somebody with access to the machine made the first operator."""

    party_id: str
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorAdded:
    """One more party runs the installation."""

    party_id: str
    added_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorRemoved:
    """A party runs the installation no more."""

    party_id: str
    removed_at: datetime


OperatorsEvent = FirstOperatorMade | OperatorAdded | OperatorRemoved


# Situations


@dataclass(frozen=True, slots=True, kw_only=True)
class Operators:
    """The operators without limits; `first` is "" as long as the first has not been made."""

    first: str = ""
    parties: tuple[str, ...] = ()


# Evolve


def evolve(operators: Operators, event: OperatorsEvent) -> Operators:
    """The operators after the event."""
    match event:
        case FirstOperatorMade():
            return Operators(first=event.party_id, parties=(event.party_id,))
        case OperatorAdded():
            return replace(operators, parties=(*operators.parties, event.party_id))
        case OperatorRemoved():
            rest = tuple(party_id for party_id in operators.parties if party_id != event.party_id)
            return replace(operators, parties=rest)


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeFirstOperator:
    """Begin the installation's list of operators."""

    party_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOperator:
    """Note that one more party runs the installation."""

    party_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveOperator:
    """Note that a party runs the installation no more."""

    party_id: str
    at: datetime


OperatorsCommand = MakeFirstOperator | AddOperator | RemoveOperator


# Decide


def decide(command: OperatorsCommand, operators: Operators) -> Sequence[OperatorsEvent]:
    """The first is made once; the last stays, for nobody else could make the next."""
    there = command.party_id in operators.parties
    match command:
        case MakeFirstOperator():
            if operators.first:
                raise refusals.first_operator_exists()
            return [FirstOperatorMade(party_id=command.party_id, made_at=command.at)]
        case AddOperator():
            return [] if there else [OperatorAdded(party_id=command.party_id, added_at=command.at)]
        case RemoveOperator():
            if operators.parties == (command.party_id,):
                raise refusals.last_operator_stays()
            return [OperatorRemoved(party_id=command.party_id, removed_at=command.at)] if there else []


OPERATORS: Decider[OperatorsCommand, Operators, OperatorsEvent] = Decider(
    category="operators", initial=Operators(), decide=decide, evolve=evolve
)
