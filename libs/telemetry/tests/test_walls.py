"""A command leaves a span and a figure, whatever comes of it."""

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from libs.ledger.decider import Kind, Refusal
from libs.telemetry import traces
from libs.telemetry.tests.test_metrics import scraped
from libs.telemetry.traces import TraceSettings
from libs.telemetry.walls import Commands


@pytest.fixture
def collected() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    traces.setup(TraceSettings(), exporter)
    yield exporter
    traces.shutdown()


def test_a_command_that_appends_is_counted_and_spanned(collected: InMemorySpanExporter) -> None:
    with Commands("walls", "case").command("AcceptCase", "case-1") as act:
        act.outcome = "appended"

    (span,) = collected.get_finished_spans()
    assert span.name == "walls.case AcceptCase"
    assert dict(span.attributes or {}) == {"stream": "case-1", "outcome": "appended"}
    assert scraped()["linli_commands_total", "case", "appended", "walls"] == 1


def test_a_refusal_is_an_answer_and_names_its_code(collected: InMemorySpanExporter) -> None:
    with pytest.raises(Refusal), Commands("walls", "refused").command("AcceptCase", "case-1"):
        raise Refusal(Kind.PRECONDITION, "CASE_IS_CLOSED", "reopen it first")

    (span,) = collected.get_finished_spans()
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "CASE_IS_CLOSED")
    assert scraped()["linli_commands_total", "refused", "refused", "walls"] == 1


def test_a_breakdown_is_counted_as_failed() -> None:
    with pytest.raises(ZeroDivisionError), Commands("walls", "broken").command("AcceptCase", "case-1"):
        raise ZeroDivisionError

    assert scraped()["linli_commands_total", "broken", "failed", "walls"] == 1
    assert traces.current() is None
