"""What spans and their attributes are called: OpenTelemetry's semantic conventions, in one place.

Whoever does a piece of work asks here for its span. Attributes of our own begin with `linli.`; none holds
personal data.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import cache

from libs.telemetry import traces
from libs.telemetry.traces import Span, Value

RPC_SYSTEM = "rpc.system.name"
RPC_METHOD = "rpc.method"
RPC_STATUS = "rpc.response.status_code"
ERROR = "error.type"
DB_SYSTEM = "db.system.name"
DB_NAMESPACE = "db.namespace"
DB_OPERATION = "db.operation.name"
DB_COLLECTION = "db.collection.name"
MESSAGING_SYSTEM = "messaging.system"
MESSAGING_OPERATION = "messaging.operation.name"
MESSAGING_OPERATION_TYPE = "messaging.operation.type"
MESSAGING_DESTINATION = "messaging.destination.name"
MESSAGING_MESSAGE = "messaging.message.id"
MESSAGING_GROUP = "messaging.consumer.group.name"
STREAM = "linli.stream"
OUTCOME = "linli.outcome"
EVENT_TYPE = "linli.event.type"
DUE = "linli.due_at"
EVENTS = "linli.events"
POSITION = "linli.position"

_EVENTS_TABLE = "stored_events"
_APPEND = f"append {_EVENTS_TABLE}"


def served(rpc: str, parent: str) -> Span:
    """An rpc (`linli.cases.v1.CasesService/OpenCase`) is served, for a caller's traceparent or ""."""
    return traces.span(rpc, parent=parent, kind="server", about={RPC_SYSTEM: "grpc", RPC_METHOD: rpc})


def called(rpc: str) -> Span:
    """An rpc of another process is called."""
    return traces.span(rpc, kind="client", about={RPC_SYSTEM: "grpc", RPC_METHOD: rpc})


def answered(span: Span, code: str, reason: str = "") -> None:
    """An rpc was answered with a gRPC status, and with a reason if it failed."""
    span.set(RPC_STATUS, code)
    if reason:
        span.set(ERROR, reason)
        span.fail(reason)


def handled(stream_kind: str, command: str, stream: str) -> Span:
    """A command to a stream is decided, and what follows from it appended."""
    return traces.span(f"{stream_kind} {command}", about={STREAM: stream})


def appended(service: str, causes: Iterable[str]) -> AbstractContextManager[object]:
    """Events are appended to the ledger: a span of the work under way.

    If there is none, as a batch of neighbours' events takes effect: one in each trace of `causes`.
    """
    if traces.current() is not None:
        return traces.span(_APPEND, kind="client", about=_database(service, "append", _EVENTS_TABLE))
    return _appended_in_each(service, causes) if traces.collected() else nullcontext()


@contextmanager
def _appended_in_each(service: str, causes: Iterable[str]) -> Iterator[None]:
    about = _database(service, "append", _EVENTS_TABLE)
    with ExitStack() as spans:
        for cause in dict.fromkeys(filter(None, causes)):
            spans.enter_context(traces.span(_APPEND, parent=cause, kind="client", about=about))
        yield


def queried(service: str, view: str) -> AbstractContextManager[object]:
    """A view is asked, for the work under way; nothing where nobody collects spans."""
    if traces.current() is None or not traces.collected():
        return nullcontext()
    return traces.span(f"SELECT {view}", kind="client", about=_database(service, "SELECT", view))


def projected(service: str, events: int, reached: int) -> Span:
    """A batch of events is folded into the views, up to a position: a trace of its own."""
    about: dict[str, Value] = {**_database(service, "project", _EVENTS_TABLE)}
    about.update({EVENTS: events, POSITION: reached})
    return traces.span("project views", parent="", about=about)


@contextmanager
def published(exchange: str, events: Iterable[tuple[str, str, str]]) -> Iterator[None]:
    """A batch of events (traceparent, id, type) is published: a span in the trace of each."""
    about = {MESSAGING_SYSTEM: "rabbitmq", MESSAGING_DESTINATION: exchange}
    with ExitStack() as spans:
        for parent, event_id, event_type in events if traces.collected() else ():
            facts = {**about, **_message("publish", "send", event_id, event_type)}
            spans.enter_context(
                traces.span(f"publish {exchange}", parent=parent, kind="producer", about=facts)
            )
        yield


def reacted(service: str, source: str, parent: str, event_id: str, event_type: str) -> Span:
    """A neighbour's event takes effect in a service."""
    about = {MESSAGING_DESTINATION: source, MESSAGING_GROUP: service}
    facts = {**about, **_message("process", "process", event_id, event_type)}
    return traces.span(f"process {source}", parent=parent, kind="consumer", about=facts)


def fired(service: str, command: str, due_at: str) -> Span:
    """A moment that was due becomes a command: a trace of its own."""
    return traces.span(f"{service} clock {command}", parent="", about={DUE: due_at})


@cache
def _database(service: str, operation: str, collection: str) -> Mapping[str, str]:
    return {
        DB_SYSTEM: "postgresql",
        DB_NAMESPACE: service,
        DB_OPERATION: operation,
        DB_COLLECTION: collection,
    }


def _message(operation: str, kind: str, event_id: str, event_type: str) -> dict[str, str]:
    return {
        MESSAGING_OPERATION: operation,
        MESSAGING_OPERATION_TYPE: kind,
        MESSAGING_MESSAGE: event_id,
        EVENT_TYPE: event_type,
    }
