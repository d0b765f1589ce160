"""A reaction goes on with the trace of the command that caused its event."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from libs.messaging.broker import Broker, BrokerSettings
from libs.messaging.relay import Relay, RelaySettings
from libs.messaging.tests.listening import Listener
from libs.messaging.tests.town import ALICE, SIGNER, Town
from libs.runtime.host.threads import WatchedThread
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
        town.counter.streams["counter"].handle("a", counter.Count(by=1), context)

    town.inbox().handle(town.batch())

    (added,) = town.tally.ledger.read()
    (reaction,) = [span for span in spans.get_finished_spans() if "reacts to" in span.name]
    assert added.metadata.traceparent is not None
    assert added.metadata.traceparent[3:35] == f"{reaction.context.trace_id:032x}" == rpc.trace_id
    assert added.metadata.traceparent[36:52] == f"{reaction.context.span_id:016x}"
    assert reaction.parent is not None
    assert f"{reaction.parent.span_id:016x}" == rpc.span_id


def test_a_trace_crosses_the_broker(town: Town, spans: InMemorySpanExporter, broker: str) -> None:
    with traces.span("rpc") as rpc:
        context = replace(ALICE, traceparent=rpc.traceparent)
        for by in (1, 2):
            town.counter.streams["counter"].handle("a", counter.Count(by=by), context)
    to = Broker(BrokerSettings(url=broker, heartbeat=2.0))
    dsn = town.counter.settings.database_url.reveal()
    relay = Relay(town.counter.source, dsn, to, SIGNER, RelaySettings(heartbeat=0.2))
    publishing = WatchedThread("relay", relay.run, wake=relay.wake)

    with Listener(to, town) as listener:
        publishing.start()
        listener.until(lambda: len(town.steps()) == 2)
    assert publishing.close(20)

    told = [span for span in spans.get_finished_spans() if "publishes" in span.name]
    assert len(told) >= 2
    assert {f"{span.context.trace_id:032x}" for span in told} == {rpc.trace_id}
    assert {f"{span.parent.span_id:016x}" for span in told if span.parent} == {rpc.span_id}
    added = [event.metadata.traceparent or "" for event in town.tally.ledger.read()]
    assert [traceparent[3:35] for traceparent in added] == [rpc.trace_id] * 2
