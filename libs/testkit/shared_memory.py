"""The shared memory that a killed PostgreSQL leaves in /dev/shm, where nobody else would remove it."""

import os
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from libs.testkit.processes import read

FOLDER = Path("/dev/shm")  # noqa: S108 - where POSIX's shared memory is on Linux
_NAME = "PostgreSQL.[0-9]*"
_MAPPED = re.compile(rb" (/dev/shm/PostgreSQL\.[0-9]+)$", re.MULTILINE)
_ROUNDED = 2.0  # seconds by which the start of a process may be off


def segments_of(pids: Iterable[int]) -> set[Path]:
    """The segments that these processes have mapped."""
    found = {name for pid in pids for name in _MAPPED.findall(read(pid, "maps"))}
    return {Path(os.fsdecode(name)) for name in found}


def remove(segments: Iterable[Path]) -> None:
    """Remove segments whose servers are gone."""
    for segment in segments:
        segment.unlink(missing_ok=True)


def of_dead_servers(owner: int, folder: Path = FOLDER, servers: Iterable[float] | None = None) -> set[Path]:
    """The segments of a user that are older than every PostgreSQL that this user runs.

    `servers`: when those started [as the system says]. A segment is made by a server that runs already.
    """
    began = min(_started(owner) if servers is None else servers, default=time.time()) - _ROUNDED
    found = set()
    for segment in folder.glob(_NAME):
        with suppress(OSError):  # somebody else has just removed it
            about = segment.stat()
            if about.st_uid == owner and about.st_mtime < began:
                found.add(segment)
    return found


def _started(owner: int) -> Iterator[float]:
    """When each process of the user that is a PostgreSQL started, in seconds since 1970."""
    booted = time.time() - float(Path("/proc/uptime").read_text("ascii").split()[0])
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            name, _, rest = read(int(process.name), "stat").rpartition(b")")
            if name.endswith(b"(postgres") and process.stat().st_uid == owner:
                yield booted + int(rest.split()[19]) / os.sysconf("SC_CLK_TCK")
