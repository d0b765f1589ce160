"""What areas, bodies and affairs are called, as their services published it: one stream for each."""

from collections.abc import Sequence
from dataclasses import dataclass

from libs.ledger.decider import Decider
from services.supervision.domain.values import Named


@dataclass(frozen=True, slots=True, kw_only=True)
class NameNoted:
    """A thing and what it is called, Chinese and English.

    `path` is the ids from the top of its tree down to it, joined by `/`; a body stands alone.
    """

    named: Named
    id: str
    path: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteName:
    """Keep this."""

    fact: NameNoted


def decide(command: NoteName, state: NameNoted | None) -> Sequence[NameNoted]:
    """The fact, unless it says what is known already."""
    return [] if command.fact == state else [command.fact]


def evolve(state: NameNoted | None, event: NameNoted) -> NameNoted:  # noqa: ARG001  # the newest holds
    """The newest."""
    return event


NAME: Decider[NoteName, NameNoted | None, NameNoted] = Decider(
    category="name", initial=None, decide=decide, evolve=evolve
)


def stream_id(named: Named, subject_id: str) -> str:
    """The id of the stream that keeps the name: `body:lasan`."""
    return f"{named.value}:{subject_id}"
