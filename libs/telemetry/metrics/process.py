"""What is measured of a process: its release, clocks, keys, certificates, connections."""

import importlib.metadata
import platform
from collections.abc import Callable, Mapping, Sequence

from prometheus_client import Gauge, Histogram

from libs.telemetry.metrics.registry import REGISTRY

_build = Gauge(
    "linli_build_info",
    "Always 1; its labels say which release runs, on which Python. Two versions: a roll-out is under way.",
    ["version", "python"], registry=REGISTRY,
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
_skew = Gauge(
    "linli_clock_skew_seconds",
    "Seconds by which the clock of this process was ahead of the database's when last compared (negative: "
    "behind); at least so many. Beyond 2 s commands are refused and clocks pause: set the clocks (NTP).",
    ["service"], registry=REGISTRY,
)  # fmt: skip
_pool_connections = Gauge(
    "linli_pool_connections",
    "Connections of the pool to the database, used and idle. `used` at linli_pool_limit for minutes: slow "
    "queries, or LINLI_POOL_SIZE is too small for LINLI_THREADS.",
    ["service", "state"], registry=REGISTRY,
)  # fmt: skip
_pool_limit = Gauge(
    "linli_pool_limit",
    "Connections that the pool may open (LINLI_POOL_SIZE).",
    ["service"], registry=REGISTRY,
)  # fmt: skip
_pool_waiting = Gauge(
    "linli_pool_waiting",
    "Threads that wait for a connection of the pool now. Above 0 for minutes: see linli_pool_connections.",
    ["service"], registry=REGISTRY,
)  # fmt: skip
_database_trouble = Gauge(
    "linli_database_trouble",
    "1 for what was in the way when this process last tried, twice a minute, to connect to its database anew "
    "and to let it write 32 MiB to its disk: `password`, `database` (there is none), `full` (its disk) and "
    "others. Open connections do not show it; a process that starts runs into it.",
    ["service", "trouble"], registry=REGISTRY,
)  # fmt: skip
_broker_trouble = Gauge(
    "linli_broker_trouble",
    "1 for what was in the way when this process last tried, twice a minute, to connect to the broker anew: "
    "`refused` (the user, the password, the virtual host), `untrusted` (TLS), `away`. Open connections do "
    "not show it.",
    ["service", "trouble"], registry=REGISTRY,
)  # fmt: skip
_certificate = Gauge(
    "linli_certificate_expiry_timestamp_seconds",
    "When a certificate that this process uses ends (seconds since 1970), by the setting that names its "
    "file; of several in a file, the first that ends. Renew it before: files are read again by themselves.",
    ["setting"], registry=REGISTRY,
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


def keys_age(age: Callable[[], float]) -> None:
    """Where the age of this process' key set can be seen."""
    _keys_age.set_function(age)


def clock_fired(service: str, seconds_late: float) -> None:
    """A moment fired, so much later than it was due."""
    _lateness.labels(service).observe(max(0.0, seconds_late))


def clocks_paused(service: str, *, paused: bool) -> None:
    """Whether the clocks of a service fire nothing, because the time may be wrong."""
    _clocks_paused.labels(service).set(paused)
    _lateness.labels(service)  # there from the beginning: nothing was late


def clock_skew(service: str, skew: Callable[[], float]) -> None:
    """Where it can be seen by how much the clock of this process is ahead of the database's."""
    _skew.labels(service).set_function(skew)


def pool(service: str, stats: Callable[[], Mapping[str, int]]) -> None:
    """Where the use of a pool of connections can be seen; `stats` as psycopg's pool gives them."""
    idle = _pool_connections.labels(service, "idle")
    idle.set_function(lambda: stats().get("pool_available", 0))
    used = _pool_connections.labels(service, "used")
    used.set_function(lambda: stats().get("pool_size", 0) - stats().get("pool_available", 0))
    _pool_limit.labels(service).set_function(lambda: stats().get("pool_max", 0))
    _pool_waiting.labels(service).set_function(lambda: stats().get("requests_waiting", 0))


def database_trouble(service: str, known: Sequence[str]) -> Callable[[str], None]:
    """Tell what is in the way of connecting anew: one of the known troubles, or nothing."""
    return _trouble(_database_trouble, service, known)


def broker_trouble(service: str, known: Sequence[str]) -> Callable[[str], None]:
    """The same of the broker."""
    return _trouble(_broker_trouble, service, known)


def _trouble(gauge: Gauge, service: str, known: Sequence[str]) -> Callable[[str], None]:
    def tell(trouble: str) -> None:
        for each in known:
            gauge.labels(service, each).set(each == trouble)

    tell("")  # there from the beginning
    return tell


def certificate(setting: str, ends: Callable[[], float]) -> None:
    """Where it can be seen when the certificate that a setting names ends."""
    _certificate.labels(setting).set_function(ends)
