"""Given a history, when a command comes, then these events: tests of deciders that read aloud.

given = deciding(CASE)

def test_a_closed_case_refuses_a_task() -> None:
    given(opened(), closed()).when(AddTask(...)).then_refused("CASE_IS_CLOSED")
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from libs.ledger.decider import Decider, Kind, Refusal

C = TypeVar("C")
S = TypeVar("S")
E = TypeVar("E")


@dataclass(frozen=True)
class Given(Generic[C, S, E]):
    """A stream with a history, waiting for commands."""

    decider: Decider[C, S, E]
    history: tuple[E, ...] = ()

    @property
    def state(self) -> S:
        """The state after the history."""
        return self.decider.fold(self.history)

    def when(self, command: C) -> "Outcome[C, S, E]":
        """Decide `command`; the outcome is checked by what follows."""
        return Outcome(self, ()).when(command)


@dataclass(frozen=True)
class Outcome(Generic[C, S, E]):
    """What came of the commands so far: new events, or a refusal of the last one."""

    given: Given[C, S, E]
    events: tuple[E, ...]
    refusal: Refusal | None = field(default=None)

    def when(self, command: C) -> "Outcome[C, S, E]":
        """Decide one more command, after what the ones before it brought about."""
        self._must_not_be_refused()
        try:
            new = self.given.decider.decide(command, self.state)
        except Refusal as refusal:
            return Outcome(self.given, self.events, refusal)
        return Outcome(self.given, (*self.events, *new))

    @property
    def state(self) -> S:
        """The state after the history and the new events."""
        return self.given.decider.fold((*self.given.history, *self.events))

    def then(self, *expected: E) -> None:
        """Exactly these events happened, in this order."""
        self._must_not_be_refused()
        _same(self.events, expected)

    def then_nothing_happens(self) -> None:
        """The command was accepted and changed nothing."""
        self.then()

    def then_state(self, expected: S | Callable[[S], bool]) -> None:
        """The new state equals `expected`, or passes it if it is a predicate."""
        self._must_not_be_refused()
        if callable(expected):
            assert expected(self.state), f"unexpected state: {self.state}"
        else:
            assert self.state == expected

    def then_refused(self, code: str, kind: Kind | None = None, **facts: str) -> Refusal:
        """The last command was refused with this code (and kind and facts, where given)."""
        assert self.refusal is not None, f"expected the refusal {code}, got events {list(self.events)}"
        assert self.refusal.code == code, f"expected the refusal {code}, got {self.refusal}"
        assert kind is None or self.refusal.kind is kind
        assert facts.items() <= self.refusal.facts.items(), f"facts: {self.refusal.facts}"
        return self.refusal

    def _must_not_be_refused(self) -> None:
        if self.refusal is not None:
            raise AssertionError(f"refused: {self.refusal}") from self.refusal


def deciding(decider: Decider[C, S, E]) -> Callable[..., Given[C, S, E]]:
    """The word `given` for one decider: call it with the events of the history."""

    def given(*history: E) -> Given[C, S, E]:
        return Given(decider, history)

    return given


def _same(actual: Sequence[Any], expected: Sequence[Any]) -> None:
    assert list(actual) == list(expected), f"\nhappened: {list(actual)}\nexpected: {list(expected)}"
