"""What killed test runs left behind, in folders that nobody holds any more."""

import contextlib
import fcntl
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

_YOUNG = 60.0  # seconds in which somebody may be about to hold a new folder


def sweep(prefix: str, kill: Callable[[Path], None]) -> None:
    """Kill what still runs in temporary folders of such names without an owner, and remove them."""
    for folder in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        with contextlib.suppress(OSError), (folder / "lock").open("r") as lock:
            if time.time() - folder.stat().st_mtime < _YOUNG:
                continue
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            kill(folder)
            shutil.rmtree(folder, ignore_errors=True)
