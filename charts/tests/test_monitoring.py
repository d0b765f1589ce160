"""Rules, dashboards and what scrapes: all that the chart has, where it is wanted."""

import json

import pytest

from charts.reference import CHART
from charts.tests.rendered import documents, of_kind
from libs.telemetry.monitoring.cells import ANY, within


def test_monitoring_that_was_asked_for_never_vanishes_offline() -> None:
    assert of_kind(documents("monitored"), "ServiceMonitor")


def test_rules_and_dashboards_are_all_that_the_chart_has() -> None:
    on = ("--set", "monitoring.rules.enabled=true,monitoring.dashboards.enabled=true")
    found = documents("external", *on)

    assert set(of_kind(found, "PrometheusRule")) == {"elm-linli-linli"}
    [rule] = of_kind(found, "PrometheusRule").values()
    assert {group["name"] for group in rule["spec"]["groups"]} >= {"linli-recorded", "linli-alerts"}
    boards = {name for name in of_kind(found, "ConfigMap") if "dashboard" in name}
    files = {file.stem for file in (CHART / "dashboards").glob("*.json")}
    assert boards == {f"elm-linli-dashboard-{name}" for name in files}
    for name in boards:
        [(file, board)] = of_kind(found, "ConfigMap")[name]["data"].items()
        assert json.loads(board) == json.loads((CHART / "dashboards" / file).read_text())


def test_the_rules_of_a_release_are_of_its_own_cell_and_of_no_other() -> None:
    """Two releases in one Prometheus would record the same twice, and count each failed call as two."""
    on = ("--set", "monitoring.rules.enabled=true")
    for name, cell in (("external", "elm"), ("external-full", "songlin")):
        [rule] = of_kind(documents(name, *on), "PrometheusRule").values()
        expressions = [each["expr"] for group in rule["spec"]["groups"] for each in group["rules"]]
        ours = ANY.replace('=~".*"', f'="{cell}"')
        assert all(
            expr == within(expr.replace(f"{ours},", "").replace(ours, ""), ours) for expr in expressions
        )


def test_auto_follows_what_the_cluster_has() -> None:
    api = ("--api-versions", "monitoring.coreos.com/v1/ServiceMonitor")

    assert not of_kind(documents("external"), "ServiceMonitor")
    assert of_kind(documents("external", *api), "ServiceMonitor")


_ALL = "--api-versions=monitoring.coreos.com/v1/{}"
_THERE = (_ALL.format("ServiceMonitor"), _ALL.format("PrometheusRule"))


@pytest.mark.parametrize(
    ("part", "kind"), [("scrape", "ServiceMonitor"), ("rules", "PrometheusRule"), ("dashboards", "ConfigMap")]
)
def test_each_part_is_there_when_asked_for_absent_when_not_and_else_as_the_cluster_can(
    part: str, kind: str
) -> None:
    def made(*words: str) -> bool:
        found = of_kind(documents("own-secrets", "--set", "doctor.enabled=false", *words), kind)
        return bool(found)

    assert made("--set", f"monitoring.{part}.enabled=true")
    assert not made("--set", f"monitoring.{part}.enabled=false", *_THERE)
    assert made(*_THERE)
    assert not made()
