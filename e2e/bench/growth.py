"""What a ledger costs as it grows: everything at a tenth of the size, then at the whole of it."""

import os
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from e2e.bench.alone import Database, alone, made, rebuilt, saying, started, streams_read, verified
from e2e.bench.figures import Figure, per_second
from e2e.bench.ground import Ground
from e2e.bench.group_commit import WRITERS
from e2e.bench.lives import fill, life, opening
from libs.ledger.ids import new_id
from libs.ledger.recorded import Context, Draft
from libs.ledger.store.ledger import Append, Ledger
from libs.ledger.store.recorder import EVENTS_TABLE

GUESSED = 1_000
"""Bytes on the disk for an event before anything was measured: its row, its places in two indexes."""
VIEW = 600
"""Bytes for an event while the view is built beside the live one."""
LOG = 2 * 2**30
"""Bytes of write-ahead log that PostgreSQL keeps at most (`max_wal_size`, and as much again)."""
FEWEST = 10_000
PAPER = 100_000_000

Line = tuple[str, float, str]
"""What was measured, how much, and its unit."""


@dataclass(frozen=True, slots=True)
class Size:
    """What was measured with so many events in the ledger, and how loaded the machine was by then."""

    events: int
    lines: list[Line]
    load: float

    def of(self, name: str) -> float:
        """How much."""
        return next(amount for known, amount, _ in self.lines if known == name)


def measure(ground: Ground) -> list[Figure]:
    """A ledger of cases, filled by its own function, measured at a tenth of `--events` and at all of them."""
    events = min(ground.events, 30_000) if ground.quick else ground.events
    must_fit(ground.folder, f"{events:,} events", events * (GUESSED + VIEW) + LOG)
    sizes: list[Size] = []
    with ground.postgres() as server:
        database = made(server, "bench_growth")
        for wanted in (events // 10, events):
            sizes.append(_measured(database, ground.folder, wanted, sizes[-1] if sizes else None))
    return [*_figures(*sizes), _on_paper(sizes[-1])]


def _measured(database: Database, folder: Path, wanted: int, known: Size | None) -> Size:
    """Fill up to a size, then measure everything there; in the order of the table."""
    missing = wanted - (known.events if known is not None else 0)
    each = known.of("table") + known.of("indexes") if known is not None else GUESSED
    must_fit(folder, f"filling up to {wanted:,} events", missing * each + LOG)
    lines = _fill(database, missing, wanted)
    lines += _on_disk(database.owner)
    _settle(database.owner)
    with database.open() as ledger:
        lines.append(("appends of one event, 16 threads", _append_rate(ledger, wanted), "/s"))
        lines.append(("appends of 1,500 events, one thread", _batch_rate(ledger, wanted), "events/s"))
    lines.append(("read one stream", alone(streams_read, database), "ms"))
    lines.append(("open the ledger and ask for its head", alone(started, database), "ms"))
    must_fit(folder, f"the rebuild of {wanted:,} events", wanted * VIEW + LOG)
    for name, work in (("rebuild of all_cases", rebuilt), ("verify", verified)):
        done = alone(work, database)
        lines.append((name, done.rate, "events/s"))
        lines.append((f"processor time of {name}, without PostgreSQL's", done.processor, "us an event"))
        lines.append((f"peak memory of {name}", done.peak, "MiB"))
    with database.open() as ledger:
        return Size(ledger.head(), lines, os.getloadavg()[0])


def must_fit(folder: Path, what: str, needed: float) -> None:
    """Stop here rather than with a full disk. Raises `SystemExit`, with what to do."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise SystemExit(
            f"{what} may need {needed / 2**30:,.1f} GiB in {folder}, and {free / 2**30:,.1f} GiB are free:"
            " name a folder of a larger disk by TMPDIR, or fewer events by --events (growth), or --quick"
        )


def _fill(database: Database, missing: int, wanted: int) -> list[Line]:
    """Record what is missing."""
    say = saying(f"filled up to {wanted:,}")
    with database.open() as ledger, psycopg.connect(database.owner, autocommit=True) as connection:
        log = _one(connection, "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')")
        fill(ledger, missing, lambda made: say(made, missing))
        log = _one(connection, "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')") - log
    return [("write-ahead log", log / missing, "bytes an event")]


def _on_disk(dsn: str) -> list[Line]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        events = _one(connection, f"SELECT count(*) FROM {EVENTS_TABLE}")
        table = _one(connection, f"SELECT pg_table_size('{EVENTS_TABLE}')")
        indexes = _one(connection, f"SELECT pg_indexes_size('{EVENTS_TABLE}')")
    return [
        ("table", table / events, "bytes an event"),
        ("indexes", indexes / events, "bytes an event"),
    ]


def _settle(dsn: str) -> None:
    """What PostgreSQL does by and by, so that it does not fall into a measurement."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"VACUUM ANALYZE {EVENTS_TABLE}")
        connection.execute("CHECKPOINT")


def _append_rate(ledger: Ledger, wanted: int) -> float:
    """Group commit: every event begins a stream. A hundredth of the ledger at most: it stays its size."""

    def append(number: int) -> None:
        event = opening(new_id(), number)
        pair = (event, Context(actor="bench").metadata(datetime.now(UTC)))
        draft = Draft(stream=f"case-{event.case_id}", expected_version=0, events=[pair])
        ledger.append(Append(drafts=[draft]))

    return per_second(append, WRITERS, max(20, min(2_000, wanted // 100 // WRITERS)))


def _batch_rate(ledger: Ledger, wanted: int) -> float:
    """By whole lives; at most a fiftieth of the ledger."""
    batches = max(2, min(40, wanted // 50 // 1_500))
    lives = [[life(each) for each in range(250)] for _ in range(batches)]
    began = time.monotonic()
    for some in lives:
        ledger.append(Append(drafts=some))
    return batches * 1_500 / (time.monotonic() - began)


def _one(connection: psycopg.Connection[Any], query: str) -> float:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return float(row[0])


def _figures(small: Size, large: Size) -> list[Figure]:
    return [
        Figure(
            name=f"Growth, {name}",
            measured=f"{_told(amount)} {unit} at {large.events:,} events",
            baseline=f"{_told(small.of(name))} {unit} at {small.events:,} events",
            ratio=amount / small.of(name),
            busy=f"load average {large.load:.1f} at the end, {small.load:.1f} at the end of the baseline",
        )
        for name, amount, unit in large.lines
    ]


def _on_paper(large: Size) -> Figure:
    """What the larger size says of 100 million events, if nothing bends."""
    disk = PAPER * (large.of("table") + large.of("indexes")) / 2**30
    hours = {name: PAPER / large.of(name) / 3600 for name in ("verify", "rebuild of all_cases")}
    return Figure(
        name=f"Growth, {PAPER:,} events on paper",
        measured=f"{disk:,.0f} GiB of events and their indexes,"
        + ",".join(f" {time:.1f} h for {name}" for name, time in hours.items()),
        baseline=f"from {large.events:,} events in proportion; not measured",
    )


def _told(amount: float) -> str:
    return f"{amount:,.0f}" if amount >= 100 else f"{amount:,.2f}"
