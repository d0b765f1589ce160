"""The public key set at `/keys.json`, and callers who wait there until it is another one."""

import hashlib
import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

_LONGEST = 10.0
_STEP = 1.0
_WAITING = 64


class PublicKeys:
    """Answers the key set, at once or when it has changed.

    Everybody may ask, so of those who wait only `waiting` may at a time: others are answered at once.
    """

    def __init__(
        self,
        read: Callable[[], Mapping[str, Any]],
        wait: Callable[[float], object] = time.sleep,
        *,
        waiting: int = _WAITING,
    ) -> None:
        """`read` gives the key set; `wait` returns when it may have changed, or after seconds."""
        self.read = read
        self.wait = wait
        self._places = threading.BoundedSemaphore(waiting)
        self._closed = False

    def close(self) -> None:
        """Nobody waits any more: whoever does gets what there was, once `wait` returns."""
        self._closed = True

    def answer(self, known: str = "", seconds: float = 0.0) -> tuple[str, bytes]:
        """The entity tag and the body, once the tag is not `known` or after `seconds`."""
        deadline = time.monotonic() + min(seconds, _LONGEST)
        tag, body = self._now()
        if tag == known and self._places.acquire(blocking=False):
            try:
                while tag == known and (left := deadline - time.monotonic()) > 0:
                    self.wait(min(left, _STEP))
                    if self._closed:  # and what is read may be closed, too
                        break
                    tag, body = self._now()
            finally:
                self._places.release()
        return tag, body

    def _now(self) -> tuple[str, bytes]:
        """The tag is of the content alone: a signature, and when it was made, makes no difference."""
        published = self.read()
        content = {name: value for name, value in published.items() if name != "signed"}
        digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
        return f'"{digest[:32]}"', json.dumps(published).encode()


def seconds_of(prefer: str) -> float:
    """The seconds in `Prefer: wait=4` (RFC 7240); 0 if it asks for none."""
    for each in prefer.split(","):
        name, _, value = each.strip().partition("=")
        if name.lower() == "wait" and value.isdigit():
            return float(value[:4])
    return 0.0
