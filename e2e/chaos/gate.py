"""A gate between the stories of the load: a fault may ask for quiet, and nobody is in the middle of one."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

TOLD_WITHIN = 120.0


class NotQuiet(AssertionError):
    """A story was not told to its end: somebody waits for an answer that does not come."""


class Gate:
    """Many stories at once, or quiet. Safe for use by many threads."""

    def __init__(self, told_within: float = TOLD_WITHIN) -> None:
        self._told_within = told_within
        self._changed = threading.Condition()
        self.stories = 0
        self.closed = False

    @contextmanager
    def story(self) -> Iterator[None]:
        """Wait while somebody has asked for quiet; then nobody has it until this is told to its end."""
        with self._changed:
            self._changed.wait_for(lambda: not self.closed)
            self.stories += 1
        try:
            yield
        finally:
            with self._changed:
                self.stories -= 1
                self._changed.notify_all()

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Let nobody begin, and wait until all stories are told. Raises `NotQuiet` if they take too long."""
        with self._changed:
            self.closed = True
        try:
            with self._changed:
                if not self._changed.wait_for(lambda: not self.stories, self._told_within):
                    raise NotQuiet(f"stories not told within {self._told_within:g} s: {self.stories}")
            yield
        finally:
            with self._changed:
                self.closed = False
                self._changed.notify_all()
