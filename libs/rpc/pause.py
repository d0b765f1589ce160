"""What a stream says when it has nothing to say."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pause:
    """A stream yields it in place of a message: it goes on when woken (`call.wake`), or after `seconds`.

    In the meantime the stream has no thread.
    """

    seconds: float
