"""When all is well again after a fault: how far every inbox must come, and how long it took."""

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import psycopg

from e2e.chaos.checker import view_positions
from libs.ledger.recorded import utc_now
from libs.runtime.host.opened import OpenService
from libs.testkit.eventually import eventually
from libs.testkit.patience import Wait

RECOVERED_WITHIN = 120.0
_LOOK = 0.05

Line = tuple[str, str]
"""A consumer and one of the neighbours it hears."""


class NotRecovered(AssertionError):
    """Something did not come back by itself."""


class Recovering(Protocol):
    """What is looked at until all is well: whoever runs the services."""

    def ready(self) -> bool:
        """Whether every process runs and says that it is ready."""

    def unready(self) -> list[str]:
        """Who is not, and what is known of why."""


@dataclass(slots=True)
class Progress:
    """How far each neighbour has recorded something that each consumer must hear, as far as looked.

    A service that was opened anew may have another history: it is looked at from its beginning.
    """

    services: Mapping[str, OpenService]
    _known: dict[str, OpenService] = field(default_factory=dict)
    _looked: dict[str, int] = field(default_factory=dict)
    _due: dict[Line, int] = field(default_factory=dict)

    def due(self) -> dict[Line, int]:
        """The position of the last event that calls for something, by consumer and neighbour, now."""
        for upstream, opened in self.services.items():
            if self._known.setdefault(upstream, opened) is not opened:
                self._forget(upstream)
            after = self._looked.get(upstream, 0)
            while (stretch := opened.source.stretch(after)).until > after:
                after = stretch.until
                for entry in stretch.entries:
                    self._note(upstream, entry.type, entry.event.sequence)
            self._looked[upstream] = after
        return dict(self._due)

    def missing(self, due: Mapping[Line, int]) -> list[str]:
        """Who has not come that far."""
        return [
            f"{consumer} from {upstream}: at {reached} of {position}"
            for (consumer, upstream), position in due.items()
            if (reached := self._reached(consumer, upstream)) < position
        ]

    def _forget(self, upstream: str) -> None:
        self._known[upstream] = self.services[upstream]
        self._looked.pop(upstream, None)
        self._due = {line: due for line, due in self._due.items() if line[1] != upstream}

    def _note(self, upstream: str, kind: str, position: int) -> None:
        for name, opened in self.services.items():
            wanted = opened.service.subscriptions.get(upstream, {})
            if any(message.DESCRIPTOR.full_name == kind for message in wanted):
                self._due[name, upstream] = position

    def _reached(self, consumer: str, upstream: str) -> int:
        return self.services[consumer].ledger.checkpoint(self.services[upstream].source.name)


def until_recovered(ground: Recovering, progress: Progress) -> float:
    """Wait until everything that had been recorded when we began has been heard, and all processes are ready.

    Answers the seconds that took, and raises `NotRecovered` with what is missing.
    """
    began, wait = time.monotonic(), Wait(RECOVERED_WITHIN)
    due = progress.due()
    while (missing := progress.missing(due)) or not ground.ready():
        if wait.over():
            raise NotRecovered(
                f"not within {wait}: {'; '.join(missing) or ', '.join(ground.unready()) or 'ready now'}"
            )
        time.sleep(_LOOK)
    return time.monotonic() - began


def until_settled(progress: Progress, seconds: float = RECOVERED_WITHIN) -> None:
    """When nobody works any more: every event is heard, and every view at the end of its ledger."""

    def settled() -> bool:
        try:
            return look()
        except psycopg.OperationalError as away:  # a connection of ours may have died with the last fault
            raise AssertionError(str(away)) from away

    def look() -> bool:
        due = progress.due()
        assert not progress.missing(due), progress.missing(due)
        for opened in progress.services.values():
            behind = {view: at for view, at in view_positions(opened).items() if at != opened.ledger.head()}
            assert not behind, f"{opened.name}: {behind} of {opened.ledger.head()}"
            waiting = [clock.name for clock in opened.service.clocks if clock.due(opened.views, utc_now(), 1)]
            assert not waiting, f"{opened.name}: moments are due: {waiting}"
        return progress.due() == due  # reactions are events, too, and may call for others

    eventually(settled, "everything is heard and seen", seconds=seconds)


def table(times: Mapping[str, Sequence[float]]) -> str:
    """How often each fault was made, and how long it took until all was well: the usual and the worst."""
    wide = max(map(len, times), default=0)
    lines = [f"{'fault':<{wide}}  times  median   worst"]
    lines += [
        f"{name:<{wide}}  {len(took):>5}  {statistics.median(took):>4.1f} s  {max(took):>4.1f} s"
        for name, took in times.items()
    ]
    return "\n".join(lines)
