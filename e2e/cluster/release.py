"""A release of the chart on a cluster, and its pods."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from e2e.cluster.cluster import Cluster
from e2e.cluster.place import ROOT

CHART = ROOT / "charts" / "linli"
_WITHIN = "15m"
_DONE = ("Succeeded", "Failed")


@dataclass(frozen=True, slots=True)
class Release:
    """One release, in a namespace of its own."""

    cluster: Cluster
    namespace: str
    name: str
    values: Path
    image: str
    tag: str = ""

    def install(self) -> float:
        """Install it; the seconds until everything was ready."""
        began = time.monotonic()
        images = (
            f"image.repository={self.image},image.tag={self.tag},evaluation.rabbitmq.image.tag={self.tag}"
        )
        given = ("-f", str(self.values), "--set", images)
        waiting = ("-n", self.namespace, "--wait", "--wait-for-jobs", "--timeout", _WITHIN)
        self.cluster.helm("install", self.name, str(CHART), *given, *waiting)
        return time.monotonic() - began

    def test(self) -> str:
        """Run the chart's own test; what it said."""
        return self.cluster.helm("test", self.name, "-n", self.namespace, "--logs", "--timeout", "5m")

    def kubectl(self, *words: str) -> str:
        """Run kubectl in its namespace."""
        return self.cluster.kubectl("-n", self.namespace, *words)

    def pods(self) -> list[dict[str, Any]]:
        """Its pods, those of jobs included."""
        return self.cluster.get("pods", "-n", self.namespace, "-l", f"app.kubernetes.io/instance={self.name}")

    def running(self) -> list[str]:
        """The names of those that run, and are not about to go."""
        return [
            pod["metadata"]["name"]
            for pod in self.pods()
            if pod["status"]["phase"] == "Running" and "deletionTimestamp" not in pod["metadata"]
        ]

    def unready(self) -> Iterator[str]:
        """Which pods are not ready."""
        for pod in self.pods():
            ready = [each["ready"] for each in pod["status"].get("containerStatuses", ())]
            if pod["status"]["phase"] not in _DONE and not (ready and all(ready)):
                yield pod["metadata"]["name"]
