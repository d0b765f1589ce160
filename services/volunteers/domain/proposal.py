"""A proposal: an assignment that was computed once and stays as it was."""

from collections.abc import Sequence
from dataclasses import dataclass

from libs.ledger.decider import Decider
from services.volunteers.domain.commands import RecordProposal
from services.volunteers.domain.events import MatchesProposed


@dataclass(frozen=True, slots=True)
class NotProposed:
    """Nothing was computed under this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """The assignment, as recorded."""

    content: MatchesProposed


Proposal = NotProposed | Proposed


def decide(command: RecordProposal, state: Proposal) -> Sequence[MatchesProposed]:
    """Record it once."""
    if isinstance(state, Proposed):
        return []
    return [
        MatchesProposed(
            proposal_id=command.proposal_id,
            area_path=command.area_path,
            matches=command.matches,
            covered=command.covered,
            bound=command.bound,
            wanted=command.wanted,
            filled=command.filled,
            proposed_at=command.at,
        )
    ]


def evolve(_state: Proposal, event: MatchesProposed) -> Proposal:
    """The proposal after `event`."""
    return Proposed(content=event)


PROPOSAL: Decider[RecordProposal, Proposal, MatchesProposed] = Decider(
    category="proposal", initial=NotProposed(), decide=decide, evolve=evolve
)
