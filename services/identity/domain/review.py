"""The review of a grant: somebody else says that it is still needed. One stream for each grant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from libs.ledger.decider import Decider
from services.identity.domain import refusals

# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantConfirmed:
    """A grant is still needed, says somebody other than its holder."""

    party_id: str
    grant_id: str
    confirmed_at: datetime


ReviewEvent = GrantConfirmed


# Situations


@dataclass(frozen=True, slots=True)
class Review:
    """When it was confirmed last, if ever."""

    confirmed_at: datetime | None = None


# Evolve


def evolve(review: Review, event: ReviewEvent) -> Review:  # noqa: ARG001  # the newest event says all
    """The review after the event."""
    return Review(confirmed_at=event.confirmed_at)


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmGrant:
    """Say that it is still needed. `by`: who says so."""

    party_id: str
    grant_id: str
    by: str
    at: datetime


# Decide


def decide(command: ConfirmGrant, review: Review) -> Sequence[ReviewEvent]:  # noqa: ARG001  # any number of times
    """Nobody confirms what they hold themselves."""
    if command.by == command.party_id:
        raise refusals.not_for_yourself()
    return [GrantConfirmed(party_id=command.party_id, grant_id=command.grant_id, confirmed_at=command.at)]


REVIEW: Decider[ConfirmGrant, Review, ReviewEvent] = Decider(
    category="review", initial=Review(), decide=decide, evolve=evolve
)
