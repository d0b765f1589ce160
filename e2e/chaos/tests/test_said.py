"""What a process says is heard, and what it keeps silent about is noted."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.chaos.said import Said, expect
from libs.runtime.cluster.supervised import Supervised
from libs.telemetry import metrics
from libs.telemetry.http import Endpoint


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """The probes of a process that has something to complain of."""
    checks = {"cases.ledger": lambda: "takes no events", "process": lambda: ""}
    endpoint = Endpoint("127.0.0.1:0", checks=checks)
    endpoint.start()
    yield endpoint
    endpoint.stop()


@pytest.fixture
def said(endpoint: Endpoint, tmp_path: Path) -> Said:
    log = tmp_path / "log"
    log.write_text("an old line about keys\n", "utf-8")
    return Said(Supervised("cases server", ["linli"], {}, log=log, http=f"127.0.0.1:{endpoint.port}"))


def test_the_checks_that_fail_are_heard_and_no_others(said: Said) -> None:
    assert said.unready() == "cases.ledger: takes no events"


def test_a_process_that_does_not_answer_says_nothing(endpoint: Endpoint, said: Said) -> None:
    endpoint.stop()

    assert said.unready() == ""
    assert said.metric("linli_parked_events") == 0.0


def test_a_metric_is_read_by_its_name_and_its_labels(said: Said) -> None:
    metrics.clocks_paused("said-here", paused=True)
    metrics.clocks_paused("said-there", paused=False)

    assert said.metric("linli_clocks_paused", service="said-here") == 1.0
    assert said.metric("linli_clocks_paused", service="said-there") == 0.0
    assert said.metric("linli_clocks", service="said-here") == 0.0


def test_only_what_is_logged_from_now_on_is_heard_and_whole_lines_of_it(said: Said) -> None:
    with said.process.log.open("a") as log:
        log.write("the clocks are paused\nthe clocks go on\n")

    assert said.logged("clocks", "paused")
    assert not said.logged("paused", "go on")
    assert not said.logged("keys")


def test_who_does_not_say_what_is_wrong_is_found() -> None:
    silent: list[str] = []

    expect(silent, "cases is read-only", lambda: False, seconds=0.01)
    expect(silent, "cases has another clock", lambda: True)

    assert silent == ["nobody was told: cases is read-only"]
