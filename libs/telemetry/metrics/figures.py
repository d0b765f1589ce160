"""Figures of the business: a service counts in its views what people wait for, and says it here."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Protocol

from prometheus_client import Gauge

from libs.telemetry.metrics.registry import REGISTRY

Values = Mapping[tuple[str, ...], float]
"""By the values of the labels, in their order."""

OTHER = "other"
"""What a label says of all values that this release does not know: a newer one may have stored them."""


class Told(Protocol):
    """A number, or several, that is counted now and then."""

    def tell(self, values: Values) -> None:
        """What is counted now."""

    def forget(self) -> None:
        """Show no value: better none than an old one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure: `linli_<name>`, with labels of which each has the values named here, or `other`."""

    name: str
    meaning: str
    labels: Mapping[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        """Register the gauge. Raises ValueError without a label: such a gauge could never be forgotten."""
        if not self.labels:
            raise ValueError(f"the figure {self.name} needs a label: without one it could not be forgotten")
        _gauges[self.name] = Gauge(f"linli_{self.name}", self.meaning, [*self.labels], registry=REGISTRY)

    def tell(self, values: Values) -> None:
        """What is counted now; who is not named counts 0."""
        told = dict.fromkeys(product(*((*known, OTHER) for known in self.labels.values())), 0.0)
        for given, value in values.items():
            known = zip(given, self.labels.values(), strict=True)
            told[tuple(label if label in labels else OTHER for label, labels in known)] += value
        gauge = _gauges[self.name]
        for each, value in told.items():
            gauge.labels(*each).set(value)

    def forget(self) -> None:
        """Show no value: better none than an old one."""
        _gauges[self.name].clear()


_gauges: dict[str, Gauge] = {}
