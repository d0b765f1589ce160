"""What running processes measure, as Prometheus scrapes it, against what rules and dashboards name."""

import re
import urllib.request
from collections.abc import Iterable

from libs.telemetry.monitoring.alerts import ALERTS
from libs.telemetry.monitoring.dashboards import DASHBOARDS
from libs.telemetry.monitoring.symptoms import PROMISES
from libs.testkit import patience

OPEN_METRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
_NAME = re.compile(r"\b((?:linli|process)_[a-z_]+)")


def named() -> set[str]:
    """All metrics that a rule or a dashboard asks for."""
    asked = [alert.expr for alert in ALERTS]
    asked += [rule.expr for promise in PROMISES for rule in promise.recorded()]
    asked += [expr for board in DASHBOARDS for expr in board.expressions()]
    return {name for expr in asked for name in _NAME.findall(expr)}


def sampled(urls: Iterable[str]) -> set[str]:
    """The metrics of which these processes have samples now."""
    return {line for url in urls for line in re.findall(r"^(\w+)[{ ]", scraped(url), re.MULTILINE)}


def scraped(url: str) -> str:
    """What a process answers to a scrape."""
    request = urllib.request.Request(f"{url}/metrics", headers={"Accept": OPEN_METRICS})  # noqa: S310  # loopback
    with urllib.request.urlopen(request, timeout=patience.seconds(20)) as answer:  # noqa: S310  # loopback
        return str(answer.read().decode())
