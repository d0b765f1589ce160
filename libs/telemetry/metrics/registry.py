"""Where all metrics lie: the registry, its exposition, buckets, and labels that stay bounded."""

import threading
from collections.abc import Collection, Iterator
from copy import copy

from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric

from libs.telemetry import traces

REGISTRY = CollectorRegistry()
LATENCY = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)

OTHERS = "others"
"""What a label says of all values beyond its bound."""

ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)
disable_created_metrics()  # type: ignore[no-untyped-call] # half as many series again, and nobody asks for them


class Bounded:
    """The values of a label that callers decide on: the first `most` by their names, the rest together.

    `own`: those that we decide on, which have their names whoever came first.
    """

    def __init__(self, most: int, own: Collection[str] = ()) -> None:
        self._most = most + len(own)
        self._seen = {*own}
        self._lock = threading.Lock()

    def __call__(self, value: str) -> str:
        """The value to count under."""
        if value in self._seen:
            return value
        with self._lock:
            if len(self._seen) < self._most:
                self._seen.add(value)
        return value if value in self._seen else OTHERS


def exemplar() -> dict[str, str] | None:
    """The trace of the work under way, to be told beside a measurement, if anybody collects it."""
    span = traces.current()
    return {"trace_id": span.trace_id} if span is not None and span.collected else None


def exposition() -> bytes:
    """Everything, in the text format of Prometheus."""
    return exposed("")[1]


def exposed(accept: str) -> tuple[str, bytes]:
    """Content type and body of everything, in the format that a scraper accepts.

    OpenMetrics (with exemplars) if it asks for that, else the text format of Prometheus.
    """
    encode, content_type = choose_encoder(accept)
    return content_type, encode(_Labelled(_cell) if _cell else REGISTRY)


def cell(name: str) -> None:
    """Name the cell of this process in a label of everything: one Prometheus may scrape several cells."""
    global _cell
    _cell = name


_cell = ""


class _Labelled(CollectorRegistry):
    """All that is measured, with the label `cell`."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def collect(self) -> Iterator[Metric]:
        for metric in REGISTRY.collect():
            told = copy(metric)  # some collectors keep theirs
            told.samples = [
                sample._replace(labels={"cell": self._name, **sample.labels}) for sample in metric.samples
            ]
            yield told
