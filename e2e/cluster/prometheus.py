"""Debian's Prometheus beside a release, with the guide's configuration and the rules that the chart ships."""

import json
import time
from dataclasses import dataclass
from typing import Any

from e2e.cluster.guide import Reader, blocks
from e2e.cluster.outside import Outside
from e2e.cluster.release import CHART
from libs.testkit.eventually import eventually

_HEADING = "Scrape it without the Prometheus operator"
_EVERY = "5s"


@dataclass(frozen=True, slots=True)
class Prometheus:
    """It runs as a pod of `outside`."""

    outside: Outside

    def asked(self, what: str) -> Any:
        """What it answers, by way of the API server."""
        where = f"/api/v1/namespaces/{self.outside.namespace}/pods/prometheus:9090/proxy/api/v1/{what}"
        return json.loads(self.outside.cluster.kubectl("get", "--raw", where))["data"]

    def scrapes(self) -> list[str]:
        """How each process was that it scraped last."""
        return [target["health"] for target in self.asked("targets")["activeTargets"]]

    def raised(self) -> set[str]:
        """The alerts of which the condition holds; they fire if it holds for as long as the rule says."""
        return {each["labels"]["alertname"] for each in self.asked("alerts")["alerts"]}

    def until_raised(self, *names: str, seconds: float = 180) -> None:
        """Wait for one of these alerts."""
        began = time.monotonic()
        found = eventually(lambda: self.raised() & {*names}, f"{' or '.join(names)}", seconds=seconds)
        print(f"{', '.join(sorted(found))} after {time.monotonic() - began:.0f} s")


def started(outside: Outside, reader: Reader, authority: str) -> Prometheus:
    """Start it; it only asks more often than the guide says. `authority`: of the processes' certificates."""
    [configured] = blocks(_HEADING, "yaml")
    often = f"scrape_interval: {_EVERY}, evaluation_interval: {_EVERY}"
    outside.files(
        "prometheus",
        {
            "prometheus.yml": reader.at_home(configured).replace("scrape_interval: 30s", often),
            "linli.yaml": (CHART / "rules" / "linli.yaml").read_text("utf-8"),
            "ca.crt": authority,
        },
    )
    outside.start("prometheus")
    return Prometheus(outside)
