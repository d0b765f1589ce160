"""Works over a ledger of cases that are measured in a process of their own.

So the memory is nobody else's, and nothing is warm.
"""

import multiprocessing
import random
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TypeVar

from e2e.bench.processor import own_peak
from libs.ledger.privacy.master_key import MasterKey
from libs.ledger.store.ledger import Ledger, LedgerSettings
from libs.ledger.store.verify import verify
from libs.ledger.views.rebuild import rebuild
from services.cases.adapters.ledger import EVENTS
from services.cases.adapters.views import all_cases

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Database:
    """How another process opens the ledger: as the service's own role, which may append and nothing else."""

    dsn: str
    owner: str
    master_key: bytes = bytes(range(32))

    def open(self) -> AbstractContextManager[Ledger]:
        """The ledger, as a role of the service has it."""
        settings = LedgerSettings(dsn=self.dsn, service=EVENTS.service, listen=False)
        return Ledger.connect(settings, EVENTS, MasterKey(self.master_key))


def alone(work: Callable[[Database], T], database: Database) -> T:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, database).result()


def streams_read(database: Database) -> float:
    """Milliseconds for a stream of six events, the median over streams from all over the ledger."""
    times = []
    with database.open() as ledger:
        head, chosen = ledger.head(), random.Random(7)
        for _ in range(300):
            [somewhere] = ledger.read(after=chosen.randrange(head), limit=1)
            began = time.perf_counter()
            ledger.read_stream(somewhere.stream)
            times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)


def started(database: Database) -> float:
    """Milliseconds, the median."""
    times = []
    for _ in range(5):
        began = time.perf_counter()
        with database.open() as ledger:
            ledger.head()
            times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)


def rebuilt(database: Database) -> tuple[float, float]:
    """Events a second, and MiB."""
    say = saying("rebuild")
    with database.open() as ledger:
        done = rebuild(ledger, all_cases.VIEW, lambda progress: say(progress.events, progress.head))
    return done.events / done.seconds, own_peak()


def verified(database: Database) -> tuple[float, float]:
    """Events a second, and MiB."""
    say, began = saying("verify"), time.monotonic()
    head = verify(database.dsn, say=lambda progress: say(progress.events, progress.head))
    return head.position / (time.monotonic() - began), own_peak()


def saying(what: str) -> Callable[[int, int], None]:
    """Says every ten seconds how far something is: so much of so much."""
    began = said = time.monotonic()

    def say(done: int, of: int) -> None:
        nonlocal said
        if time.monotonic() - said >= 10:
            said = time.monotonic()
            print(f"  {what}: {done:,} of {of:,} events, {done / (said - began):,.0f}/s", flush=True)

    return say
