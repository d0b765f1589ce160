"""From the commit in cases to supervision's view over RabbitMQ, against nameko's own events.

Ours: relay, worker and projector, each its own process; every event is decided on, appended to
supervision's ledger and folded into its view. Nameko's: an event handler in its own process that
does one INSERT; same broker, same PostgreSQL, as many events of the same size.
"""

import json
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import psycopg

from e2e.bench.appender import Appended, Appender, StoredRow
from e2e.bench.copies import multiply
from e2e.bench.figures import Figure, quantile
from e2e.bench.ground import Ground
from e2e.bench.nameko_run import NamekoRun
from e2e.bench.neighbours import SOURCE, SUPERVISION_DATABASE, VIEW, neighbours
from e2e.bench.processor import Usage, watched
from libs.ledger.recorder import EVENTS_TABLE
from libs.messaging.translate import Source
from libs.runtime.postgres import EmbeddedPostgres
from libs.runtime.rabbitmq import EmbeddedRabbitMQ
from services.cases.wiring import SERVICE as CASES
from services.supervision.wiring import SERVICE as SUPERVISION

EVENTS = 20_000
A_SECOND = 100
DISPATCHERS = 10
_LOOK = 0.002

ORIGINALS, BASELINE = "cases_originals", "bench_nameko"


PYTHON = (
    "the worker's one interpreter: 46 us of it an event (a third decoding and reacting, a third deciding and"
    " folding, a fifth encoding and sending the append, little for broker and nameko), beside 25 us of the"
    " relay's (half of it translating), 16 us of the projector's, 13 us of PostgreSQL, 4 us of RabbitMQ;"
    " two round trips to PostgreSQL a batch of 500"
)
ON_PURPOSE = (
    "waits on purpose: the projector gathers for up to 25 ms, the relay for 10 ms since it published last;"
    " then the broker's confirmation and two commits. Waiting in Python under eventlet adds 20 to 40 us to"
    " a round trip to PostgreSQL (18 us in C)"
)


@dataclass(frozen=True, slots=True)
class Material:
    """Stored events of cases, how many of them supervision hears of, and as many texts for nameko."""

    rows: Sequence[StoredRow]
    heard: int
    texts: Sequence[str]


@dataclass(frozen=True, slots=True)
class Stand:
    """What all runs share."""

    ground: Ground
    server: EmbeddedPostgres
    broker: EmbeddedRabbitMQ


@dataclass(frozen=True, slots=True)
class Run:
    """How many events a second arrived, and who used the processor meanwhile."""

    rate: float
    usage: Usage


def measure(ground: Ground) -> list[Figure]:
    """A backlog, ours and nameko's in turn; then what writers append meanwhile; then one by one."""
    ground.replayed()
    broker = EmbeddedRabbitMQ(ground.folder / "rabbitmq")
    with ground.postgres() as server:
        broker.start()
        try:
            stand = Stand(ground, server, broker)
            given = _material(stand, 3_000 if ground.quick else EVENTS)
            return [_throughput(stand, given), _following(stand, given), _latency(stand, given)]
        finally:
            broker.stop()


# -- a backlog ---------------------------------------------------------------------------------------


def _throughput(stand: Stand, given: Material) -> Figure:
    nameko = _nameko(stand, given)
    ours, ordered, theirs = [], [], []
    for _ in range(1 if stand.ground.quick else 3):
        ours.append(_backlog(stand, given))
        ordered.append(Run(*nameko.together(1)))
        theirs.append(Run(*nameko.together(DISPATCHERS)))
    dispatched, handled = nameko.apart(1)
    ratio = _rate(ours) / _rate(ordered)
    return Figure(
        name=f"Events over RabbitMQ, {given.heard:,} at once",
        measured=f"{_rate(ours):,.0f} events/s from commit in cases to supervision's view",
        baseline=f"nameko's EventDispatcher and event_handler, one INSERT an event: {_rate(ordered):,.0f}"
        f" events/s in order ({ordered[-1].usage}); dispatch alone {dispatched:,.0f}/s, handling alone"
        f" {handled:,.0f}/s; without order, {DISPATCHERS} threads dispatching: {_rate(theirs):,.0f}/s"
        f" (ours is {_rate(ours) / _rate(theirs):.1f} of that)",
        ratio=ratio,
        goal="3 times or more",
        reached=ratio >= 3,
        busy=str(ours[-1].usage),
        limit=PYTHON,
    )


def _backlog(stand: Stand, given: Material) -> Run:
    with neighbours(stand.ground, stand.server, stand.broker) as line:
        began = line.commit(given.rows)
        with watched(line.pids) as usage:
            ended = line.until_seen(line.head())
        assert line.noted() == given.heard
    return Run(given.heard / (ended - began), usage)


def _nameko(stand: Stand, given: Material) -> NamekoRun:
    stand.broker.add_vhost("nameko")
    watch = {"RabbitMQ": stand.broker.pids(), "PostgreSQL": [stand.ground.postgres_pid()]}
    dsn = stand.server.ensure_database(BASELINE)
    return NamekoRun.prepare(
        stand.broker.url_of("nameko"), dsn, stand.ground.folder, given.texts, others=watch
    )


def _rate(runs: Sequence[Run]) -> float:
    return statistics.median(run.rate for run in runs)


# -- while writers append ----------------------------------------------------------------------------


def _following(stand: Stand, given: Material) -> Figure:
    with (
        neighbours(stand.ground, stand.server, stand.broker) as line,
        Appender(line.cases, given.rows) as appender,
        watched({"writer": [appender.pid], **line.pids}) as usage,
    ):
        written = appender.write()
        ended = line.until_seen(line.head())
        assert line.noted() == given.heard
    last = max(written.returned.values())
    return Figure(
        name="Events over RabbitMQ, while 8 threads append",
        measured=f"{given.heard / (ended - written.began):,.0f} events/s from the first commit to the view of"
        f" the last, {ended - last:.1f} s after the writers had done ({written.rate:,.0f} appends/s)",
        busy=str(usage),
        limit="the writers, as long as the view of the last comes right after their end",
    )


# -- one by one --------------------------------------------------------------------------------------


def _latency(stand: Stand, given: Material) -> Figure:
    seconds = 5 if stand.ground.quick else 20
    with (
        neighbours(stand.ground, stand.server, stand.broker) as line,
        Appender(line.cases, given.rows[: A_SECOND * seconds]) as appender,
        _Watch(line.supervision) as watch,
        watched(line.pids) as usage,
    ):
        written = appender.write(A_SECOND)
        line.until_seen(line.head())
    noted = _noted(stand.ground)
    decided, seen = watch.latencies(written, noted)
    return Figure(
        name=f"Commit to visible over RabbitMQ, {A_SECOND} events/s",
        measured=f"median {_ms(seen, 0.5)}, p99 {_ms(seen, 0.99)} (read every {1000 * _LOOK:.0f} ms)",
        baseline=f"of that until supervision decided: median {_ms(decided, 0.5)}, p99 {_ms(decided, 0.99)}",
        busy=str(usage),
        limit=ON_PURPOSE,
    )


class _Watch:
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
                over = self._over.wait(_LOOK)  # and a last look after that
                row = connection.execute(
                    "SELECT position FROM view_position WHERE view = %s", [VIEW], prepare=True
                ).fetchone()
                if row is not None and (not self._seen or row[0] != self._seen[-1][1]):
                    self._seen.append((time.monotonic(), row[0]))


def _noted(ground: Ground) -> dict[int, tuple[int, float]]:
    """By position in cases: where supervision noted it, and when it decided so (seconds since 1970)."""
    found: dict[int, tuple[int, float]] = {}
    with ground.ledger(SUPERVISION, SUPERVISION_DATABASE) as ledger:
        after = 0
        while page := ledger.read(after, 1000):
            for recorded in page:
                if recorded.event.origin.source == SOURCE:
                    moment = recorded.metadata.recorded_at.timestamp()
                    found[recorded.event.origin.sequence] = recorded.position, moment
            after = page[-1].position
    return found


def _ms(seconds: Sequence[float], share: float) -> str:
    return f"{1000 * quantile(seconds, share):.0f} ms"


# -- what travels ------------------------------------------------------------------------------------


def _material(stand: Stand, number: int) -> Material:
    """The first events of the replayed cases, or of copies where there are too few."""
    stand.ground.copy_database(stand.server, "cases", ORIGINALS)
    dsn = stand.server.dsn(ORIGINALS)
    streams, events = _counted(dsn)
    if events < number:
        multiply(dsn, "case", streams * number // events + 1)
    with psycopg.connect(dsn) as connection:
        found = connection.execute(
            f"SELECT originator_id, originator_version, topic, state, notification_id FROM {EVENTS_TABLE}"
            " WHERE originator_id LIKE 'case-%%' ORDER BY notification_id LIMIT %s",
            [number],
        ).fetchall()
    texts = _texts(stand.ground, until=found[-1][-1])
    return Material([row[:-1] for row in found], len(texts), texts)


def _counted(dsn: str) -> tuple[int, int]:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            f"SELECT count(DISTINCT originator_id), count(*) FROM {EVENTS_TABLE}"
            " WHERE originator_id LIKE 'case-%'"
        ).fetchone()
    assert row is not None
    return row


def _texts(ground: Ground, until: int) -> list[str]:
    """What nameko carries for each event that supervision hears of: JSON, as long as our envelope."""
    wanted = frozenset(message.DESCRIPTOR.full_name for message in SUPERVISION.subscriptions["cases"])
    texts: list[str] = []
    with ground.ledger(CASES, ORIGINALS) as ledger:
        source = Source(CASES.name, "demo", ledger, CASES.publish)
        after = 0
        while after < until:
            batch = source.batch(after, 500, wanted)
            after = batch.until
            for event in batch.events:
                if event.sequence <= until:
                    bare = json.dumps({"id": event.id, "data": ""})
                    filling = "x" * max(0, event.ByteSize() - len(bare))
                    texts.append(json.dumps({"id": event.id, "data": filling}))
    return texts
