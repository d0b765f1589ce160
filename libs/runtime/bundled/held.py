"""A folder of data for one process at a time: a locked file in it, which says which one."""

import fcntl
import os
from pathlib import Path
from typing import TextIO


class InUse(Exception):
    """Another process holds the folder: its number, or "unknown" if it has only just come."""


class Unusable(Exception):
    """Why the folder cannot be used."""


def hold(lock: Path) -> TextIO:
    """Make the folder of `lock`, lock it, and write our number into it. Raises `InUse`, `Unusable`.

    Close the file to let go; the system does it for us if we are killed.
    """
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        held = lock.open("a+", encoding="ascii")
    except FileExistsError:
        raise Unusable("it is a file") from None
    except OSError as error:
        raise Unusable(error.strerror) from error
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held.seek(0)
        holder = held.read().strip() or "unknown"
        held.close()
        raise InUse(holder) from None
    except OSError as error:
        held.close()
        raise Unusable(error.strerror) from error
    held.truncate(0)
    held.write(f"{os.getpid()}\n")
    held.flush()
    return held


def is_held(lock: Path) -> bool:
    """Whether a process holds the folder of `lock`; nothing is made or written."""
    try:
        with lock.open("rb") as looked_at:
            fcntl.flock(looked_at, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
