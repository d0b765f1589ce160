"""What is measured can be scraped, under names that stay."""

import platform
from datetime import UTC, datetime, timedelta

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families

from libs.telemetry import metrics, traces
from libs.telemetry.metrics.registry import Bounded
from libs.telemetry.traces import TraceSettings
from libs.testkit.eventually import eventually

OURS = ("server", "anonymous", "persons")


@pytest.fixture(autouse=True)
def _nobody_was_limited_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifty callers are counted by their names: tests of other files may have named them."""
    monkeypatch.setattr("libs.telemetry.metrics.rpcs._callers", Bounded(50, own=OURS))


def scraped() -> dict[tuple[str, ...], float]:
    """Every sample: (name, label values in order of label names) -> value."""
    families = text_string_to_metric_families(metrics.exposition().decode())
    samples = [sample for family in families for sample in family.samples]
    return {(s.name, *(s.labels[key] for key in sorted(s.labels))): s.value for s in samples}


def test_an_rpc_is_counted_by_its_code_and_timed() -> None:
    meter = metrics.rpc("/t.T/Rpc")

    meter("OK", 0.004)
    meter("OK", 0.2)
    meter("NOT_FOUND", 0.1)

    found = scraped()
    assert found["linli_rpc_total", "OK", "/t.T/Rpc"] == 2
    assert found["linli_rpc_total", "NOT_FOUND", "/t.T/Rpc"] == 1
    assert found["linli_rpc_seconds_count", "/t.T/Rpc"] == 3
    assert found["linli_rpc_seconds_bucket", "0.005", "/t.T/Rpc"] == 1


def test_a_stream_and_its_ledger_are_measured() -> None:
    metrics.handled("test", "case")("appended", 0.01)
    metrics.handled("test", "case")("refused", 0.01)
    ledger = metrics.appended("test", lambda: 3)
    ledger(12, 0.003, 480, 3)
    ledger.locked(0.02)
    ledger.conflicted("version")

    found = scraped()
    assert found["linli_commands_total", "case", "appended", "test"] == 1
    assert found["linli_append_events_sum", "test"] == 12
    assert found["linli_ledger_position", "test"] == 480
    assert found["linli_append_waiting", "test"] == 3
    assert found["linli_append_retries_total", "test"] == 2
    assert found["linli_append_lock_seconds_sum", "test"] == 0.02
    assert found["linli_append_conflicts_total", "version", "test"] == 1
    assert found["linli_append_conflicts_total", "handled", "test"] == 0


def test_whoever_follows_a_ledger_shows_position_lag_and_events() -> None:
    metrics.read("test", "projector")(470, 480, 8)

    found = scraped()
    assert found["linli_reader_position", "projector", "test"] == 470
    assert found["linli_reader_lag_positions", "projector", "test"] == 10
    assert found["linli_reader_events_total", "projector", "test"] == 8


def test_a_reader_that_is_ahead_of_the_head_it_saw_does_not_lag() -> None:
    metrics.read("test", "relay")(490, 480, 1)

    assert scraped()["linli_reader_lag_positions", "relay", "test"] == 0


def test_a_reader_that_stands_still_falls_behind_by_more_and_more_seconds() -> None:
    head = 480
    reader = metrics.read("still", "view.board", lambda: head)
    reader(480, 480, 1, datetime.now(UTC))
    level = late("still")

    head = 481
    eventually(lambda: late("still") > 0.01)
    reader(481, 481, 1, datetime.now(UTC))

    assert (level, late("still")) == (0, 0)


def test_a_reader_that_is_behind_says_how_old_its_last_event_is() -> None:
    reader = metrics.read("behind", "view.board", lambda: 900)

    reader(480, 900, 1, datetime.now(UTC) - timedelta(seconds=90))

    assert 90 <= late("behind") < 100


def test_a_reader_without_events_is_not_behind_because_nothing_happened_for_long() -> None:
    reader = metrics.read("idle", "view.board", lambda: 480)
    reader(480, 480, 1, datetime.now(UTC) - timedelta(days=3))

    assert late("idle") == 0


def test_who_follows_no_longer_leaves_no_figures_behind() -> None:
    reader = metrics.read("gone", "view.board", lambda: 900)
    reader(480, 900, 1)

    reader.close()
    reader.close()

    found = {name for name, *labels in scraped() if "gone" in labels}
    assert found == {"linli_reader_events_total"}


def late(service: str) -> float:
    return scraped()["linli_reader_lag_seconds", "view.board", service]


def test_parked_events_and_late_clocks_are_visible() -> None:
    metrics.parked("test", "catalog", 3)
    metrics.clock_fired("test", 0.2)
    metrics.clock_fired("test", -1.0)

    found = scraped()
    assert found["linli_parked_events", "test", "catalog"] == 3
    assert found["linli_clock_lateness_seconds_count", "test"] == 2
    assert found["linli_clock_lateness_seconds_sum", "test"] == 0.2


def test_the_process_itself_is_measured() -> None:
    assert ("process_resident_memory_bytes",) in scraped()


def test_the_release_that_runs_is_told() -> None:
    assert scraped()["linli_build_info", platform.python_version(), metrics.version()] == 1
    assert metrics.version()[0].isdigit()


def test_every_help_text_says_more_than_its_name() -> None:
    families = [f for f in text_string_to_metric_families(metrics.exposition().decode()) if "linli" in f.name]

    assert families
    assert [family.name for family in families if len(family.documentation.split()) < 7] == []


def test_no_series_says_when_another_one_began() -> None:
    metrics.handled("test", "case")("appended", 0.01)

    assert [name for name, *_ in scraped() if name.endswith("_created")] == []


OPEN_METRICS = "application/openmetrics-text;version=1.0.0;q=0.9,text/plain;version=0.0.4;q=0.1"


def exemplars() -> list[dict[str, str]]:
    content_type, body = metrics.exposed(OPEN_METRICS)
    assert content_type.startswith("application/openmetrics-text; version=1.0.0")
    families = open_metrics(body.decode())  # type: ignore[no-untyped-call] # the library's
    samples = [sample for family in families for sample in family.samples]
    return [dict(s.exemplar.labels) for s in samples if s.exemplar and s.labels.get("rpc") == "/t.T/Traced"]


def test_a_scraper_that_asks_for_it_is_led_from_a_slow_rpc_to_its_trace() -> None:
    traces.setup(TraceSettings(), InMemorySpanExporter())
    try:
        with traces.span("rpc") as span:
            metrics.rpc("/t.T/Traced")("OK", 0.2)
    finally:
        traces.shutdown()

    assert exemplars() == [{"trace_id": span.trace_id}]
    assert "# {" not in metrics.exposition().decode()


def test_a_trace_that_nobody_collects_is_no_exemplar() -> None:
    with traces.span("rpc"):
        metrics.rpc("/t.T/Uncollected")("OK", 0.2)

    assert "Uncollected" in metrics.exposed(OPEN_METRICS)[1].decode()
    assert {"trace_id": ""} not in exemplars()


@pytest.mark.parametrize("accept", ["", "*/*", "text/plain", "application/json", "\x00", "text/html;q=;;,"])
def test_whatever_a_scraper_accepts_it_gets_the_text_format(accept: str) -> None:
    content_type, body = metrics.exposed(accept)

    assert content_type.startswith("text/plain")
    assert b"linli_build_info" in body


def test_an_rpc_that_never_failed_is_told_so_that_its_first_failure_is_a_rise() -> None:
    metrics.rpc("/t.T/Fine")

    found = scraped()
    assert found["linli_rpc_total", "INTERNAL", "/t.T/Fine"] == 0
    assert found["linli_rpc_total", "OK", "/t.T/Fine"] == 0


def limited() -> set[str]:
    """Who is counted by name among those who were limited."""
    return {labels[0] for name, *labels in scraped() if name == "linli_rpc_limited_total"}


def test_callers_beyond_the_first_fifty_are_counted_together() -> None:
    before = limited()

    for number in range(1_000):
        metrics.limited(f"client-{number}", "streams")

    assert len(limited() - before) <= 54
    assert scraped()["linli_rpc_limited_total", "others", "streams"] >= 949


def test_the_server_and_persons_have_their_names_whoever_was_limited_before() -> None:
    for number in range(60):
        metrics.limited(f"client-{number}", "calls")

    for caller in OURS:
        before = scraped().get(("linli_rpc_limited_total", caller, "calls"), 0)
        metrics.limited(caller, "calls")
        assert scraped()["linli_rpc_limited_total", caller, "calls"] == before + 1


def test_a_relay_that_nobody_asked_to_publish_again_is_measured_at_0() -> None:
    published = metrics.publishes_again("unasked")

    assert scraped()["linli_relay_published_again_total", "unasked"] == 0
    published()
    assert scraped()["linli_relay_published_again_total", "unasked"] == 1


BOUNDED = {
    "channel": "declared",
    "service": "the five",
    "source": "the five",
    "rpc": "declared in the protos",
    "code": "of gRPC",
    "caller": "the first 50 and our own",
    "quota": "declared",
    "load": "declared",
    "category": "declared",
    "outcome": "declared",
    "reason": "declared",
    "reader": "views and neighbours",
    "view": "declared",
    "queue": "declared",
    "state": "declared",
    "setting": "declared",
    "cause": "declared",
    "version": "one",
    "python": "one",
    "trouble": "declared",
    "cell": "one",
}


def test_every_label_has_a_bound() -> None:
    families = text_string_to_metric_families(metrics.exposition().decode())
    labels = {name for f in families if f.name.startswith("linli_") for s in f.samples for name in s.labels}

    assert labels - {"le"} <= set(BOUNDED)


@pytest.mark.parametrize("accept", ["", "application/openmetrics-text"])
def test_everything_that_is_measured_names_the_cell_of_the_process(accept: str) -> None:
    """What is about the process, too: else one Prometheus would add up the cells that it scrapes."""
    metrics.cell("elm")
    try:
        told = metrics.exposed(accept)[1].decode()
    finally:
        metrics.cell("")

    lines = [line for line in told.splitlines() if not line.startswith("#")]
    assert len(lines) > 50
    assert [line for line in lines if 'cell="elm"' not in line] == []
    assert 'cell="elm"' not in metrics.exposition().decode()


def test_a_figure_counts_what_it_does_not_know_under_other() -> None:
    figure = metrics.Figure(
        name="test_matters", meaning="Matters that wait, of the tests.", labels={"state": ("new", "old")}
    )

    figure.tell({("new",): 3, ("Li Mei",): 1, ("adjourned",): 2})
    told = {key[1]: value for key, value in scraped().items() if key[0] == "linli_test_matters"}
    figure.forget()

    assert told == {"new": 3, "old": 0, "other": 3}
    assert "linli_test_matters{" not in metrics.exposition().decode()


def test_a_pool_shows_how_much_of_it_is_used() -> None:
    metrics.pool("test", lambda: {"pool_max": 10, "pool_size": 7, "pool_available": 3, "requests_waiting": 2})

    found = scraped()
    assert found["linli_pool_connections", "test", "used"] == 4
    assert found["linli_pool_connections", "test", "idle"] == 3
    assert (found["linli_pool_limit", "test"], found["linli_pool_waiting", "test"]) == (10, 2)
