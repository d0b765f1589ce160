"""What is measured of rpcs: rate, errors, duration of each, and the load of the server."""

from collections.abc import Callable

from prometheus_client import Counter, Gauge, Histogram

from libs.telemetry.metrics.registry import LATENCY, REGISTRY, Bounded, exemplar

BROKEN = ("INTERNAL", "UNAVAILABLE", "UNKNOWN", "DATA_LOSS")
"""The statuses that are our fault: what counts against the promise that calls are answered."""

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
    ["rpc"], buckets=LATENCY, registry=REGISTRY,
)  # fmt: skip
_rpc_running = Gauge(
    "linli_rpc_running",
    'Rpcs that threads serve now. At linli_rpc_limit{load="running"} the next ones wait.',
    registry=REGISTRY,
)
_rpc_limit = Gauge(
    "linli_rpc_limit",
    "How much of each load one process bears: rpcs running, waiting and parked, and streams. Compare with "
    "linli_rpc_running, linli_rpc_waiting, linli_rpc_parked and linli_rpc_streams.",
    ["load"], registry=REGISTRY,
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
    "Calls refused because a quota was used up: of a client (by its id; `others` beyond the first 50), of "
    "persons, of callers without a token (anonymous), or what the whole server bears (server). A client's "
    "growing all the time: raise its quota, or ask its owner to slow down; `server`: add replicas.",
    ["caller", "quota"], registry=REGISTRY,
)  # fmt: skip
_rpc_streams = Gauge(
    "linli_rpc_streams",
    "Streams open now (followers of the feed). At 64 new ones are refused with SERVER_BUSY: add replicas.",
    registry=REGISTRY,
)


class RpcMeter:
    """The meter of one rpc."""

    __slots__ = ("_path", "_seconds", "_totals")

    def __init__(self, path: str) -> None:
        self._path = path
        self._seconds = _rpc_seconds.labels(path)
        # A series that begins with its first error shows no rise: alerts would not see it.
        self._totals = {code: _rpc_total.labels(path, code) for code in ("OK", *BROKEN)}

    def __call__(self, code: str, took: float) -> None:
        """It was answered with the status of this name, after so many seconds."""
        self._seconds.observe(took, exemplar())
        counter = self._totals.get(code)
        if counter is None:
            counter = self._totals[code] = _rpc_total.labels(self._path, code)
        counter.inc()


def rpc(path: str) -> RpcMeter:
    """The meter of the rpc at a path (/linli.cases.v1.CasesService/OpenCase)."""
    return RpcMeter(path)


def rpc_load(
    *,
    running: Callable[[], float],
    waiting: Callable[[], float],
    parked: Callable[[], float],
    streams: Callable[[], float],
) -> None:
    """Where the load of this process' server can be seen.

    Rpcs that threads serve, rpcs that wait for a thread, rpcs that wait for a revision, streams open.
    """
    _rpc_running.set_function(running)
    _rpc_waiting.set_function(waiting)
    _rpc_parked.set_function(parked)
    _rpc_streams.set_function(streams)


def rpc_limits(*, running: int, waiting: int, parked: int, streams: int) -> None:
    """What this process' server bears of each."""
    for load, most in (("running", running), ("waiting", waiting), ("parked", parked), ("streams", streams)):
        _rpc_limit.labels(load).set(most)
    for quota in ("calls", "streams"):
        _rpc_limited.labels("server", quota)


_callers = Bounded(50, own=("server", "anonymous", "persons"))


def limited(caller: str, quota: str) -> None:
    """A call was refused because a quota was used up."""
    _rpc_limited.labels(_callers(caller), quota).inc()
