"""A proposal: an assignment that was computed once and stays as it was."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from libs.ledger.decider import Decider
from libs.rules.areas import AreaPath
from services.volunteers.domain.values import Match

# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchesProposed:
    """An assignment of volunteers to open needs was computed.

    `covered` is the priority it covers, `bound` what no assignment can exceed.
    """

    proposal_id: str
    area_path: AreaPath
    matches: tuple[Match, ...]
    covered: int
    bound: int
    wanted: int
    filled: int
    proposed_at: datetime


# Situations


@dataclass(frozen=True, slots=True)
class NotProposed:
    """Nothing was computed under this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """The assignment, as recorded."""

    content: MatchesProposed


Proposal = NotProposed | Proposed


# Evolve


def evolve(_state: Proposal, event: MatchesProposed) -> Proposal:
    """The proposal after `event`."""
    return Proposed(content=event)


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordProposal:
    """Keep a computed assignment."""

    proposal_id: str
    area_path: AreaPath
    matches: tuple[Match, ...]
    covered: int
    bound: int
    wanted: int
    filled: int
    at: datetime


# Decide


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


PROPOSAL: Decider[RecordProposal, Proposal, MatchesProposed] = Decider(
    category="proposal", initial=NotProposed(), decide=decide, evolve=evolve
)
