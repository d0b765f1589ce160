"""Follows a stream in a test's own thread, without a server."""

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from libs.query.reach import Limit, Reach
from libs.rpc.pause import Pause
from libs.testkit import patience

T = TypeVar("T")

EVERYWHERE = Reach((Limit(),))


@dataclass
class Caller:
    """A caller with a reach, who stays for some turns."""

    reach: Reach = EVERYWHERE
    turns: list[bool] = field(default_factory=lambda: [True] * 1000)
    woken: threading.Event = field(default_factory=threading.Event)

    @property
    def active(self) -> bool:
        """Whether they still wait."""
        return self.turns.pop(0) if self.turns else False

    def wake(self) -> None:
        """Let them go on."""
        self.woken.set()

    def hears(self, said: Iterable[T | Pause]) -> Iterator[T]:
        """What a stream says, its pauses waited for."""
        for each in said:
            if isinstance(each, Pause):
                self.woken.wait(patience.seconds(each.seconds))
                self.woken.clear()
            else:
                yield each
