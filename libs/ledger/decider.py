"""The shape of a domain: decide (command -> events), evolve (event -> state), and how it says no."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar


class Kind(Enum):
    """Why a command is refused, in the terms of a caller."""

    INVALID = "invalid"
    NOT_FOUND = "not_found"
    ALREADY_EXISTS = "already_exists"
    PRECONDITION = "precondition"
    PERMISSION = "permission"
    CONFLICT = "conflict"
    UNAUTHENTICATED = "unauthenticated"
    EXHAUSTED = "exhausted"
    UNAVAILABLE = "unavailable"


class Refusal(Exception):
    """A "no" of the domain: a stable code, a message that says what to do, and the facts.

    `code` is UPPER_SNAKE and never changes its meaning; `facts` are short texts without
    personal data; `field` names the request field at fault (kind INVALID).
    """

    def __init__(self, kind: Kind, code: str, message: str, *, field: str = "", **facts: str) -> None:
        super().__init__(f"{code}: {message}")
        self.kind = kind
        self.code = code
        self.message = message
        self.field = field
        self.facts = facts


C = TypeVar("C")
S = TypeVar("S")
E = TypeVar("E")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decider(Generic[C, S, E]):
    """One kind of stream: its name, its first state and its two pure functions.

    `decide` may raise `Refusal`; an empty answer means "nothing happened". `evolve` never
    refuses. `category` prefixes the stream's id (`case` -> `case-3f2a...`).
    """

    category: str
    initial: S
    decide: Callable[[C, S], Sequence[E]]
    evolve: Callable[[S, E], S]

    def fold(self, events: Sequence[E], state: S | None = None) -> S:
        """The state after `events`, from the initial state or from `state`."""
        folded = self.initial if state is None else state
        for event in events:
            folded = self.evolve(folded, event)
        return folded
