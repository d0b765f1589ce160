"""The kinds of streams that a service keeps, each found by its decider."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from libs.ledger.decider import Decider
from libs.ledger.recorded import utc_now
from libs.ledger.store.ledger import Ledger
from libs.ledger.streams.stream import Stream

C = TypeVar("C")
S = TypeVar("S")
E = TypeVar("E")


class Streams:
    """The streams of one service: opened once each, by `open`, and then found by `of`."""

    def __init__(self, ledger: Ledger, clock: Callable[[], datetime] = utc_now) -> None:
        self._ledger = ledger
        self._clock = clock
        self._by_category: dict[str, Stream[Any, Any, Any]] = {}

    def open(
        self, decider: Decider[C, S, E], *, area: Callable[[S], str | None] | None = None
    ) -> Stream[C, S, E]:
        """The streams of this kind; `area` derives from a state the path of the area where the subject lies.

        Raises ValueError if the kind is open already: two caches of one stream would contradict each other.
        """
        if decider.category in self._by_category:
            raise ValueError(f"the streams of {decider.category} are open already")
        opened = Stream(self._ledger, decider, clock=self._clock, area=area)
        self._by_category[decider.category] = opened
        return opened

    def of(self, decider: Decider[C, S, E]) -> Stream[C, S, E]:
        """The streams of this kind. Raises KeyError if the service has not opened them."""
        found = self._by_category.get(decider.category)
        if found is None or found.decider is not decider:
            raise KeyError(f"the service has no streams of {decider.category}: open them in its wiring.py")
        return found

    def __getitem__(self, category: str) -> Stream[Any, Any, Any]:
        return self._by_category[category]
