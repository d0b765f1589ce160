"""Locks by which processes share a machine's node; the kernel lets go of them when their holders end."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

TURN = Path("/run/linli-node.lock")
"""Held by the node that runs on this machine: two of two checkouts would starve each other."""

_LOOK = 0.1
_GONE_WITHIN = 10.0  # what held a lock may take a moment to end


class Taken(Exception):
    """Somebody else has the turn: the message is what they wrote into the file."""


def take_turn(file: Path, who: str, seconds: float = _GONE_WITHIN) -> int:
    """The file, open and locked, with `who` written in it: whoever inherits it keeps it. Raises `Taken`."""
    ends = time.monotonic() + seconds
    while (descriptor := _taken(file)) is None:
        if time.monotonic() > ends:
            raise Taken(file.read_text("utf-8"))
        time.sleep(_LOOK)
    os.ftruncate(descriptor, 0)
    os.write(descriptor, who.encode())
    return descriptor


def end_turn(file: Path) -> None:
    """Remove the file, unless somebody has the turn."""
    if (descriptor := _taken(file)) is not None:
        file.unlink()
        os.close(descriptor)


def _taken(file: Path) -> int | None:
    """The file, open and locked; None where somebody has it, or has just removed it."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
    with suppress(BlockingIOError, FileNotFoundError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(descriptor), file.stat()):
            return descriptor
    os.close(descriptor)
    return None


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Wait until nobody else is alone in the folder, or uses it."""
    with _locked(folder, fcntl.LOCK_EX):
        yield


@contextmanager
def using(folder: Path) -> Iterator[None]:
    """Use a folder with others."""
    with _locked(folder, fcntl.LOCK_SH):
        yield


def unused(folder: Path) -> bool:
    """Whether nobody uses a folder."""
    try:
        with _locked(folder, fcntl.LOCK_EX | fcntl.LOCK_NB):
            return True
    except BlockingIOError:
        return False


@contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)
