"""Each alert fires on its fault and is silent otherwise: judged by Prometheus' own tool."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from libs.telemetry.monitoring.__main__ import stale
from libs.telemetry.monitoring.alerts import ALERTS
from libs.telemetry.monitoring.rules import rules
from libs.telemetry.monitoring.tests.faults import FAULTS, LITTLE_TRAFFIC, Fault
from libs.testkit.promtool import promtool

pytestmark = pytest.mark.process

BURNING = [alert for alert in ALERTS if alert.name.startswith("LinliRpc")]
"""Those of the promises."""


def test_what_lies_in_the_chart_is_what_the_code_makes() -> None:
    assert stale() == []


def test_every_alert_has_a_fault_that_shows_it() -> None:
    assert list(FAULTS) == [alert.name for alert in ALERTS]


def test_prometheus_reads_the_rules(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(rules(), "utf-8")

    assert "rules found" in run("check", "rules", str(file))


@pytest.mark.parametrize("promises", [True, False], ids=["promises", "other alerts"])
def test_each_alert_fires_on_its_fault_and_not_on_a_good_day(tmp_path: Path, promises: bool) -> None:
    tests = []
    for alert in (each for each in ALERTS if (each in BURNING) is promises):
        fault = FAULTS[alert.name]
        fired = {"exp_labels": {**fault.labels, "severity": alert.severity}}
        tests.append(judged(alert.name, fault, fault.bad, [fired]))
        tests.append(judged(alert.name, fault, fault.good, []))

    assert "SUCCESS" in examined(tmp_path, tests, promises=promises)


def test_one_failed_call_of_a_few_wakes_nobody(tmp_path: Path) -> None:
    fault = Fault(bad=LITTLE_TRAFFIC, good={}, at=70)

    tests = [judged(name, fault, fault.bad, []) for name in ("LinliRpcErrorsFast", "LinliRpcErrorsSlowly")]

    assert "SUCCESS" in examined(tmp_path, tests, promises=True)


def test_a_rule_that_does_not_fire_is_found_out(tmp_path: Path) -> None:
    fault = FAULTS["LinliClocksPaused"]
    wrong = judged("LinliClocksPaused", fault, fault.bad, [])

    with pytest.raises(AssertionError, match="LinliClocksPaused"):
        examined(tmp_path, [wrong], promises=False)


def judged(name: str, fault: Fault, series: dict[str, str], fires: list[dict[str, Any]]) -> dict[str, Any]:
    """A case for promtool; of what an alert says only the labels are compared."""
    annotated = [{**each, "exp_annotations": annotations(name, each["exp_labels"])} for each in fires]
    return {
        "interval": "1m",
        "input_series": [{"series": key, "values": values} for key, values in series.items()],
        "alert_rule_test": [{"eval_time": f"{fault.at}m", "alertname": name, "exp_alerts": annotated}],
    }


def annotations(name: str, labels: dict[str, str]) -> dict[str, str]:
    """What the alert says, with the labels filled in."""
    (alert,) = [each for each in ALERTS if each.name == name]
    says = alert.says
    for label, value in labels.items():
        says = says.replace("{{ $labels." + label + " }}", value)
    return {"summary": says, "runbook": f"OPERATING.md#{alert.runbook.lower()}"}


def examined(folder: Path, tests: list[dict[str, Any]], *, promises: bool) -> str:
    """What promtool says of cases (JSON is YAML), of those rules alone: it evaluates all for each case."""
    file = folder / "rules.yaml"
    others = [alert for alert in ALERTS if alert not in BURNING]
    file.write_text(rules(alerts=BURNING) if promises else rules((), others), "utf-8")
    told = {"rule_files": [str(file)], "evaluation_interval": "1m", "tests": tests}
    cases = folder / "tests.json"
    cases.write_text(json.dumps(told), "utf-8")
    return run("test", "rules", str(cases))


def run(*words: str) -> str:
    ended = subprocess.run([promtool(), *words], capture_output=True, text=True, check=False, timeout=250)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout
