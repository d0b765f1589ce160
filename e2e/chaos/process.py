"""A process of the cluster with a clock that chaos may set wrong: `python -m e2e.chaos.process cases worker`.

What it runs is `linli cases worker` as it is; only whatever asks the machine for the time of day gets it
from `WrongTime`. The steady clocks (monotonic, since boot) go on as they are, as on a machine whose
clock somebody sets.
"""

import importlib
import mmap
import os
import struct
import sys
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

FOLDER = "CHAOS_CLOCKS"
"""The variable with the folder of the files that say by how many seconds each process's clock is wrong."""

ASKED_BY = ("libs.ledger.recorded", "libs.rpc.call", "libs.rpc.key_set", "libs.rpc.signed_keys")
"""The modules that ask for the time of day; a test compares them with the source."""

_SECONDS = struct.Struct("d")


class WrongTime(datetime):
    """`datetime` to those who ask it for the time of day."""

    offset: mmap.mmap | None = None

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # an ordinary one
        """The machine's time of day, as far off as the file says now."""
        seconds = _SECONDS.unpack_from(cls.offset)[0] if cls.offset is not None else 0.0
        return datetime.now(tz) + timedelta(seconds=seconds)


def set_wrong(folder: Path, service: str, role: str, seconds: float) -> None:
    """From now on the clock of a process, and of those that are started in its place, is so far off."""
    file = _file(folder, service, role)
    with file.open("r+b") as opened, mmap.mmap(opened.fileno(), _SECONDS.size) as offset:
        _SECONDS.pack_into(offset, 0, seconds)


def offset_of(folder: Path, service: str, role: str) -> mmap.mmap:
    """What says by how much a clock is off; made at the first start of the process."""
    file = _file(folder, service, role)
    with file.open("a+b") as opened:
        if opened.tell() < _SECONDS.size:
            opened.write(_SECONDS.pack(0.0))
            opened.flush()
        return mmap.mmap(opened.fileno(), _SECONDS.size, access=mmap.ACCESS_READ)


def _file(folder: Path, service: str, role: str) -> Path:
    return folder / f"{service}-{role}"


def main() -> int:
    """Run a role of a service, by a clock that may be set wrong."""
    service, role = sys.argv[1:3]
    if role == "worker":
        import libs.worker.patch  # noqa: F401  # before anything else, as in `linli`
    WrongTime.offset = offset_of(Path(os.environ[FOLDER]), service, role)
    for name in ASKED_BY:
        importlib.import_module(name).datetime = WrongTime  # type: ignore[attr-defined]  # from datetime
    from services.command.__main__ import main as linli

    return linli()


if __name__ == "__main__":
    raise SystemExit(main())
