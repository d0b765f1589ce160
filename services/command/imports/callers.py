"""Many callers, each with one thing after the other: order holds within a thing, not between them."""

import threading
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

CALLERS = 16

T = TypeVar("T")


class Callers(Generic[T]):
    """They hold up neither Ctrl-C nor the end. `things` may be a generator: each goes to one caller."""

    def __init__(self, things: Iterable[T], do: Callable[[T], None], count: int = CALLERS) -> None:
        self._things = iter(things)
        self._do = do
        self._taking = threading.Lock()
        self._stopped = False
        self._failure: BaseException | None = None
        self._working = count
        self._counting = threading.Lock()
        self._ended = threading.Event()  # a caller has
        self._callers = [threading.Thread(target=self._call, daemon=True) for _ in range(count)]

    def run(self, progress: Callable[[], None]) -> None:
        """Do all; `progress` is called about once a second. Raises what a caller raised."""
        for caller in self._callers:
            caller.start()
        while self._working and self._failure is None:
            if not self._ended.wait(1.0):
                progress()
            self._ended.clear()
        if self._failure is not None:
            self.stop(within=1.0)
            raise self._failure

    def stop(self, within: float) -> None:
        """Begin nothing else; wait for what is under way, so many seconds at most."""
        self._stopped = True
        for caller in self._callers:
            caller.join(within / len(self._callers))

    def _next(self) -> T | None:
        with self._taking:
            return None if self._stopped or self._failure is not None else next(self._things, None)

    def _call(self) -> None:
        try:
            while (thing := self._next()) is not None:
                self._do(thing)
        except BaseException as error:  # noqa: BLE001  # raised again where somebody waits
            self._failure = self._failure or error
        finally:
            with self._counting:
                self._working -= 1
            self._ended.set()
