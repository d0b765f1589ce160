"""Random bytes for ids and nonces, drawn from the system a block at a time.

Each draw from the system lets go of the interpreter's lock, and under load it takes a turn of all
other threads to get it back: opening a case needs half a dozen of them. Keys are drawn alone.
"""

import os
import threading

_DRAWN = 4096


class _Block(threading.local):
    """What this thread has drawn and not yet given out: so no lock is needed."""

    content: bytes = b""
    given: int = 0


_block = _Block()


def random_bytes(count: int) -> bytes:
    """Some bytes (4096 at most), no worse than `os.urandom`'s; each is given out once."""
    block = _block
    start = block.given
    if start + count > len(block.content):
        block.content, start = os.urandom(_DRAWN), 0
    block.given = start + count
    return block.content[start : start + count]


def _forget() -> None:
    """A forked process must not give out what its parent does."""
    global _block
    _block = _Block()


os.register_at_fork(after_in_child=_forget)
