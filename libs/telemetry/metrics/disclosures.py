"""What is measured of who reads personal data."""

from contextlib import suppress

from prometheus_client import Gauge

from libs.telemetry.metrics.registry import REGISTRY

_unusual = Gauge(
    "linli_unusual_readers",
    "Readers who within the last hour read personal data of 30 or more persons, and of more than five times "
    "as many as in one of their usual hours. Above 0: a data protection officer should look at it.",
    ["service"], registry=REGISTRY,
)  # fmt: skip


def unusual_readers(service: str, number: int | None) -> None:
    """How many there are now; None if that is not known."""
    if number is not None:
        _unusual.labels(service).set(number)
        return
    with suppress(KeyError):
        _unusual.remove(service)
