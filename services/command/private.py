"""Files that are for their owner alone: what others could have read or written is refused, not used."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from libs.runtime.config.files import put
from libs.runtime.config.guards import CannotStart

_LARGEST = 1 << 20
_OTHERS_READ, _OTHERS_WRITE = 0o077, 0o022


def read(path: Path) -> bytes | None:
    """The content of a file that only its owner, the caller, can read; None if there is no such file.

    Raises `CannotStart` for a link, a file of somebody else, and one that others can read.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        _refuse_link(path)
        raise CannotStart(f"{path} cannot be read: {error.strerror}") from None
    with os.fdopen(handle, "rb") as file:
        _refuse_exposed(path, os.fstat(handle), _OTHERS_READ)
        return file.read(_LARGEST)


def write(path: Path, content: bytes) -> None:
    """Put a file in place, whole or not at all, readable for its owner only; make its folder if need be.

    Raises `CannotStart` for a folder in which others can write, and where a link lies in the way.
    """
    own_folder(path.parent)
    _refuse_link(path)
    try:
        put(path, content, lasting=True)
    except OSError as error:
        raise CannotStart(f"{path} cannot be written: {error.strerror}") from None


def remove(path: Path) -> bool:
    """Delete a file; whether there was one. Of a link, the link goes."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise CannotStart(f"{path} cannot be deleted: {error.strerror}") from None
    return True


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Nobody else who asks for it changes the folder meanwhile."""
    own_folder(folder)
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def own_folder(path: Path) -> None:
    """Make a folder for its owner alone. Raises `CannotStart` for one in which others can write."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(f"{error.filename or path} cannot be made: {error.strerror}") from None
    _refuse_link(path)
    _refuse_exposed(path, path.stat(), _OTHERS_WRITE)


def _refuse_link(path: Path) -> None:
    if path.is_symlink():
        raise CannotStart(f"{path} is a symbolic link, and may lead to somebody else's file: delete it")


def _refuse_exposed(path: Path, found: os.stat_result, forbidden: int) -> None:
    if not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode):
        raise CannotStart(f"{path} is neither a file nor a folder: delete it")
    if found.st_uid != os.geteuid():
        raise CannotStart(f"{path} belongs to another user, and is not used: delete it, or call as its owner")
    if found.st_mode & forbidden:
        mode, what = ("700", "written by") if stat.S_ISDIR(found.st_mode) else ("600", "read by")
        raise CannotStart(
            f"{path} can be {what} others: somebody may have its secrets, or have changed it."
            f" Run `chmod {mode} {path}`, then log in again"
        )
