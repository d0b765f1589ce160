"""A system outside the platform, whose numbers only its owner gives to cases."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from libs.ledger.decider import Decider
from services.cases.domain import refusals

# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalSystemRegistered:
    """A client or an importer has this system."""

    system: str
    owner_id: str
    registered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalSystemTransferred:
    """The system belongs to somebody else from now on."""

    system: str
    owner_id: str
    transferred_at: datetime


ExternalSystemEvent = ExternalSystemRegistered | ExternalSystemTransferred


# Situations


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalSystem:
    """To whom the system belongs; "" as long as nobody registered it."""

    owner_id: str = ""

    def require(self, owner_id: str, system: str) -> None:
        """Refuse (EXTERNAL_SYSTEM_NOT_REGISTERED, EXTERNAL_SYSTEM_NOT_YOURS) everybody but the owner."""
        if not self.owner_id:
            raise refusals.external_system_not_registered(system)
        if self.owner_id != owner_id:
            raise refusals.external_system_not_yours(system)


# Evolve


def evolve(state: ExternalSystem, event: ExternalSystemEvent) -> ExternalSystem:  # noqa: ARG001  # the last one has it
    """The system after the event."""
    return ExternalSystem(owner_id=event.owner_id)


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterExternalSystem:
    """Claim the system."""

    system: str
    owner_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferExternalSystem:
    """Give the system to somebody else."""

    system: str
    owner_id: str
    at: datetime


ExternalSystemCommand = RegisterExternalSystem | TransferExternalSystem


# Decide


def decide(command: ExternalSystemCommand, state: ExternalSystem) -> Sequence[ExternalSystemEvent]:
    """The first to ask gets it, and keeps it until it is transferred."""
    if state.owner_id == command.owner_id:
        return []
    match command:
        case RegisterExternalSystem():
            if state.owner_id:
                raise refusals.external_system_taken(command.system)
            return [
                ExternalSystemRegistered(
                    system=command.system, owner_id=command.owner_id, registered_at=command.at
                )
            ]
        case TransferExternalSystem():
            if not state.owner_id:
                raise refusals.external_system_not_registered(command.system)
            return [
                ExternalSystemTransferred(
                    system=command.system, owner_id=command.owner_id, transferred_at=command.at
                )
            ]


EXTERNAL_SYSTEM: Decider[ExternalSystemCommand, ExternalSystem, ExternalSystemEvent] = Decider(
    category="external_system", initial=ExternalSystem(), decide=decide, evolve=evolve
)
