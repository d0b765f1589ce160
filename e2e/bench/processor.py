"""Who used the processor while something was measured, and how much memory a process holds."""

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Usage:
    """Cores used on average, by name, while the block ran."""

    cores: dict[str, float] = field(default_factory=dict)
    machine: float = 0.0

    def __str__(self) -> str:
        parts = [f"{name} {cores:.2f}" for name, cores in self.cores.items()]
        others = max(0.0, self.machine - sum(self.cores.values()))
        return f"{', '.join(parts)}, others {others:.2f} of {os.cpu_count()} cores"


@contextmanager
def watched(pids: Mapping[str, Iterable[int]]) -> Iterator[Usage]:
    """Watch groups of processes (with the children they have at the end) while the block runs."""
    usage = Usage()
    roots = {name: list(group) for name, group in pids.items()}
    before = {name: _ticks(group) for name, group in roots.items()}
    machine, began = _machine(), time.perf_counter()
    yield usage
    seconds = time.perf_counter() - began
    for name, group in roots.items():
        after = _ticks(group)
        used = sum(ticks - before[name].get(pid, 0) for pid, ticks in after.items())
        usage.cores[name] = used / _TICKS / seconds
    usage.machine = (_machine() - machine) / _TICKS / seconds


def memory(pid: int) -> float:
    """Resident memory of a process in MiB."""
    return _status(pid, "VmRSS")


def own_peak() -> float:
    """The most resident memory that this process ever had, in MiB."""
    return _status(os.getpid(), "VmHWM")


def _status(pid: int, what: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(f"process {pid} has no memory")


def _ticks(roots: Iterable[int]) -> dict[int, int]:
    """Processor time of processes and their children."""
    children: dict[int, list[int]] = {}
    used: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            rest = (entry / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:  # it has ended
            continue
        children.setdefault(int(rest[1]), []).append(int(entry.name))
        used[int(entry.name)] = int(rest[11]) + int(rest[12])
    wanted, found = list(roots), {}
    while wanted:
        pid = wanted.pop()
        found[pid] = used.get(pid, 0)
        wanted += children.get(pid, [])
    return found


def _machine() -> int:
    """Processor time of the whole machine, idle time apart."""
    user, nice, system, _idle, _waiting, *rest = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    )
    return user + nice + system + sum(rest[:2])
