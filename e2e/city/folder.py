"""The folder of all data: for one loader at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from e2e.city.platform import PlatformFailed
from libs.runtime.bundled.held import InUse, Unusable, hold


@contextmanager
def held(data: Path) -> Iterator[Path]:
    """Make the folder and keep other loaders out of it; the system lets go for us if we are killed."""
    try:
        lock = hold(data / "make-run.lock")
    except Unusable as why:
        raise PlatformFailed(f"cannot use {data} as data folder: {why}") from why
    except InUse as holder:
        raise PlatformFailed(
            f"{data} is in use by another `make run` (process {holder}): wait until it has"
            ' ended, or choose another folder, for instance make run ARGS="--data .linli-2 --port 7500'
            ' --http-port 7580"'
        ) from None
    with lock:
        yield data
