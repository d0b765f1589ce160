"""Instrumentation: one object for each point that is measured, a span and its metrics in one `with`.

self._instruments = instrumentation.Commands("cases", "case")
with self._instruments.command("AcceptCase", "case-3f2a") as span:
...
span.outcome = "appended"
"""

import time
from types import TracebackType
from typing import Self

from libs.telemetry import conventions, metrics, traces


class CommandSpan:
    """The handling of one command: set `outcome` to appended, nothing or repeated.

    An exception makes it `refused` if it has a `code` (a refusal of the domain), else `failed`.
    """

    __slots__ = ("_began", "_meter", "_span", "outcome")

    def __init__(self, span: traces.Span, meter: metrics.OutcomeMeter) -> None:
        self.outcome = "failed"
        self._span = span
        self._meter = meter
        self._began = time.perf_counter()

    def __enter__(self) -> Self:
        self._span.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        code = getattr(error, "code", None)
        if isinstance(code, str):
            self.outcome = "refused"
            self._span.fail(code)
            kind = error = trace = None  # a "no" is an answer, not a breakdown
        self._meter(self.outcome, time.perf_counter() - self._began)
        self._span.set(conventions.OUTCOME, self.outcome)
        self._span.__exit__(kind, error, trace)


class Commands:
    """The commands to one kind of stream."""

    def __init__(self, service: str, category: str) -> None:
        self._name = f"{service}.{category}"
        self._meter = metrics.handled(service, category)

    def command(self, command: str, stream: str) -> CommandSpan:
        """A command to a stream is being handled."""
        return CommandSpan(conventions.handled(self._name, command, stream), self._meter)
