"""The folder of all data: for one loader at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from e2e.city.platform import PlatformFailed


@contextmanager
def held(data: Path) -> Iterator[Path]:
    """Make the folder and keep other loaders out of it; the system lets go for us if we are killed."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock = (data / "make-run.lock").open("a+", encoding="ascii")
    except FileExistsError:
        raise PlatformFailed(f"cannot use {data} as data folder: it is a file") from None
    except OSError as error:
        raise PlatformFailed(f"cannot use {data} as data folder: {error.strerror}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise PlatformFailed(
                f"{data} is in use by another `make run` (process {lock.read().strip()}): wait until it has"
                ' ended, or choose another folder, for instance make run ARGS="--data .linli-2 --port 7500'
                ' --http-port 7580"'
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield data
