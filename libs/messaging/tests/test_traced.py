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
from libs.telemetry import conventions, traces
from libs.telemetry.tests.receiver import receiving
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
    (reaction,) = [span for span in spans.get_finished_spans() if span.name == "process counter"]
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

    _exchange(town, broker, steps=2)

    told = [span for span in spans.get_finished_spans() if span.name == "publish linli.events"]
    assert len(told) >= 2
    assert {f"{span.context.trace_id:032x}" for span in told} == {rpc.trace_id}
    assert {f"{span.parent.span_id:016x}" for span in told if span.parent} == {rpc.span_id}
    added = [event.metadata.traceparent or "" for event in town.tally.ledger.read()]
    assert [traceparent[3:35] for traceparent in added] == [rpc.trace_id] * 2


def test_a_collector_gets_the_whole_trace_from_the_call_to_the_neighbours_append(
    town: Town, broker: str
) -> None:
    with receiving() as receiver:
        traces.setup(TraceSettings(exporter="otlp", endpoint=f"{receiver.endpoint}/v1/traces"))
        try:
            with conventions.served("linli.counter.v1.CounterService/Count", "") as rpc:
                context = replace(ALICE, traceparent=rpc.traceparent)
                town.counter.streams["counter"].handle("a", counter.Count(by=1), context)
            _exchange(town, broker, steps=1)
        finally:
            traces.shutdown()

    spans = {(span.name, span.about.get("db.namespace", "")): span for span in receiver.of(rpc.trace_id)}
    names = {span.span_id: span.name for span in spans.values()}
    above = {key: names.get(span.parent_id, "") for key, span in spans.items()}
    served = "linli.counter.v1.CounterService/Count"
    assert above == {
        (served, ""): "",
        ("counter.counter Count", ""): served,
        ("append stored_events", "counter"): "counter.counter Count",
        ("publish linli.events", ""): served,
        ("process counter", ""): served,
        ("append stored_events", "tally"): "process counter",
    }
    assert spans["publish linli.events", ""].about["messaging.system"] == "rabbitmq"
    assert spans["process counter", ""].about["messaging.consumer.group.name"] == "tally"


def _exchange(town: Town, broker: str, *, steps: int) -> None:
    """Publish what the counter has recorded, until the tally has taken so many steps."""
    to = Broker(BrokerSettings(url=broker, heartbeat=2.0))
    dsn = town.counter.settings.database_url.reveal()
    relay = Relay(town.counter.source, dsn, to, SIGNER, RelaySettings(heartbeat=0.2))
    publishing = WatchedThread("relay", relay.run, wake=relay.wake)
    with Listener(to, town) as listener:
        publishing.start()
        listener.until(lambda: len(town.steps()) == steps)
    assert publishing.close(20)
