"""What can be seen of disks from here: those that hold the folders that this machine's settings name."""

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from libs.runtime.doctor.finding import Finding, Looking

_FULL, _NEARLY = 0.97, 0.90
_LEAST = 512 * 1024 * 1024
_GIB = 1024**3


def look_at_disks(looking: Looking, folders: Iterable[Path], seen: set[int]) -> Iterator[Finding]:
    """One finding for each disk that was not `seen` before, and for each folder that is not there."""
    for folder in folders:
        try:
            usage, disk = shutil.disk_usage(folder), folder.stat().st_dev
        except OSError as error:
            yield looking.broken("disk", f"{folder} cannot be used: {error.strerror}", "mount it, or make it")
            continue
        if disk not in seen:
            seen.add(disk)
            yield disk_finding(looking, folder, usage.total, usage.free)


def disk_finding(looking: Looking, folder: Path, total: int, free: int) -> Finding:
    """What so many bytes mean for the disk under a folder."""
    says = f"{free / _GIB:,.1f} of {total / _GIB:,.1f} GiB are free under {folder}"
    do = "make room: PostgreSQL stops taking events when nothing is left, and goes on by itself afterwards"
    if free < _LEAST or free < (1 - _FULL) * total:
        return looking.broken("disk", f"only {says}", do)
    return (
        looking.soon("disk", f"only {says}", do) if free < (1 - _NEARLY) * total else looking.ok("disk", says)
    )
