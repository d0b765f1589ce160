"""A command leaves a span and a figure, whatever comes of it."""

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from libs.ledger.decider import Kind, Refusal
from libs.telemetry import traces
from libs.telemetry.instrumentation import Commands
from libs.telemetry.tests.test_metrics import scraped
from libs.telemetry.traces import TraceSettings


@pytest.fixture
def collected() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    traces.setup(TraceSettings(), exporter)
    yield exporter
    traces.shutdown()


def test_a_command_that_appends_is_counted_and_spanned(collected: InMemorySpanExporter) -> None:
    with Commands("instrumented", "case").command("AcceptCase", "case-1") as handling:
        handling.outcome = "appended"

    (span,) = collected.get_finished_spans()
    assert span.name == "instrumented.case AcceptCase"
    assert dict(span.attributes or {}) == {"linli.stream": "case-1", "linli.outcome": "appended"}
    assert scraped()["linli_commands_total", "case", "appended", "instrumented"] == 1


def test_a_refusal_is_an_answer_and_names_its_code(collected: InMemorySpanExporter) -> None:
    with pytest.raises(Refusal), Commands("instrumented", "refused").command("AcceptCase", "case-1"):
        raise Refusal(Kind.PRECONDITION, "CASE_IS_CLOSED", "reopen it first")

    (span,) = collected.get_finished_spans()
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "CASE_IS_CLOSED")
    assert scraped()["linli_commands_total", "refused", "refused", "instrumented"] == 1


def test_a_breakdown_is_counted_as_failed() -> None:
    with pytest.raises(ZeroDivisionError), Commands("instrumented", "broken").command("AcceptCase", "case-1"):
        raise ZeroDivisionError

    assert scraped()["linli_commands_total", "broken", "failed", "instrumented"] == 1
    assert traces.current() is None
