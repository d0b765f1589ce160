"""What is measured of commands, commits, and what is done to a ledger."""

from collections.abc import Callable

from prometheus_client import Counter, Gauge, Histogram

from libs.telemetry.metrics.registry import LATENCY, REGISTRY, SIZES, exemplar

OutcomeMeter = Callable[[str, float], None]
"""Call it with what came of it, and the seconds it took."""

_handle_total = Counter(
    "linli_commands",
    "Commands decided: appended, nothing (no change), refused (by a rule), repeated (a retry), failed (the "
    "store or others were in the way). Look into `failed` when it grows.",
    ["service", "category", "outcome"], registry=REGISTRY,
)  # fmt: skip
_handle_seconds = Histogram(
    "linli_command_seconds",
    "Seconds to load a stream, decide and append. If it outgrows linli_append_seconds, streams got long.",
    ["service", "category"], buckets=LATENCY, registry=REGISTRY,
)  # fmt: skip
_append_events = Histogram(
    "linli_append_events",
    "Events in one commit. It grows under load, by design: callers that come together share a transaction.",
    ["service"], buckets=SIZES, registry=REGISTRY,
)  # fmt: skip
_append_seconds = Histogram(
    "linli_append_seconds",
    "Seconds of one commit, with repetitions after failures. If it grows, look at the database: disk, locks.",
    ["service"], buckets=LATENCY, registry=REGISTRY,
)  # fmt: skip
_append_lock = Histogram(
    "linli_append_lock_seconds",
    "Seconds until a commit had the ledger's table lock, by the database's clock. If it grows and "
    "linli_append_seconds with it: another process of the service commits, or somebody else holds the lock.",
    ["service"], buckets=LATENCY, registry=REGISTRY,
)  # fmt: skip
_append_waiting = Gauge(
    "linli_append_waiting",
    "Appends that wait for the next commit now. Growing for minutes: the database cannot keep up.",
    ["service"], registry=REGISTRY,
)  # fmt: skip
_append_conflicts = Counter(
    "linli_append_conflicts",
    "Appends of a commit that could not be stored, by reason: version (another command changed the stream "
    "first, decided again up to three times), handled (another consumer handled the neighbour's event), key "
    "(another process stored a person's key first), other. Growing with the load: many callers change one "
    "subject at the same time.",
    ["service", "reason"], registry=REGISTRY,
)  # fmt: skip
_append_retries = Counter(
    "linli_append_retries",
    "Commits that were tried again because the database failed. Above 0 for minutes: look at the database.",
    ["service"], registry=REGISTRY,
)  # fmt: skip
_verified = Gauge(
    "linli_verified_position",
    "Ledger position up to which this process has checked the hashes of the events recorded since it "
    "started. Far behind linli_ledger_position: see linli_verified_timestamp_seconds.",
    ["service"], registry=REGISTRY,
)  # fmt: skip
_verified_at = Gauge(
    "linli_verified_timestamp_seconds",
    "When the newest events were last checked against their hashes (seconds since 1970). Older than 15 "
    "minutes: the check does not come to an end; the log says why.",
    ["service"], registry=REGISTRY,
)  # fmt: skip
_forged = Gauge(
    "linli_ledger_forged",
    "1 when an event was found that is not what its hashes say: somebody altered the database. Stop the "
    "service, keep a copy, see OPERATING.md, Verify a ledger.",
    ["service"], registry=REGISTRY,
)  # fmt: skip
_ledger_position = Gauge(
    "linli_ledger_position",
    "Position of the last event that this process committed. Stands still while nobody writes.",
    ["service"], registry=REGISTRY,
)  # fmt: skip
_erasures_waiting = Gauge(
    "linli_erasures_waiting",
    "Buckets of keys that erasures have retired and whose keys are not destroyed yet. Above 0 for minutes: "
    "the key store (LINLI_KEY_STORE) cannot be used.",
    ["service"], registry=REGISTRY,
)  # fmt: skip


def handled(service: str, category: str) -> OutcomeMeter:
    """The meter of a stream: call it with the outcome (`appended`, `nothing`, `refused`, `repeated`,
    `conflict`) and the seconds from load to commit.
    """  # noqa: D205 # one sentence
    seconds = _handle_seconds.labels(service, category)
    totals: dict[str, Counter] = {}

    def measured(outcome: str, took: float) -> None:
        seconds.observe(took, exemplar())
        counter = totals.get(outcome)
        if counter is None:
            counter = totals[outcome] = _handle_total.labels(service, category, outcome)
        counter.inc()

    return measured


class Appended:
    """The meters of a ledger's commits, found once: a commit looks none of them up."""

    def __init__(self, service: str, waiting: Callable[[], float]) -> None:
        """`waiting`: how many appends wait just now."""
        self._events = _append_events.labels(service)
        self._seconds = _append_seconds.labels(service)
        self._position = _ledger_position.labels(service)
        self._retries = _append_retries.labels(service)
        self._lock = _append_lock.labels(service)
        reasons = ("version", "handled", "key", "other")
        self._conflicts = {reason: _append_conflicts.labels(service, reason) for reason in reasons}
        _append_waiting.labels(service).set_function(waiting)

    def __call__(self, events: int, seconds: float, position: int, attempts: int = 1) -> None:
        """A commit of so many events took so long, and the ledger has got there."""
        self._events.observe(events)
        self._seconds.observe(seconds)
        self._position.set(position)
        if attempts > 1:
            self._retries.inc(attempts - 1)

    def locked(self, seconds: float) -> None:
        """A commit had the lock after so many seconds."""
        self._lock.observe(max(0.0, seconds))

    def conflicted(self, reason: str) -> None:
        """An append could not be stored as it was: version, handled, key or other."""
        self._conflicts[reason].inc()


def appended(service: str, waiting: Callable[[], float]) -> Appended:
    """The meters of a ledger; `waiting`: how many appends wait just now."""
    return Appended(service, waiting)


def verified(service: str, position: int, moment: float, *, forged: bool) -> None:
    """The newest events were checked up to a position, at a moment (seconds since 1970)."""
    _forged.labels(service).set(forged)
    if not forged:
        _verified.labels(service).set(position)
        _verified_at.labels(service).set(moment)


def erasures_waiting(service: str) -> Callable[[int], None]:
    """Tell how many buckets of keys are retired and not destroyed yet."""
    gauge = _erasures_waiting.labels(service)
    return gauge.set
