"""Processes as the system sees them."""

from contextlib import suppress
from pathlib import Path


def children(parent: int) -> list[int]:
    """The processes that a process has started."""
    pids = [int(path.name) for path in Path("/proc").glob("[0-9]*")]
    return [pid for pid in pids if read(pid, "stat").rpartition(b")")[2].split()[1:2] == [b"%d" % parent]]


def lives(pid: int) -> bool:
    """Whether there is such a process, and it is no zombie."""
    return read(pid, "stat").rpartition(b")")[2].split()[:1] not in ([], [b"Z"])


def read(pid: int, file: str) -> bytes:
    """A file of /proc about a process; empty when it has ended."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/{file}").read_bytes()
    return b""
