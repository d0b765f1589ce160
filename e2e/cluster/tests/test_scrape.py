"""Debian's Prometheus scrapes the cluster, and finds what the rules and dashboards of the chart ask for."""

import json
from typing import Any

import pytest

from e2e.cluster.callers import Callers
from e2e.cluster.given import Given
from e2e.cluster.guide import blocks
from e2e.cluster.release import CHART
from e2e.journeys.measured import named
from libs.telemetry.monitoring.alerts import ALERTS
from libs.testkit.eventually import eventually

HEADING = "Scrape it without the Prometheus operator"
pytestmark = [pytest.mark.cluster, pytest.mark.process, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def prometheus(given: Given, callers: Callers) -> Given:
    """It runs with the guide's own configuration, which only asks more often."""
    [configured] = blocks(HEADING, "yaml")
    given.outside.files(
        "prometheus",
        {
            "prometheus.yml": given.reader.at_home(configured).replace("30s", "5s"),
            "linli.yaml": (CHART / "rules" / "linli.yaml").read_text("utf-8"),
            "ca.crt": callers.roots.decode(),
        },
    )
    given.outside.start("prometheus")
    return given


def test_every_process_is_scraped(prometheus: Given) -> None:
    pods = len(prometheus.release.running())

    eventually(lambda: scraped(prometheus) == ["up"] * pods, "every process is scraped", seconds=60)


def scraped(given: Given) -> list[str]:
    return [target["health"] for target in asked(given, "targets")["activeTargets"]]


def test_the_shipped_rules_are_evaluated_without_an_error(prometheus: Given) -> None:
    rules = eventually(lambda: evaluated(prometheus), "every rule was evaluated", seconds=120)

    assert [rule for rule in rules if rule["health"] != "ok" or rule.get("lastError")] == []
    assert len(rules) > len(ALERTS)


def evaluated(given: Given) -> list[dict[str, Any]]:
    """All rules, once each of them was evaluated."""
    rules = [rule for group in asked(given, "rules")["groups"] for rule in group["rules"]]
    return [] if any(rule["health"] == "unknown" for rule in rules) else rules


def test_every_metric_that_rules_and_dashboards_name_is_in_the_scrape(prometheus: Given) -> None:
    eventually(lambda: all_measured(prometheus), seconds=60)


def all_measured(given: Given) -> bool:
    missing = named() - set(asked(given, "label/__name__/values"))
    assert not missing, f"not measured: {sorted(missing)}"
    return True


def asked(given: Given, what: str) -> Any:
    """What Prometheus answers, by way of the API server."""
    where = f"/api/v1/namespaces/{given.outside.namespace}/pods/prometheus:9090/proxy/api/v1/{what}"
    return json.loads(given.outside.cluster.kubectl("get", "--raw", where))["data"]
