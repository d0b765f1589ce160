"""A reaction goes on with the trace of the command that caused its event."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from libs.messaging.tests.town import ALICE, Town
from libs.runtime.tests.example import counter
from libs.telemetry import traces
from libs.telemetry.traces import TraceSettings


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    traces.setup(TraceSettings(), exporter)
    yield exporter
    traces.shutdown()


def test_command_event_and_reaction_are_one_trace(town: Town, spans: InMemorySpanExporter) -> None:
    with traces.span("rpc") as rpc:
        context = replace(ALICE, traceparent=rpc.traceparent)
        town.counter.parts.streams["counter"].handle("a", counter.Count(by=1), context)

    town.inbox().handle(town.batch())

    (added,) = town.tally.ledger.read()
    (reaction,) = [span for span in spans.get_finished_spans() if "reacts to" in span.name]
    assert added.metadata.traceparent is not None
    assert added.metadata.traceparent[3:35] == f"{reaction.context.trace_id:032x}" == rpc.trace_id
    assert added.metadata.traceparent[36:52] == f"{reaction.context.span_id:016x}"
    assert reaction.parent is not None
    assert f"{reaction.parent.span_id:016x}" == rpc.span_id
