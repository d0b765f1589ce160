"""How far cases were located again since boundaries changed: one stream, so that it goes on after a kill.

Cases are gone through in the order in which their openings were recorded. Newer boundaries begin another pass
when the one under way has come to its end: a district that is redrawn cell by cell throws no progress away.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from libs.ledger.decider import Decider

# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class CasesLocated:
    """By the boundaries noted up to position `known`, those opened up to position `until` were located."""

    known: int
    until: int
    at: datetime


# Situations


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """How far it has come."""

    known: int = 0
    until: int = 0
    at: datetime | None = None

    def begun(self, known: int) -> int:
        """Up to which opening all is done by some boundaries: nothing, while only older ones were used."""
        return self.until if self.known >= known else 0

    def rests(self, known: int, first: int, at: datetime, rest: timedelta) -> bool:
        """Whether cases opened from position `first` on can wait for more: the ground was known by then."""
        return self.known == known <= first and self.at is not None and abs(at - self.at) < rest


# Evolve


def evolve(state: Located, event: CasesLocated) -> Located:  # noqa: ARG001  # the last one has it all
    """The progress after the event."""
    return Located(known=event.known, until=event.until, at=event.at)


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkLocated:
    """Note how far it has come."""

    known: int
    until: int
    at: datetime


# Decide


def decide(command: MarkLocated, state: Located) -> Sequence[CasesLocated]:
    """Nothing, if somebody has come as far."""
    if (command.known, command.until) <= (state.known, state.until):
        return []
    return [CasesLocated(known=command.known, until=command.until, at=command.at)]


LOCATING: Decider[MarkLocated, Located, CasesLocated] = Decider(
    category="locating", initial=Located(), decide=decide, evolve=evolve
)
