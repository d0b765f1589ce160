"""Every piece of work has a valid trace, whether or not anybody collects it."""

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from libs.telemetry import traces
from libs.telemetry.traces import TraceSettings

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
UNSAMPLED = PARENT[:-2] + "00"


@pytest.fixture
def collected() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    traces.setup(TraceSettings(), exporter)
    yield exporter
    traces.shutdown()


def test_outside_of_all_work_there_is_no_trace() -> None:
    assert traces.traceparent() == ""
    assert traces.current() is None


def test_work_within_work_shares_the_trace_and_has_its_own_id() -> None:
    with traces.span("outer") as outer, traces.span("inner") as inner:
        assert traces.traceparent() == inner.traceparent
        assert inner.trace_id == outer.trace_id
        assert inner.span_id != outer.span_id

    assert traces.current() is None


@pytest.mark.parametrize("parent", [PARENT, UNSAMPLED])
def test_a_trace_goes_on_from_its_parent(parent: str) -> None:
    with traces.span("rpc", parent=parent) as span:
        assert span.trace_id == "0af7651916cd43dd8448eb211c80319c"
        assert span.span_id != "b7ad6b7169203331"
        assert span.traceparent[-2:] == parent[-2:]


@pytest.mark.parametrize(
    "parent",
    [
        "",
        "x",
        PARENT.upper(),
        PARENT + "\n",
        PARENT[:-1],
        "00-" + "0" * 32 + "-b7ad6b7169203331-01",
        "ff" + PARENT[2:],
    ],
)
def test_a_parent_that_is_none_begins_a_trace(parent: str) -> None:
    with traces.span("rpc", parent=parent) as span:
        assert traces.is_valid(span.traceparent)
        assert span.trace_id != "0af7651916cd43dd8448eb211c80319c"


def test_an_error_leaves_the_trace_as_it_was() -> None:
    with traces.span("outer") as outer:
        with pytest.raises(KeyError), traces.span("inner"):
            raise KeyError

        assert traces.current() is outer


def test_work_that_begins_by_itself_has_a_trace() -> None:
    assert traces.is_valid(traces.new_traceparent())
    assert traces.new_traceparent() != traces.new_traceparent()


def test_collected_spans_have_parents_facts_and_failures(collected: InMemorySpanExporter) -> None:
    with traces.span("linli.cases.v1.CasesService/OpenCase", parent=PARENT, kind="server") as rpc:
        with traces.span("append", about={"events": 3}) as append:
            append.set("position", 17)
        rpc.fail("CASE_IS_CLOSED")

    appended, served = collected.get_finished_spans()
    assert (appended.name, dict(appended.attributes or {})) == ("append", {"events": 3, "position": 17})
    assert appended.parent is not None
    assert served.parent is not None
    assert f"{appended.parent.span_id:016x}" == rpc.span_id
    assert f"{served.parent.span_id:016x}" == "b7ad6b7169203331"
    assert served.kind is SpanKind.SERVER
    assert (served.status.status_code, served.status.description) == (StatusCode.ERROR, "CASE_IS_CLOSED")


def test_an_exception_marks_the_span_without_its_message(collected: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="Mrs Li"), traces.span("append"):
        raise ValueError("Mrs Li, 12 Lamp Street")

    (span,) = collected.get_finished_spans()
    assert span.status.description == "ValueError"
    assert "Li" not in span.to_json()


def test_a_caller_who_does_not_sample_is_not_sampled(collected: InMemorySpanExporter) -> None:
    with traces.span("rpc", parent=UNSAMPLED) as span:
        assert span.traceparent.endswith("-00")
        assert traces.is_valid(span.traceparent)

    assert collected.get_finished_spans() == ()


def test_when_nothing_is_kept_traces_are_still_valid() -> None:
    traces.setup(TraceSettings(ratio=0.0), InMemorySpanExporter())
    try:
        with traces.span("rpc") as span:
            assert traces.is_valid(span.traceparent)
    finally:
        traces.shutdown()


@pytest.mark.parametrize(
    ("exporter", "told"),
    [("otlp-grpc", "needs the package opentelemetry-exporter-otlp-proto-grpc"), ("jaeger", "use otlp")],
)
def test_an_exporter_that_cannot_be_had_says_what_to_do(exporter: str, told: str) -> None:
    with pytest.raises(RuntimeError, match=told):
        traces.setup(TraceSettings(exporter=exporter))

    with traces.span("still fine") as span:
        assert traces.is_valid(span.traceparent)


def test_the_console_gets_spans_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    traces.setup(TraceSettings(exporter="console"))
    with traces.span("append"):
        pass
    traces.shutdown()

    assert '"name": "append"' in capsys.readouterr().err


def test_work_goes_on_where_the_sdk_is_disabled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    traces.setup(TraceSettings(), InMemorySpanExporter())
    try:
        with traces.span("rpc") as span:
            assert traces.is_valid(span.traceparent)
    finally:
        traces.shutdown()
