"""What is measured of who reads personal data."""

from contextlib import suppress
from dataclasses import dataclass

from prometheus_client import Gauge

from libs.telemetry.metrics.figures import Values
from libs.telemetry.metrics.registry import REGISTRY

_unusual = Gauge(
    "linli_unusual_readers",
    "Readers who within the last hour read personal data of 60 or more persons, and of more than five times "
    "as many as in one of their usual hours. Above 0: a data protection officer should look at it.",
    ["service"], registry=REGISTRY,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class UnusualReaders:
    """How many there are in a service; a process may have several."""

    service: str

    def tell(self, values: Values) -> None:
        """How many there are now."""
        _unusual.labels(self.service).set(sum(values.values()))

    def forget(self) -> None:
        """Show no number: better none than an old one."""
        with suppress(KeyError):
            _unusual.remove(self.service)
