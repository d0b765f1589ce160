"""What is counted and measured, by one function each; the only importer of prometheus_client.

The plumbing calls these functions; names, labels and buckets live here, in one place.
"""

from collections.abc import Callable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
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

_rpc_total = Counter("linli_rpc", "Rpcs answered.", ["rpc", "code"], registry=REGISTRY)
_rpc_seconds = Histogram("linli_rpc_seconds", "Time to answer.", ["rpc"], buckets=_LATENCY, registry=REGISTRY)
_rpc_waiting = Gauge("linli_rpc_waiting", "Rpcs that no thread has begun yet.", registry=REGISTRY)
_rpc_streams = Gauge("linli_rpc_streams", "Streams that are open.", registry=REGISTRY)
_handle_total = Counter(
    "linli_commands", "Commands decided.", ["service", "category", "outcome"], registry=REGISTRY
)
_handle_seconds = Histogram(
    "linli_command_seconds", "Time to load, decide and append.", ["service", "category"],
    buckets=_LATENCY, registry=REGISTRY,
)  # fmt: skip
_append_events = Histogram(
    "linli_append_events", "Events in one commit.", ["service"], buckets=_SIZES, registry=REGISTRY
)
_append_seconds = Histogram(
    "linli_append_seconds", "Time of one commit.", ["service"], buckets=_LATENCY, registry=REGISTRY
)
_ledger_position = Gauge("linli_ledger_position", "Last position recorded.", ["service"], registry=REGISTRY)
_reader_position = Gauge(
    "linli_reader_position", "Last position handled.", ["service", "reader"], registry=REGISTRY
)
_reader_lag = Gauge(
    "linli_reader_lag_positions", "Positions not handled yet.", ["service", "reader"], registry=REGISTRY
)
_reader_events = Counter("linli_reader_events", "Events handled.", ["service", "reader"], registry=REGISTRY)
_view_stopped = Gauge(
    "linli_view_stopped", "1 while a view stands still at an event that it cannot take.",
    ["service", "view"], registry=REGISTRY,
)  # fmt: skip
_parked = Gauge(
    "linli_parked_events", "Events parked by their inbox.", ["service", "source"], registry=REGISTRY
)
_lateness = Histogram(
    "linli_clock_lateness_seconds", "How late a moment fired.", ["service"],
    buckets=(0.1, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0, 600.0, 3600.0), registry=REGISTRY,
)  # fmt: skip


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


def rpc_load(*, waiting: Callable[[], float], streams: Callable[[], float]) -> None:
    """Where the load of this process' server can be seen: rpcs that wait for a thread, streams open."""
    _rpc_waiting.set_function(waiting)
    _rpc_streams.set_function(streams)


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


def parked(service: str, source: str, count: int) -> None:
    """How many events of `source` are parked now."""
    _parked.labels(service, source).set(count)


def clock_fired(service: str, seconds_late: float) -> None:
    """A moment fired, so much later than it was due."""
    _lateness.labels(service).observe(max(0.0, seconds_late))


def exposition() -> bytes:
    """Everything, in the text format that Prometheus scrapes."""
    return generate_latest(REGISTRY)
