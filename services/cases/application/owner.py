"""Owners: to whom sensors and systems outside the platform may belong."""

from dataclasses import dataclass

from libs.ledger.noted import Note, Noted
from libs.ledger.streams.stream import Stream
from services.cases.domain import refusals
from services.cases.domain.noted import ClientNoted, ClientRetirementNoted, ImporterNoted, OwnerFact


@dataclass(frozen=True, slots=True, kw_only=True)
class Owners:
    """Clients as identity told of them, and people who import. Each refuses OWNER_UNKNOWN."""

    stream: Stream[Note[OwnerFact], Noted[OwnerFact], OwnerFact]

    def require_client(self, owner_id: str) -> None:
        """A client that is in use."""
        if not _is_client(self.stream.load(owner_id).state):
            raise refusals.owner_unknown(owner_id)

    def require(self, owner_id: str) -> None:
        """A client that is in use, or a person who imports."""
        known = self.stream.load(owner_id).state
        if not _is_client(known) and known.of(ImporterNoted) is None:
            raise refusals.owner_unknown(owner_id)


def _is_client(known: Noted[OwnerFact]) -> bool:
    return known.of(ClientNoted) is not None and known.of(ClientRetirementNoted) is None
