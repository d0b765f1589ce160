"""What alerts and dashboards name is measured, and each alert has its runbook."""

import re
from pathlib import Path

from libs.telemetry import metrics
from libs.telemetry.monitoring.alerts import ALERTS
from libs.telemetry.monitoring.dashboards import DASHBOARDS
from libs.telemetry.monitoring.symptoms import PROMISES

PAGE_AT = Path(__file__).parents[4] / "OPERATING.md"
PAGE = PAGE_AT.read_text("utf-8")
_COMMAND = re.compile(
    r"`(linli [\w<]|SELECT\s|curl |jq |kubectl |rabbitmq(ctl|-diagnostics) |chronyc |ls )|`identity\.\w"
    r"|`(\w+\()*linli_\w+"
)
"""What somebody can type: a command, a query of PostgreSQL or Prometheus, a page of a process."""
_METRIC = re.compile(r"\b((?:linli|process)_[a-z_]+)")
FIGURES = {
    *("linli_cases_open", "linli_cases_overdue", "linli_cases_unowned", "linli_cases_unlocated"),
    *("linli_webhooks", "linli_webhook_messages", "linli_data_incidents"),
}
"""Declared by services, which this room does not know; the scrape of a running platform has them."""


def measured() -> set[str]:
    """All names under which there are, or will be, samples."""
    text = metrics.exposition().decode()
    names = set(re.findall(r"^# TYPE (\w+)", text, re.MULTILINE)) | FIGURES
    histograms = set(re.findall(r"^# TYPE (\w+) histogram", text, re.MULTILINE))
    return names | {f"{name}_{part}" for name in histograms for part in ("bucket", "sum", "count")}


def test_every_metric_of_a_rule_is_measured() -> None:
    expressions = [alert.expr for alert in ALERTS]
    expressions += [rule.expr for promise in PROMISES for rule in promise.recorded()]

    named = {name for expr in expressions for name in _METRIC.findall(expr)}

    assert len(named) > 25
    assert named - measured() == set()


def test_every_metric_of_a_dashboard_is_measured() -> None:
    named = {name for board in DASHBOARDS for expr in board.expressions() for name in _METRIC.findall(expr)}

    assert len(named) > 35
    assert named - measured() == set()


def test_the_charts_scrape_keeps_our_label_service() -> None:
    """Else Prometheus calls it `exported_service`, and no rule by service finds anything."""
    scrape = (PAGE_AT.parent / "charts/linli/templates/monitoring.yaml").read_text("utf-8")

    assert scrape.partition("kind: ServiceMonitor")[2].partition("---")[0].count("honorLabels: true") == 1


def test_every_panel_says_what_it_means_when_it_rises() -> None:
    panels = [panel for board in DASHBOARDS for row in board.rows for panel in row.panels]

    assert [panel.title for panel in panels if len(panel.says.split()) < 3] == []


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    headings = re.findall(r"^### (Linli\w+)$", PAGE, re.MULTILINE)

    assert sorted(headings) == sorted({alert.runbook for alert in ALERTS})


def test_every_runbook_names_something_to_run() -> None:
    chapters = re.split(r"^### ", PAGE, flags=re.MULTILINE)
    runbooks = {book.partition("\n")[0]: book for book in chapters if book.startswith("Linli")}

    assert [name for name, book in runbooks.items() if not _COMMAND.search(book)] == []


def test_operators_are_told_only_of_what_is_measured() -> None:
    named = set(re.findall(r"`((?:linli|process)_\w+)`", PAGE))

    assert len(named) > 10
    assert {name for name in named if not name.startswith("linli_dot")} - measured() == set()
