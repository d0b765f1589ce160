"""Where tests write files, of which they make thousands: in memory, if there is room."""

import os
import shutil
import tempfile
from collections.abc import MutableMapping
from contextlib import suppress
from pathlib import Path

IN_MEMORY = Path("/dev/shm")  # noqa: S108 - every user's, as /tmp is
ROOM = 6 * 2**30
"""Bytes that must be free: what a whole run holds at a time, and as much again for its programs."""


def write_to_memory(
    environ: MutableMapping[str, str] = os.environ, folder: Path = IN_MEMORY, room: int = ROOM
) -> None:
    """Make the temporary folders of this process, and of those that it starts, in memory from now on.

    Unless TMPDIR says where they are wanted, or less than `room` is free.
    """
    if "TMPDIR" not in environ and _free(folder) >= room:
        environ["TMPDIR"] = str(folder)
        tempfile.tempdir = None  # it looks again


def _free(folder: Path) -> int:
    """How many bytes the folder takes before it is full, or the machine is."""
    if not os.access(folder, os.W_OK | os.X_OK):
        return 0
    return min(shutil.disk_usage(folder).free, _available())


def _available() -> int:
    """How much memory programs may still have, as Linux sees it."""
    with suppress(OSError):
        for line in Path("/proc/meminfo").read_text("ascii").splitlines():
            name, _, kibibytes = line.partition(":")
            if name == "MemAvailable":
                return int(kibibytes.split()[0]) * 1024
    return 0
