"""What is counted and measured, by one function each; the only importer of prometheus_client.

The plumbing calls these functions; names, labels and buckets live here, in one place.
"""

import importlib.metadata
import platform
from collections.abc import Callable
from dataclasses import dataclass

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

OutcomeMeter = Callable[[str, float], None]
"""Call it with what came of it, and the seconds it took."""

REGISTRY = CollectorRegistry()
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_LATENCY = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)

ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)
disable_created_metrics()  # type: ignore[no-untyped-call] # half as many series again, and nobody asks for them

# Each help text says what is counted, in which unit, and what it means when it grows.

_build = Gauge(
    "linli_build_info",
    "Always 1; its labels say which release runs, on which Python. Two versions: a roll-out is under way.",
    ["version", "python"], registry=REGISTRY,
)  # fmt: skip
_rpc_total = Counter(
    "linli_rpc",
    "Rpcs answered, by gRPC status. INTERNAL is a bug: the log has it under `rpc failed`. UNAVAILABLE: the "
    "database is away or a view is behind. Other codes are answers that the caller can mend.",
    ["rpc", "code"], registry=REGISTRY,
)  # fmt: skip
_rpc_seconds = Histogram(
    "linli_rpc_seconds",
    "Seconds from the start of the work on an rpc to its answer; of a stream, to its end. If it grows, see "
    "linli_append_seconds (the database) and linli_rpc_waiting (too few threads or cores).",
    ["rpc"], buckets=_LATENCY, registry=REGISTRY,
)  # fmt: skip
_rpc_waiting = Gauge(
    "linli_rpc_waiting",
    "Rpcs that wait for a thread now. Above 0 for long: give more LINLI_THREADS or replicas; from 512 on, "
    "new ones are refused with SERVER_BUSY.",
    registry=REGISTRY,
)
_rpc_parked = Gauge(
    "linli_rpc_parked",
    "Calls that wait, outside of the worker threads, until a view has reached their `at_least`. Near 64, "
    "where more are refused with SERVER_BUSY: the views are behind; see linli_reader_lag_positions.",
    registry=REGISTRY,
)
_rpc_limited = Counter(
    "linli_rpc_limited",
    "Calls refused because a quota was used up: of a client (by its id), of persons, of callers without a "
    "token (anonymous), or what the whole server bears (server). A client's growing all the time: raise its "
    "quota, or ask its owner to slow down; `server`: add replicas.",
    ["caller", "quota"], registry=REGISTRY,
)  # fmt: skip
_rpc_streams = Gauge(
    "linli_rpc_streams",
    "Streams open now (followers of the feed). At 64 new ones are refused with SERVER_BUSY: add replicas.",
    registry=REGISTRY,
)
_handle_total = Counter(
    "linli_commands",
    "Commands decided: appended, nothing (no change), refused (by a rule), repeated (a retry), failed (the "
    "store or others were in the way). Look into `failed` when it grows.",
    ["service", "category", "outcome"], registry=REGISTRY,
)  # fmt: skip
_handle_seconds = Histogram(
    "linli_command_seconds",
    "Seconds to load a stream, decide and append. If it outgrows linli_append_seconds, streams got long.",
    ["service", "category"], buckets=_LATENCY, registry=REGISTRY,
)  # fmt: skip
_append_events = Histogram(
    "linli_append_events",
    "Events in one commit. It grows under load, by design: callers that come together share a transaction.",
    ["service"], buckets=_SIZES, registry=REGISTRY,
)  # fmt: skip
_append_seconds = Histogram(
    "linli_append_seconds",
    "Seconds of one commit, with repetitions after failures. If it grows, look at the database: disk, locks.",
    ["service"], buckets=_LATENCY, registry=REGISTRY,
)  # fmt: skip
_ledger_position = Gauge(
    "linli_ledger_position",
    "Position of the last event that this process committed. Stands still while nobody writes.",
    ["service"], registry=REGISTRY,
)  # fmt: skip
_reader_position = Gauge(
    "linli_reader_position",
    "Last ledger position handled: by a view (view.<name>) of its own ledger, by an inbox (inbox.<upstream>) "
    "of the neighbour's.",
    ["service", "reader"], registry=REGISTRY,
)  # fmt: skip
_reader_lag = Gauge(
    "linli_reader_lag_positions",
    "Ledger positions not handled after the last batch. If it grows for minutes: answers are out of date: "
    "see /readyz and the log of the projector or delivery.",
    ["service", "reader"], registry=REGISTRY,
)  # fmt: skip
_reader_events = Counter(
    "linli_reader_events",
    "Events handled by a view or an inbox. Stands still while linli_ledger_position grows: look at /readyz.",
    ["service", "reader"], registry=REGISTRY,
)  # fmt: skip
_view_stopped = Gauge(
    "linli_view_stopped",
    "1 while a view stands still at an event that it cannot take: its answers are out of date. The log says "
    "which event; mend the code, then `linli <service> rebuild <view>`.",
    ["service", "view"], registry=REGISTRY,
)  # fmt: skip
_erasures_waiting = Gauge(
    "linli_erasures_waiting",
    "Buckets of keys that erasures have retired and whose keys are not destroyed yet. Above 0 for minutes: "
    "the key store (LINLI_KEY_STORE) cannot be used.",
    ["service"], registry=REGISTRY,
)  # fmt: skip
_parked = Gauge(
    "linli_parked_events",
    "Events of a neighbour that could not be handled and wait, with all later ones about the same subject. "
    "Above 0: `linli <service> parked list`.",
    ["service", "source"], registry=REGISTRY,
)  # fmt: skip
_published_again = Counter(
    "linli_relay_published_again",
    "Times a relay published again for a consumer that missed something. Growing all the time: the consumer"
    " cannot keep up, or the broker loses messages.",
    ["service", "consumer"], registry=REGISTRY,
)  # fmt: skip
_broker = Gauge(
    "linli_broker_connected",
    "1 while this process is connected to the broker for this queue. 0 for minutes: look whether the broker"
    " answers, and at the log.",
    ["service", "queue"], registry=REGISTRY,
)  # fmt: skip
_gaps = Counter(
    "linli_inbox_gaps",
    "Gaps in what a source's queue delivered; each was asked for again. Normal after the broker lost data.",
    ["service", "source"], registry=REGISTRY,
)  # fmt: skip
_gap_open = Gauge(
    "linli_inbox_gap_open",
    "1 while what was missing is asked for and not all there. For minutes: is the source's relay up?",
    ["service", "source"], registry=REGISTRY,
)  # fmt: skip
_repaired = Counter(
    "linli_inbox_gaps_repaired",
    "Gaps that have been filled; another worker may fill what this one has found.",
    ["service", "source"], registry=REGISTRY,
)  # fmt: skip
_redelivered = Counter(
    "linli_inbox_redelivered",
    "Batches that the broker delivered again, because somebody stopped or was cut off before the word.",
    ["service", "source"], registry=REGISTRY,
)  # fmt: skip
_refused = Counter(
    "linli_inbox_refused_batches",
    "Messages in a source's queue that were refused because they are no batch of this source: unreadable, "
    "signed by nobody known (key_unknown) or wrongly (signature), of another source, or of positions that "
    "are not there. Above 0: somebody else writes into the exchange, or a relay has a key that identity "
    "does not publish.",
    ["service", "source", "reason"], registry=REGISTRY,
)  # fmt: skip
_types_behind = Gauge(
    "linli_inbox_types_behind_positions",
    "Positions by which the types that a new release began to react to are behind the other types of this "
    "source: their past is being read. If it does not fall for minutes: is the source's relay up, and of a "
    "release that knows the types?",
    ["service", "source"], registry=REGISTRY,
)  # fmt: skip
_history_changed = Gauge(
    "linli_inbox_history_changed",
    "1 while nothing of a source is handled because it has another history than the one handled so far: it "
    "was restored from a backup, or lost events at a failover. An operator decides: "
    "`linli <service> reconcile`.",
    ["service", "source"], registry=REGISTRY,
)  # fmt: skip
_lateness = Histogram(
    "linli_clock_lateness_seconds",
    "Seconds between a moment that was due (a warning, a breach) and its firing. Deadlines count from when "
    "they were due, however late this is; if it grows, notices come late.",
    ["service"], buckets=(0.1, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0, 600.0, 3600.0), registry=REGISTRY,
)  # fmt: skip
_clocks_paused = Gauge(
    "linli_clocks_paused",
    "1 while nothing is fired because the clock of this process is wrong: it differs from the database's by "
    "more than 2 s, or it has jumped. Set the machine's clock right (NTP).",
    ["service"], registry=REGISTRY,
)  # fmt: skip


_keys_age = Gauge(
    "linli_keys_age_seconds",
    "Seconds since the key set that verifies tokens here was issued. Above LINLI_KEYS_STALE_AFTER privileged "
    "scopes are refused: is identity up, and its /keys.json within reach? See /readyz.",
    registry=REGISTRY,
)


def version() -> str:
    """The release that runs."""
    try:
        return importlib.metadata.version("linli")
    except importlib.metadata.PackageNotFoundError:  # run from a bare folder
        return "unknown"


_build.labels(version(), platform.python_version()).set(1)


def rpc(path: str) -> Callable[[str, float], None]:
    """The meter of one rpc: call it with the status' name and the seconds it took."""
    seconds = _rpc_seconds.labels(path)
    totals = {"OK": _rpc_total.labels(path, "OK")}

    def measured(code: str, took: float) -> None:
        seconds.observe(took)
        counter = totals.get(code)
        if counter is None:
            counter = totals[code] = _rpc_total.labels(path, code)
        counter.inc()

    return measured


def rpc_load(
    *, waiting: Callable[[], float], parked: Callable[[], float], streams: Callable[[], float]
) -> None:
    """Where the load of this process' server can be seen.

    Rpcs that wait for a thread, rpcs that wait for a revision, streams open.
    """
    _rpc_waiting.set_function(waiting)
    _rpc_parked.set_function(parked)
    _rpc_streams.set_function(streams)


def keys_age(age: Callable[[], float]) -> None:
    """Where the age of this process' key set can be seen."""
    _keys_age.set_function(age)


def limited(caller: str, quota: str) -> None:
    """A call was refused because a quota was used up."""
    _rpc_limited.labels(caller, quota).inc()


def handled(service: str, category: str) -> OutcomeMeter:
    """The meter of a stream: call it with the outcome (`appended`, `nothing`, `refused`, `repeated`,
    `conflict`) and the seconds from load to commit.
    """  # noqa: D205 # one sentence
    seconds = _handle_seconds.labels(service, category)
    totals: dict[str, Counter] = {}

    def measured(outcome: str, took: float) -> None:
        seconds.observe(took)
        counter = totals.get(outcome)
        if counter is None:
            counter = totals[outcome] = _handle_total.labels(service, category, outcome)
        counter.inc()

    return measured


def appended(service: str) -> Callable[[int, float, int], None]:
    """The meter of a ledger: call it after each commit with its events, its seconds, and the head."""
    events, seconds = _append_events.labels(service), _append_seconds.labels(service)
    head = _ledger_position.labels(service)

    def measured(count: int, took: float, position: int) -> None:
        events.observe(count)
        seconds.observe(took)
        head.set(position)

    return measured


def read(service: str, reader: str) -> Callable[[int, int, int], None]:
    """The meter of what follows a ledger (`projector`, `relay`, `inbox.cases`).

    Call it after each batch with the position reached, the head of the ledger, and how many events it held.
    """
    position, lag = _reader_position.labels(service, reader), _reader_lag.labels(service, reader)
    events = _reader_events.labels(service, reader)

    def measured(reached: int, head: int, count: int) -> None:
        position.set(reached)
        lag.set(max(0, head - reached))
        events.inc(count)

    return measured


def view_stopped(service: str, view: str, *, stopped: bool) -> None:
    """Whether a view stands still because it cannot take an event."""
    _view_stopped.labels(service, view).set(stopped)


def erasures_waiting(service: str) -> Callable[[int], None]:
    """Tell how many buckets of keys are retired and not destroyed yet."""
    gauge = _erasures_waiting.labels(service)
    return gauge.set


def parked(service: str, source: str, count: int) -> None:
    """How many events of `source` are parked now."""
    _parked.labels(service, source).set(count)


def published_again(service: str, consumer: str) -> None:
    """A relay has answered a consumer that missed something."""
    _published_again.labels(service, consumer).inc()


def broker_connected(service: str, queue: str, *, connected: bool) -> None:
    """Whether a queue is being read, or a relay can publish."""
    _broker.labels(service, queue).set(connected)


@dataclass(frozen=True, slots=True)
class Intake:
    """The meters of what one source's queue delivers: call each when it happens."""

    gap: Callable[[], None]
    repaired: Callable[[], None]
    redelivered: Callable[[], None]
    refused: Callable[[str], None]


def intake(service: str, source: str, *, is_open: Callable[[], bool]) -> Intake:
    """The meters of one source's queue; `is_open`: whether something is missing just now."""
    _gap_open.labels(service, source).set_function(is_open)
    return Intake(
        _gaps.labels(service, source).inc,
        _repaired.labels(service, source).inc,
        _redelivered.labels(service, source).inc,
        lambda reason: _refused.labels(service, source, reason).inc(),
    )


def types_behind(service: str, source: str, positions: int) -> None:
    """How far types of `source` are behind the others, as their past is read; 0: all are in step."""
    _types_behind.labels(service, source).set(positions)


def history_changed(service: str, source: str, *, changed: bool) -> None:
    """Whether a source has another history than the one handled so far, so that nothing of it is handled."""
    _history_changed.labels(service, source).set(changed)


def clock_fired(service: str, seconds_late: float) -> None:
    """A moment fired, so much later than it was due."""
    _lateness.labels(service).observe(max(0.0, seconds_late))


def clocks_paused(service: str, *, paused: bool) -> None:
    """Whether the clocks of a service fire nothing, because the time may be wrong."""
    _clocks_paused.labels(service).set(paused)


def exposition() -> bytes:
    """Everything, in the text format that Prometheus scrapes."""
    return generate_latest(REGISTRY)
