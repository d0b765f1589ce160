"""Each alert fires on its fault and is silent otherwise: judged by Prometheus' own tool."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from libs.telemetry.monitoring.__main__ import stale
from libs.telemetry.monitoring.alerts import ALERTS
from libs.telemetry.monitoring.cells import ANY, within
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
def test_each_alert_fires_for_the_cell_that_has_the_fault_and_not_on_a_good_day(
    tmp_path: Path, promises: bool
) -> None:
    tests = []
    for alert in (each for each in ALERTS if (each in BURNING) is promises):
        fault = FAULTS[alert.name]
        good = {**of_cell("elm", fault.good), **of_cell("oak", fault.good)}
        tests.append(judged(alert.name, fault, one_bad(fault), [fired(alert.name, "elm")]))
        tests.append(judged(alert.name, fault, good, []))

    assert "SUCCESS" in examined(tmp_path, tests, promises=promises)


def test_a_prometheus_that_never_saw_a_process_says_so(tmp_path: Path) -> None:
    fault = Fault(bad={"up": "0x60"}, good={}, labels={})
    alarm = fired("LinliNothingMeasured", "")
    del alarm["exp_labels"]["cell"]

    assert "SUCCESS" in examined(
        tmp_path, [judged("LinliNothingMeasured", fault, fault.bad, [alarm])], promises=False
    )


def test_the_rules_of_two_releases_in_one_prometheus_record_and_raise_nothing_twice(tmp_path: Path) -> None:
    """Each chart brings the rules for its own cell."""
    for cell in ("elm", "oak"):
        text = rules(alerts=BURNING).replace(ANY, f'cell="{cell}"')
        (tmp_path / f"{cell}.yaml").write_text(text, "utf-8")
    fault = FAULTS["LinliRpcErrorsFast"]
    series = {**of_cell("oak", fault.good), **of_cell("elm", fault.bad)}
    test = judged("LinliRpcErrorsFast", fault, series, [fired("LinliRpcErrorsFast", "elm")])
    recorded: dict[str, Any] = {"expr": "count by (cell) (linli:rpc_all:rate5m)", "eval_time": "40m"}
    recorded["exp_samples"] = [{"labels": f'{{cell="{cell}"}}', "value": 1} for cell in ("elm", "oak")]
    test["promql_expr_test"] = [recorded]
    files = [str(tmp_path / f"{cell}.yaml") for cell in ("elm", "oak")]

    assert "SUCCESS" in promtool_test(tmp_path, files, [test])


def test_every_selector_of_a_rule_names_the_cell() -> None:
    """Else a sum would be of all cells that Prometheus knows."""
    for line in rules().splitlines():
        if line.strip().startswith("expr:"):
            assert line == within(line.replace(f"{ANY},", "").replace(ANY, ""), ANY)


def test_one_failed_call_of_a_few_wakes_nobody(tmp_path: Path) -> None:
    fault = Fault(bad=LITTLE_TRAFFIC, good={}, at=70)

    tests = [judged(name, fault, fault.bad, []) for name in ("LinliRpcErrorsFast", "LinliRpcErrorsSlowly")]

    assert "SUCCESS" in examined(tmp_path, tests, promises=True)


def test_a_rule_that_does_not_fire_is_found_out(tmp_path: Path) -> None:
    fault = FAULTS["LinliClocksPaused"]
    wrong = judged("LinliClocksPaused", fault, one_bad(fault), [])

    with pytest.raises(AssertionError, match="LinliClocksPaused"):
        examined(tmp_path, [wrong], promises=False)


def of_cell(cell: str, series: dict[str, str]) -> dict[str, str]:
    """The series as a cell's processes tell them."""
    return {within(key, f'cell="{cell}"'): values for key, values in series.items()}


def one_bad(fault: Fault) -> dict[str, str]:
    """The fault is in elm, and all is well in oak."""
    return {**of_cell("oak", fault.good), **of_cell("elm", fault.bad)}


def fired(name: str, cell: str) -> dict[str, Any]:
    """The alert with its labels."""
    (alert,) = [each for each in ALERTS if each.name == name]
    return {"exp_labels": {"cell": cell, **FAULTS[name].labels, "severity": alert.severity}}


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
    says = f"{labels.get('cell', '')}: {alert.says}"
    for label, value in labels.items():
        says = says.replace("{{ $labels." + label + " }}", value)
    return {"summary": says, "runbook": f"OPERATING.md#{alert.runbook.lower()}"}


def examined(folder: Path, tests: list[dict[str, Any]], *, promises: bool) -> str:
    """What promtool says of cases (JSON is YAML), of those rules alone: it evaluates all for each case."""
    file = folder / "rules.yaml"
    others = [alert for alert in ALERTS if alert not in BURNING]
    file.write_text(rules(alerts=BURNING) if promises else rules((), others), "utf-8")
    return promtool_test(folder, [str(file)], tests)


def promtool_test(folder: Path, files: list[str], tests: list[dict[str, Any]]) -> str:
    """What promtool says of cases under the rules of some files."""
    told = {"rule_files": files, "evaluation_interval": "1m", "tests": tests}
    cases = folder / "tests.json"
    cases.write_text(json.dumps(told), "utf-8")
    return run("test", "rules", str(cases))


def run(*words: str) -> str:
    ended = subprocess.run([promtool(), *words], capture_output=True, text=True, check=False, timeout=250)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout
