"""What is measured of notices and of messages to webhooks on their way out."""

from collections.abc import Iterable

from prometheus_client import Counter

from libs.telemetry.metrics.registry import REGISTRY

OUTCOMES = ("sent", "delayed", "refused", "away")
_attempts = Counter(
    "linli_notice_attempts_total",
    "Tries to send notices by a channel, by outcome: sent; delayed (it may take this one later); refused (it "
    "will never take this one); away (it takes nothing). If only `away` grows, the channel is out of order.",
    ["service", "channel", "outcome"], registry=REGISTRY,
)  # fmt: skip
_webhooks = Counter(
    "linli_webhook_attempts_total",
    "Tries to send messages to endpoints of clients, by outcome: sent; refused (the endpoint did not take "
    "this one); parked (it refused this one too often); away (it takes nothing, or must not be asked).",
    ["service", "outcome"], registry=REGISTRY,
)  # fmt: skip


def notice_channels(service: str, channels: Iterable[str]) -> None:
    """The channels of a service: nothing was tried so far."""
    for channel in channels:
        for outcome in OUTCOMES:
            _attempts.labels(service, channel, outcome)


def notice_attempt(service: str, channel: str, outcome: str) -> None:
    """A channel was tried."""
    _attempts.labels(service, channel, outcome).inc()


def webhooks(service: str) -> None:
    """A service sends to webhooks: nothing was tried so far."""
    for outcome in ("sent", "refused", "parked", "away"):
        _webhooks.labels(service, outcome)


def webhook_attempt(service: str, outcome: str) -> None:
    """An endpoint was tried."""
    _webhooks.labels(service, outcome).inc()
