"""A writer in a process of its own: appends ready-made events to a ledger, by its group commit.

What is measured is what follows the commit; so the events are rows that lay in another ledger, and
nothing is decided or enciphered again.
"""

import multiprocessing
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Self

from libs.ledger.datastore import Datastore
from libs.ledger.store.recorder import GroupCommitRecorder
from libs.ledger.store.unit import Row, Unit

StoredRow = tuple[str, int, str, bytes]
"""Stream, version, name, body."""

_FLAT_OUT = 8


@dataclass(frozen=True, slots=True)
class Appended:
    """By position, when the append of that event had returned (monotonic seconds), and when all began."""

    began: float
    returned: dict[int, float]

    @property
    def rate(self) -> float:
        """Appends a second."""
        return len(self.returned) / (max(self.returned.values()) - self.began)


class Appender:
    """The process; open it, then let it write once."""

    def __init__(self, dsn: str, rows: Sequence[StoredRow]) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_write, args=(theirs, dsn), daemon=True)
        self._rows = rows

    def __enter__(self) -> Self:
        self._process.start()
        self._pipe.send(self._rows)
        assert self._pipe.recv() == "ready"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join(timeout=10)

    @property
    def pid(self) -> int:
        """Of the process."""
        assert self._process.pid is not None
        return self._process.pid

    def write(self, rate: float = 0.0) -> Appended:
        """Append one event after the other at `rate` a second, come what may; 0: 8 threads, flat out."""
        self._pipe.send(rate)
        answer: Appended = self._pipe.recv()
        return answer


def _write(pipe: "Connection[Any, Any]", dsn: str) -> None:
    rows: list[StoredRow] = pipe.recv()
    datastore = Datastore(dsn, lock_timeout=10, pool_size=3)
    recorder = GroupCommitRecorder(datastore)
    pipe.send("ready")
    rate: float = pipe.recv()
    pipe.send(_at_rate(recorder, rows, rate) if rate else _flat_out(recorder, rows))
    recorder.close()
    datastore.close()


def _at_rate(recorder: GroupCommitRecorder, rows: Sequence[StoredRow], rate: float) -> Appended:
    began, returned = time.monotonic(), {}
    for number, row in enumerate(rows):
        time.sleep(max(0.0, began + number / rate - time.monotonic()))
        [position] = recorder.submit(Unit(rows=[Row(*row)]))
        returned[position] = time.monotonic()
    return Appended(began, returned)


def _flat_out(recorder: GroupCommitRecorder, rows: Sequence[StoredRow]) -> Appended:
    """Each thread has streams of its own, so that versions follow each other."""
    shares: list[list[StoredRow]] = [[] for _ in range(_FLAT_OUT)]
    for row in rows:
        shares[hash(row[0]) % _FLAT_OUT].append(row)
    returned: dict[int, float] = {}

    def run(share: Sequence[StoredRow]) -> None:
        for row in share:
            [position] = recorder.submit(Unit(rows=[Row(*row)]))
            returned[position] = time.monotonic()

    threads = [threading.Thread(target=run, args=(share,)) for share in shares]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Appended(began, returned)
