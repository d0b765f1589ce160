"""Debian's Prometheus scrapes the cluster, and finds what the rules and dashboards of the chart ask for."""

from typing import Any

import pytest

from e2e.cluster.callers import Callers
from e2e.cluster.given import Given
from e2e.cluster.prometheus import Prometheus, started
from e2e.journeys.measured import named
from libs.telemetry.monitoring.alerts import ALERTS
from libs.testkit.eventually import eventually

pytestmark = [pytest.mark.cluster, pytest.mark.process, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def prometheus(given: Given, callers: Callers) -> Prometheus:
    """It runs beside the release."""
    return started(given.outside, given.reader, callers.roots.decode())


def test_every_process_is_scraped(given: Given, prometheus: Prometheus) -> None:
    pods = len(given.release.running())

    eventually(lambda: prometheus.scrapes() == ["up"] * pods, "every process is scraped", seconds=60)


def test_the_shipped_rules_are_evaluated_without_an_error(prometheus: Prometheus) -> None:
    rules = eventually(lambda: evaluated(prometheus), "every rule was evaluated", seconds=120)

    assert [rule for rule in rules if rule["health"] != "ok" or rule.get("lastError")] == []
    assert len(rules) > len(ALERTS)


def evaluated(prometheus: Prometheus) -> list[dict[str, Any]]:
    """All rules, once each of them was evaluated."""
    rules = [rule for group in prometheus.asked("rules")["groups"] for rule in group["rules"]]
    return [] if any(rule["health"] == "unknown" for rule in rules) else rules


def test_every_metric_that_rules_and_dashboards_name_is_in_the_scrape(prometheus: Prometheus) -> None:
    eventually(lambda: all_measured(prometheus), seconds=60)


def all_measured(prometheus: Prometheus) -> bool:
    missing = named() - set(prometheus.asked("label/__name__/values"))
    assert not missing, f"not measured: {sorted(missing)}"
    return True
