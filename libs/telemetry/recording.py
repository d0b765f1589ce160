"""Spans for those who collect them: OpenTelemetry, its SDK and its exporters. Imported only when wanted."""

import importlib
import sys
from collections.abc import Mapping
from typing import Any

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    ConsoleSpanExporter,
    SimpleSpanProcessor,
    SpanExporter,
)
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_W3C = TraceContextTextMapPropagator()
_OTLP = {
    "http": "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    "grpc": "opentelemetry.exporter.otlp.proto.grpc.trace_exporter",
}


class Recorder:
    """Starts OpenTelemetry spans and hands them to an exporter."""

    def __init__(
        self,
        *,
        resource: Mapping[str, str],
        ratio: float | None,
        exporter: SpanExporter,
        batched: bool = True,
    ) -> None:
        """`ratio` of the traces are kept; None: as OTEL_TRACES_SAMPLER says, else all.

        The ratio also counts for what callers want kept, or they would decide how much we keep. It goes by
        the trace's id, so that all services keep the same traces; what one leaves out, the next leaves out.
        """
        self._provider = TracerProvider(
            resource=Resource.create(dict(resource)), sampler=None if ratio is None else _sampler(ratio)
        )
        processor = BatchSpanProcessor(exporter) if batched else SimpleSpanProcessor(exporter)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("linli")

    def start(self, name: str, parent: str, kind: str, attributes: Mapping[str, Any]) -> Span:
        """A span under the traceparent `parent`, or the first of a trace for ""."""
        above = _W3C.extract({"traceparent": parent}) if parent else None
        return self._tracer.start_span(name, above, kind=SpanKind[kind.upper()], attributes=dict(attributes))

    def traceparent(self, span: Span) -> str:
        """The W3C traceparent of a span; "" where the SDK records none (OTEL_SDK_DISABLED)."""
        carrier: dict[str, str] = {}
        _W3C.inject(carrier, set_span_in_context(span))
        return carrier.get("traceparent", "")

    def fail(self, span: Span, reason: str) -> None:
        """Mark a span as failed, for a reason."""
        span.set_status(Status(StatusCode.ERROR, reason))

    def close(self) -> None:
        """Hand over what is not handed over yet."""
        self._provider.shutdown()


def _sampler(ratio: float) -> ParentBased:
    kept = TraceIdRatioBased(ratio)
    return ParentBased(root=kept, remote_parent_sampled=kept)


def exporter_named(name: str, endpoint: str) -> SpanExporter:
    """The exporter that a setting asks for: `otlp` (http), `otlp-grpc`, or `console` (stderr).

    Raises RuntimeError, saying what to install or to set.
    """
    if name == "console":
        return ConsoleSpanExporter(out=sys.stderr)
    protocol = {"otlp": "http", "otlp-grpc": "grpc"}.get(name)
    if protocol is None:
        raise RuntimeError(f"there is no trace exporter {name!r}: use otlp, otlp-grpc, console, or none")
    try:
        module = importlib.import_module(_OTLP[protocol])
    except ImportError as error:
        package = f"opentelemetry-exporter-otlp-proto-{protocol}"
        message = f"the trace exporter {name} needs the package {package}: install it, or unset the exporter"
        raise RuntimeError(message) from error
    exporter: SpanExporter = module.OTLPSpanExporter(**({"endpoint": endpoint} if endpoint else {}))
    return exporter
