"""Facts of neighbours, kept as events of one's own: one decider for whatever a service has to know.

A neighbour's fact becomes an event of the service's own ledger, so a decision can be run again on what
was known when it was taken, and every view is built from this ledger alone.

    AREA: Decider[Note[AreaNoted], Noted[AreaNoted], AreaNoted] = noting("area")

    Reaction(AREA, event.area_id, Note(AreaNoted(area_id=event.area_id, area_path=event.area_path)))
    known = areas.load("la").state.of(AreaNoted)  # or None
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from libs.ledger.decider import Decider

F = TypeVar("F")
G = TypeVar("G")


@dataclass(frozen=True, slots=True)
class Note(Generic[F]):
    """Keep this fact."""

    fact: F


@dataclass(frozen=True, slots=True)
class Noted(Generic[F]):
    """What is known of one thing: the latest fact of each kind."""

    latest: tuple[F, ...] = ()

    def of(self, kind: type[G]) -> G | None:
        """The latest fact of a kind; None if none has been heard."""
        return next((fact for fact in self.latest if isinstance(fact, kind)), None)


def noting(category: str) -> Decider[Note[F], Noted[F], F]:
    """The streams that keep facts, one stream for each thing; the annotation says which facts."""
    return Decider(category=category, initial=Noted(), decide=_decide, evolve=_evolve)


def _decide(command: Note[Any], state: Noted[Any]) -> Sequence[Any]:
    """Heard again, word for word: nothing new."""
    return [] if command.fact in state.latest else [command.fact]


def _evolve(state: Noted[Any], event: Any) -> Noted[Any]:
    """A fact takes the place of the one of its kind."""
    others = tuple(fact for fact in state.latest if type(fact) is not type(event))
    return Noted((*others, event))
