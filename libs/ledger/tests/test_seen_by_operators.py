"""What operators see of a ledger at work: spans in the caller's trace, outcomes and batches counted."""

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from libs.ledger.decider import Refusal
from libs.ledger.store.ledger import Ledger
from libs.ledger.tests.conftest import Mailboxes
from libs.ledger.tests.mailbox import Open, Put, context
from libs.telemetry import metrics, traces
from libs.telemetry.traces import TraceSettings


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    traces.setup(TraceSettings(), exporter)
    yield exporter
    traces.shutdown()


def test_a_command_and_its_append_are_spans_of_the_callers_trace(
    mailboxes: Mailboxes, spans: InMemorySpanExporter
) -> None:
    with traces.span("rpc") as rpc:
        mailboxes.handle("11", Open(owner="resident-1", name="Ada"), context())

    append, command, _ = spans.get_finished_spans()
    assert (append.name, command.name.split()[-1]) == ("append stored_events", "Open")
    assert append.parent is not None
    assert append.parent.span_id == command.context.span_id
    assert f"{command.context.trace_id:032x}" == rpc.trace_id
    assert "Ada" not in command.to_json()


def test_a_refusal_is_seen_with_its_code(mailboxes: Mailboxes, spans: InMemorySpanExporter) -> None:
    with pytest.raises(Refusal):
        mailboxes.handle("11", Put(letter="l-9"), context())

    (command,) = spans.get_finished_spans()
    assert command.status.description == "MAILBOX_UNKNOWN"


def test_commands_commits_and_the_head_are_counted(mailboxes: Mailboxes, ledger: Ledger) -> None:
    mailboxes.handle("11", Open(owner="resident-1", name="Ada"), context())

    text = metrics.exposition().decode()
    assert f'outcome="appended",service="{ledger.service}"' in text
    assert f'linli_append_events_count{{service="{ledger.service}"}}' in text
    assert f'linli_ledger_position{{service="{ledger.service}"}} {float(ledger.head())}' in text
