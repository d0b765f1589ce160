"""Systems outside the platform: each belongs to one client or importer."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from libs.ledger.ids import derived_id
from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Handled, Stream
from libs.query.reach import Jurisdiction, Permit
from services.cases.application.owner import Owners
from services.cases.domain.external_system import (
    ExternalSystem,
    ExternalSystemCommand,
    ExternalSystemEvent,
    RegisterExternalSystem,
    TransferExternalSystem,
)

SystemStream = Stream[ExternalSystemCommand, ExternalSystem, ExternalSystemEvent]
SystemHandled = Handled[ExternalSystem, ExternalSystemEvent]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalSystems:
    """What can be done with systems outside the platform."""

    stream: SystemStream
    owners: Owners

    def register(self, system: str, owner_id: str, at: datetime, context: Context) -> SystemHandled:
        """Claim a system for the caller."""
        command = RegisterExternalSystem(system=system, owner_id=owner_id, at=at)
        return self.stream.handle(_id(system), command, context)

    def transfer(
        self, system: str, owner_id: str, at: datetime, context: Context, permit: Permit
    ) -> SystemHandled:
        """Give a system to somebody else (OWNER_UNKNOWN). The caller must reach everything."""
        permit(Jurisdiction())
        command = TransferExternalSystem(system=system, owner_id=owner_id, at=at)
        known = partial(self.owners.require, owner_id)
        return self.stream.handle(_id(system), command, context, if_new=known)

    def require(self, system: str, owner_id: str) -> None:
        """Refuse everybody but the owner of a system."""
        self.stream.load(_id(system)).state.require(owner_id, system)


def _id(system: str) -> str:
    return derived_id("external system", system)
