"""The standard OTEL_* variables say where spans go, which are kept, and who sends them."""

from collections.abc import Iterator

import pytest
from opentelemetry.semconv._incubating.attributes import messaging_attributes, rpc_attributes
from opentelemetry.semconv.attributes import db_attributes, error_attributes

from libs.telemetry import conventions, otel, traces
from libs.telemetry.tests.receiver import Receiver, receiving
from libs.telemetry.traces import TraceSettings

OURS = "00-0af7651916cd43dd0000000000000001-b7ad6b7169203331-01"
"""Kept by its id, however few are."""
NOT_OURS = "00-0af7651916cd43ddffffffffffffffff-b7ad6b7169203331-01"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made
    traces.shutdown()


@pytest.mark.parametrize(
    ("environ", "asked"),
    [
        ({}, ""),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, "otlp"),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, "otlp"),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            "otlp-grpc",
        ),
        ({"OTEL_TRACES_EXPORTER": "console"}, "console"),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, ""),
        ({"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, ""),
    ],
)
def test_the_standard_variables_choose_the_exporter(environ: dict[str, str], asked: str) -> None:
    assert otel.exporter_asked(environ) == asked


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "OTEL_TRACES_EXPORTER: 'zipkin'"),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"}, "http/protobuf, grpc"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(environ: dict[str, str], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        otel.exporter_asked(environ)


def test_spans_go_to_the_collector_with_its_headers_and_the_name_of_the_service(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-team=sre")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "service.name=our-cases,deployment.environment.name=test")
    traces.setup(TraceSettings(resource={"service.version": "1"}, exporter="otlp"))

    with traces.span("work"):
        pass
    traces.shutdown()

    (span,) = receiver.spans
    assert receiver.headers["x-team"] == "sre"
    assert span.resource["service.name"] == "our-cases"
    assert span.resource["deployment.environment.name"] == "test"
    assert span.resource["service.version"] == "1"


def test_the_standard_sampler_counts_where_no_ratio_is_set(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    traces.setup(TraceSettings(exporter="otlp", endpoint=f"{receiver.endpoint}/v1/traces"))

    with traces.span("work"):
        pass
    traces.shutdown()

    assert receiver.spans == []


def test_callers_who_want_everything_kept_do_not_decide_how_much_is(receiver: Receiver) -> None:
    traces.setup(TraceSettings(exporter="otlp", endpoint=f"{receiver.endpoint}/v1/traces", ratio=0.01))

    for parent in (OURS, NOT_OURS):
        with traces.span("rpc", parent=parent), traces.span("append"):
            pass
    traces.shutdown()

    assert [span.trace_id for span in receiver.spans] == [OURS[3:35]] * 2


def test_a_collector_that_is_away_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    traces.setup(TraceSettings(exporter="otlp", endpoint="http://127.0.0.1:1/v1/traces"))

    with traces.span("work") as span:
        assert traces.is_valid(span.traceparent)
    traces.shutdown()


def test_names_are_those_of_the_conventions() -> None:
    standard = {
        value
        for module in (db_attributes, error_attributes, messaging_attributes, rpc_attributes)
        for name, value in vars(module).items()
        if name.isupper()
    }
    ours = {value for name, value in vars(conventions).items() if name.isupper() and not name.startswith("_")}

    assert {name for name in ours if not name.startswith("linli.")} <= standard
    assert len(ours) > 12
