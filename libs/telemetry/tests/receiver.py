"""A small OTLP receiver: what processes export over HTTP, as a collector gets it.

By itself (`python receiver.py PORT CERTIFICATE KEY`) it listens on all addresses with TLS, and prints each
span as a line of JSON. It needs OpenTelemetry's protos, and no other file of this project.
"""

import json
import ssl
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

_LOOPBACK = ("127.0.0.1", 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One span; ids in hexadecimal, the attributes of the span and of its resource as text."""

    name: str
    trace_id: str
    span_id: str
    parent_id: str
    kind: int
    start: int
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
        return [span for span, _ in in_order(self.spans, trace_id)]


def in_order(spans: Sequence[Received], trace_id: str) -> list[tuple[Received, int]]:
    """The spans of a trace with how deep they lie, each behind the one above it; siblings as they began."""
    found = sorted((span for span in spans if span.trace_id == trace_id), key=lambda span: span.start)
    known = {span.span_id for span in found}

    def below(parent: Received, depth: int) -> list[tuple[Received, int]]:
        inner = [below(span, depth + 1) for span in found if span.parent_id == parent.span_id]
        return [(parent, depth), *(each for spans in inner for each in spans)]

    roots = [below(span, 0) for span in found if span.parent_id not in known]
    return [each for spans in roots for each in spans]


def tree(spans: Sequence[Received], trace_id: str) -> str:
    """A trace in lines: the service, and the span's name, further in for each span above it."""
    return "\n".join(
        f"{span.resource['service.name']:<18}  {'  ' * depth}{span.name}"
        for span, depth in in_order(spans, trace_id)
    )


@contextmanager
def receiving(
    at: tuple[str, int] = _LOOPBACK,
    tell: Callable[[Received], None] = lambda _: None,
    tls: ssl.SSLContext | None = None,
) -> Iterator[Receiver]:
    """Receive for as long as the block runs; `tell` is told of each span."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = ExportTraceServiceRequest.FromString(
                self.rfile.read(int(self.headers["Content-Length"]))
            )
            receiver.headers.update({name.lower(): value for name, value in self.headers.items()})
            for span in _spans(request) if self.path == "/v1/traces" else []:
                receiver.spans.append(span)
                tell(span)
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # the library's name
            """It is no news."""

    server = ThreadingHTTPServer(at, Handler)
    if tls is not None:  # whoever only connects, as probes do, holds nobody up
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    receiver = Receiver(server.server_address[1])
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
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
            start=span.start_time_unix_nano,
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


def main(words: Sequence[str]) -> None:
    """Receive until killed."""
    port, certificate, key = words
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, key)
    with receiving(("0.0.0.0", int(port)), _print, tls):  # noqa: S104  # a pod's address
        Event().wait()


def _print(span: Received) -> None:
    sys.stdout.write(f"{json.dumps(asdict(span))}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
