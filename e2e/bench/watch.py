"""When supervision's view showed what: looked at every two milliseconds, beside the writer."""

import threading
import time
from typing import Self

import psycopg

from e2e.bench.appender import Appended
from e2e.bench.ground import Ground
from e2e.bench.neighbours import SOURCE, SUPERVISION_DATABASE, VIEW
from services.supervision.wiring import SERVICE as SUPERVISION

LOOK = 0.002


class Watch:
    """Notes how far supervision's view is, every two milliseconds, in a thread of its own."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._seen: list[tuple[float, int]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def latencies(
        self, written: Appended, noted: dict[int, tuple[int, float]]
    ) -> tuple[list[float], list[float]]:
        """Seconds from the return of each append until it was decided, and seen, over there."""
        seconds_to_monotonic = time.monotonic() - time.time()
        decided, seen = [], []
        looks = iter(self._seen)
        at, reached = next(looks)
        for position, returned in sorted(written.returned.items()):
            if position not in noted:
                continue
            there, moment = noted[position]
            while reached < there:
                at, reached = next(looks)
            decided.append(moment + seconds_to_monotonic - returned)
            seen.append(at - returned)
        return decided, seen

    def _run(self) -> None:
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            over = False
            while not over:
                over = self._over.wait(LOOK)  # and a last look after that
                row = connection.execute(
                    "SELECT position FROM view_position WHERE view = %s", [VIEW], prepare=True
                ).fetchone()
                if row is not None and (not self._seen or row[0] != self._seen[-1][1]):
                    self._seen.append((time.monotonic(), row[0]))


def noted_by_position(ground: Ground) -> dict[int, tuple[int, float]]:
    """By position in cases: where supervision noted it, and when it decided so (seconds since 1970)."""
    found: dict[int, tuple[int, float]] = {}
    with ground.ledger(SUPERVISION, SUPERVISION_DATABASE) as ledger:
        after = 0
        while page := ledger.read(after, 1000):
            for recorded in page:
                if recorded.event.origin.source == SOURCE:
                    moment = recorded.recorded_at.timestamp()
                    found[recorded.event.origin.sequence] = recorded.position, moment
            after = page[-1].position
    return found
