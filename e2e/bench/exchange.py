"""From the commit in cases to supervision's view over RabbitMQ, against nameko's own events.

Ours: relay, worker and projector, each its own process; every event is decided on, appended to
supervision's ledger and folded into its view. Nameko's: an event handler in its own process that
does one INSERT; same broker, same PostgreSQL, as many events of the same size.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from e2e.bench.appender import Appender
from e2e.bench.figures import Figure, quantile
from e2e.bench.ground import Ground
from e2e.bench.material import Material, material
from e2e.bench.nameko_run import NamekoRun
from e2e.bench.neighbours import neighbours
from e2e.bench.processor import Usage, watched
from e2e.bench.watch import LOOK, Watch, noted_by_position
from libs.runtime.bundled.postgres import EmbeddedPostgres
from libs.runtime.bundled.rabbitmq import EmbeddedRabbitMQ

EVENTS = 20_000
A_SECOND = 100
DISPATCHERS = 10

BASELINE = "bench_nameko"

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
            given = material(ground, server, 3_000 if ground.quick else EVENTS)
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
        Watch(line.supervision) as watch,
        watched(line.pids) as usage,
    ):
        written = appender.write(A_SECOND)
        line.until_seen(line.head())
    noted = noted_by_position(stand.ground)
    decided, seen = watch.latencies(written, noted)
    return Figure(
        name=f"Commit to visible over RabbitMQ, {A_SECOND} events/s",
        measured=f"median {_ms(seen, 0.5)}, p99 {_ms(seen, 0.99)} (looked every {1000 * LOOK:.0f} ms); of"
        f" that until supervision decides {_ms(decided, 0.5)} and {_ms(decided, 0.99)}",
        busy=str(usage),
        limit=ON_PURPOSE,
    )


def _ms(seconds: Sequence[float], share: float) -> str:
    return f"{1000 * quantile(seconds, share):.0f} ms"
