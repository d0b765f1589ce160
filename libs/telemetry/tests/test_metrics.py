"""What is measured can be scraped, under names that stay."""

import platform

from prometheus_client.parser import text_string_to_metric_families

from libs.telemetry import metrics


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
    metrics.appended("test")(12, 0.003, 480)

    found = scraped()
    assert found["linli_commands_total", "case", "appended", "test"] == 1
    assert found["linli_append_events_sum", "test"] == 12
    assert found["linli_ledger_position", "test"] == 480


def test_whoever_follows_a_ledger_shows_position_lag_and_events() -> None:
    metrics.read("test", "projector")(470, 480, 8)

    found = scraped()
    assert found["linli_reader_position", "projector", "test"] == 470
    assert found["linli_reader_lag_positions", "projector", "test"] == 10
    assert found["linli_reader_events_total", "projector", "test"] == 8


def test_a_reader_that_is_ahead_of_the_head_it_saw_does_not_lag() -> None:
    metrics.read("test", "relay")(490, 480, 1)

    assert scraped()["linli_reader_lag_positions", "relay", "test"] == 0


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
