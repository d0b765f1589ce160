"""Spans that always have valid W3C ids, and cost next to nothing while nobody collects them.

`with traces.span("append", parent=traceparent):` opens one; inside it `traces.traceparent()` is what
events carry. Without an exporter a span is two random numbers; with one it is an OpenTelemetry span.
"""

import random
import re
from collections.abc import Mapping
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal, Self

_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_random = random.Random()  # noqa: S311 # ids, not secrets; reseeded below in every process


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceSettings:
    """Where spans go: `exporter` is "" (nowhere), otlp (HTTP), otlp-grpc (needs a package) or console.

    `resource` says who sends them (service.name); `ratio` of the traces are kept, None: as the variable
    OTEL_TRACES_SAMPLER says, else all.
    """

    resource: Mapping[str, str] = field(default_factory=lambda: {"service.name": "linli"})
    exporter: str = ""
    endpoint: str = ""
    ratio: float | None = None


Value = str | float | bool
"""What is noted of a piece of work; never personal data."""


class Span:
    """A piece of work with a beginning and an end; enter it with `with`."""

    __slots__ = ("_recorded", "_token", "name", "traceparent")

    def __init__(self, name: str, parent: str, kind: str, attributes: Mapping[str, Value]) -> None:
        self.name = name
        self._token: Token[Span | None] | None = None
        recorder = _recorder
        if recorder is None:
            self._recorded = None
            self.traceparent = _child_of(parent)
        else:
            self._recorded = recorder.start(name, parent, kind, attributes)
            self.traceparent = recorder.traceparent(self._recorded) or _child_of(parent)

    @property
    def trace_id(self) -> str:
        """32 hexadecimal digits, the same for all work that one request caused."""
        return self.traceparent[3:35]

    @property
    def span_id(self) -> str:
        """16 hexadecimal digits, this piece of work's own."""
        return self.traceparent[36:52]

    @property
    def collected(self) -> bool:
        """Whether somebody collects this span."""
        return self._recorded is not None and bool(int(self.traceparent[53:], 16) & 1)

    def set(self, key: str, value: Value) -> None:
        """Note a fact about the work; never personal data."""
        if self._recorded is not None:
            self._recorded.set_attribute(key, value)

    def fail(self, reason: str) -> None:
        """Mark the work as failed."""
        if self._recorded is not None and _recorder is not None:
            _recorder.fail(self._recorded, reason)

    def __enter__(self) -> Self:
        self._token = _current.set(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is not None:
            try:
                _current.reset(self._token)
            except ValueError:  # a stream's generator was closed by another thread
                _current.set(None)
        if self._recorded is not None:
            if kind is not None and kind is not GeneratorExit:
                self.fail(kind.__name__)
            self._recorded.end()


_current: ContextVar[Span | None] = ContextVar("span", default=None)


Kind = Literal["internal", "server", "client", "producer", "consumer"]


def span(
    name: str, *, parent: str | None = None, kind: Kind = "internal", about: Mapping[str, Value] | None = None
) -> Span:
    """A span under `parent` (a traceparent; "" begins a trace), or under the current one.

    A parent that is no valid traceparent is as good as none: callers cannot break traces.
    """
    if parent is None:
        parent = traceparent()
    elif parent and not is_valid(parent):
        parent = ""
    return Span(name, parent, kind, about or {})


def collected() -> bool:
    """Whether spans go anywhere: spans that nothing hangs on need not be made otherwise."""
    return _recorder is not None


def current() -> Span | None:
    """The span of the work under way in this thread."""
    return _current.get()


def traceparent() -> str:
    """The current span's W3C traceparent; "" outside of all spans."""
    under_way = _current.get()
    return under_way.traceparent if under_way is not None else ""


def is_valid(given: str) -> bool:
    """Whether a text is a W3C traceparent."""
    return _TRACEPARENT.fullmatch(given) is not None


def new_traceparent() -> str:
    """A traceparent for work that begins by itself (a clock, a program)."""
    return _child_of("")


def _child_of(parent: str) -> str:
    trace_id = parent[3:35] if parent else f"{_random.getrandbits(128) or 1:032x}"
    return f"00-{trace_id}-{_random.getrandbits(64) or 1:016x}-{parent[53:] or '01'}"


_recorder: Any = None


def setup(settings: TraceSettings, exporter: Any = None) -> None:
    """Send spans where the settings say. Raises RuntimeError when that cannot be.

    `exporter` is for tests: it gets every span at once.
    """
    global _recorder  # one process, one place where spans go
    shutdown()
    if not settings.exporter and exporter is None:
        return
    from libs.telemetry import recording  # the SDK costs time and memory: only when wanted

    chosen = exporter or recording.exporter_named(settings.exporter, settings.endpoint)
    _recorder = recording.Recorder(
        resource=settings.resource, ratio=settings.ratio, exporter=chosen, batched=exporter is None
    )


def shutdown() -> None:
    """Hand over the last spans, and send none any more."""
    global _recorder
    last, _recorder = _recorder, None
    if last is not None:
        last.close()
