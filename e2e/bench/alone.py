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
from libs.ledger.views.rebuild import Progress, rebuild
from libs.messaging.schema import migrate
from libs.runtime.bundled.postgres import EmbeddedPostgres, ensure_role, runtime_role
from services.cases.adapters.ledger import EVENTS
from services.cases.adapters.views import all_cases

T = TypeVar("T")

LONGEST_REBUILD = 60.0
"""Seconds."""


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


def made(server: EmbeddedPostgres, name: str) -> Database:
    """A new database for the ledger of cases, and the view of all of them."""
    role, owner = runtime_role(EVENTS.service), server.ensure_database(name)
    ensure_role(owner, role)
    migrate(owner, EVENTS.service, [all_cases.VIEW], role=role)
    return Database(server.dsn(name, role), owner)


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


@dataclass(frozen=True, slots=True)
class Work:
    """Events a second, MiB at the most, and microseconds of the process's own processor time an event."""

    rate: float
    peak: float
    processor: float


def rebuilt(database: Database) -> Work:
    """Of a long rebuild, until it is stopped."""
    told, used = saying("rebuild"), time.process_time()

    def say(progress: Progress) -> None:
        told(progress.events, progress.head)
        if progress.seconds > LONGEST_REBUILD:
            raise _LongEnough(progress)

    with database.open() as ledger:
        try:
            done = rebuild(ledger, all_cases.VIEW, say)
        except _LongEnough as stopped:
            done = stopped.progress
    used = time.process_time() - used
    return Work(done.events / done.seconds, own_peak(), 1e6 * used / done.events)


class _LongEnough(Exception):
    """A rebuild is stopped here: what it costs an event is known."""

    def __init__(self, progress: Progress) -> None:
        super().__init__(str(progress))
        self.progress = progress


def verified(database: Database) -> Work:
    """All of it."""
    say, began, used = saying("verify"), time.monotonic(), time.process_time()
    head = verify(database.dsn, say=lambda progress: say(progress.events, progress.head))
    seconds, used = time.monotonic() - began, time.process_time() - used
    return Work(head.position / seconds, own_peak(), 1e6 * used / head.position)


def saying(what: str) -> Callable[[int, int], None]:
    """Says every ten seconds how far something is: so much of so much."""
    began = said = time.monotonic()

    def say(done: int, of: int) -> None:
        nonlocal said
        if time.monotonic() - said >= 10:
            said = time.monotonic()
            print(f"  {what}: {done:,} of {of:,} events, {done / (said - began):,.0f}/s", flush=True)

    return say
