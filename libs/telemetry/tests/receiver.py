"""A small OTLP receiver on loopback: what processes export over HTTP, as a collector gets it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One span; ids in hexadecimal, the attributes of the span and of its resource as text."""

    name: str
    trace_id: str
    span_id: str
    parent_id: str
    kind: int
    about: dict[str, str]
    resource: dict[str, str]


@dataclass(slots=True)
class Receiver:
    """What has come in."""

    port: int
    spans: list[Received] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def endpoint(self) -> str:
        """What OTEL_EXPORTER_OTLP_ENDPOINT is set to."""
        return f"http://127.0.0.1:{self.port}"

    def of(self, trace_id: str) -> list[Received]:
        """The spans of a trace, each behind the one above it."""
        found = [span for span in self.spans if span.trace_id == trace_id]
        known = {span.span_id for span in found}
        ordered = [span for span in found if span.parent_id not in known]
        for span in ordered:
            ordered += [below for below in found if below.parent_id == span.span_id]
        return ordered


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Receive for as long as the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = ExportTraceServiceRequest.FromString(
                self.rfile.read(int(self.headers["Content-Length"]))
            )
            receiver.headers.update({name.lower(): value for name, value in self.headers.items()})
            receiver.spans += _spans(request) if self.path == "/v1/traces" else []
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # the library's name
            """It is no news."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()


def _spans(request: ExportTraceServiceRequest) -> list[Received]:
    return [
        Received(
            name=span.name,
            trace_id=span.trace_id.hex(),
            span_id=span.span_id.hex(),
            parent_id=span.parent_span_id.hex(),
            kind=span.kind,
            about=_texts(span.attributes),
            resource=_texts(of.resource.attributes),
        )
        for of in request.resource_spans
        for scope in of.scope_spans
        for span in scope.spans
    ]


def _texts(attributes: object) -> dict[str, str]:
    found = {}
    for each in attributes:  # type: ignore[attr-defined] # a repeated field
        value = each.value
        found[each.key] = str(getattr(value, value.WhichOneof("value")))
    return found
