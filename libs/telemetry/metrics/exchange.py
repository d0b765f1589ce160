"""What is measured of the exchange: relays, inboxes, the broker, parked events."""

from collections.abc import Callable
from dataclasses import dataclass

from prometheus_client import Counter, Gauge, Histogram

from libs.telemetry.metrics.registry import LATENCY, REGISTRY

_parked = Gauge(
    "linli_parked_events",
    "Events of a neighbour that could not be handled and wait, with all later ones about the same subject. "
    "Above 0: `linli <service> parked list`.",
    ["service", "source"], registry=REGISTRY,
)  # fmt: skip
_published_again = Counter(
    "linli_relay_published_again",
    "Times a relay published again for a consumer that missed something; its log names the consumer. Growing"
    " all the time: the consumer cannot keep up, or the broker loses messages.",
    ["service"], registry=REGISTRY,
)  # fmt: skip
_confirm = Histogram(
    "linli_relay_confirm_seconds",
    "Seconds until the broker had confirmed a published batch. If it grows: RabbitMQ's disk, memory alarms.",
    ["service"], buckets=LATENCY, registry=REGISTRY,
)  # fmt: skip
_silence = Gauge(
    "linli_inbox_silence_seconds",
    "Seconds since the last batch of a source; its relay says every two seconds that it lives. Above 60: is "
    "the source's relay up and connected?",
    ["service", "source"], registry=REGISTRY,
)  # fmt: skip
_relay_stopped = Gauge(
    "linli_relay_stopped",
    "1 while a relay publishes nothing because the next event is of a type that only a newer release "
    "publishes. On all relays of a service: run one of the release that stored the event.",
    ["service"], registry=REGISTRY,
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
    "`linli <service> sources reconcile`.",
    ["service", "source"], registry=REGISTRY,
)  # fmt: skip


def parked(service: str, source: str, count: int) -> None:
    """How many events of `source` are parked now."""
    _parked.labels(service, source).set(count)


def publishes_again(service: str) -> Callable[[], None]:
    """The meter of a relay that answers consumers who missed something; it stands at 0 from the start."""
    return _published_again.labels(service).inc


def confirmed(service: str, seconds: float) -> None:
    """The broker has confirmed a batch of a relay, after so many seconds."""
    _confirm.labels(service).observe(seconds)


def relay_stopped(service: str, *, stopped: bool) -> None:
    """Whether a relay stands in front of an event that only a newer release can publish."""
    _relay_stopped.labels(service).set(stopped)


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


def intake(service: str, source: str, *, is_open: Callable[[], bool], silence: Callable[[], float]) -> Intake:
    """The meters of one source's queue.

    `is_open`: whether something is missing just now; `silence`: seconds since the last batch.
    """
    _silence.labels(service, source).set_function(silence)
    for reason in ("unreadable", "key_unknown", "signature", "other_source", "positions"):
        _refused.labels(service, source, reason)
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
