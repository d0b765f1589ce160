"""A release of the chart on a cluster, and its pods."""

import base64
import json
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
    chart: Path = CHART

    @property
    def fullname(self) -> str:
        """What the names of its objects begin with."""
        return self.name if "linli" in self.name else f"{self.name}-linli"

    def secret(self, name: str, key: str) -> bytes:
        """What a key of its Secret `<fullname>-<name>` holds."""
        [found] = self.get("secret", f"{self.fullname}-{name}")
        return base64.b64decode(found["data"][key])

    def install(self) -> float:
        """Install it; the seconds until everything was ready."""
        began = time.monotonic()
        self.cluster.helm("install", self.name, str(self.chart), *self._given(), *self._waiting())
        return time.monotonic() - began

    def upgrade(self, *values: str, wait: bool = True) -> None:
        """Upgrade it to what it is now, and to `values` (`name=value`); `wait` until everything is ready."""
        given = (*self._given(), *(word for value in values for word in ("--set", value)))
        self.cluster.helm("upgrade", self.name, str(self.chart), *given, *self._waiting(wait))

    def rollback(self, *, wait: bool = True) -> None:
        """Go back to what it was before the last upgrade."""
        self.cluster.helm("rollback", self.name, *self._waiting(wait))

    def is_the_one(self) -> bool:
        """Whether every Deployment is of this image, and not of that of another release."""
        image = f"{self.image}:{self.tag}"
        return all(image in json.dumps(each["spec"]) for each in self.get("deployments"))

    def _given(self) -> tuple[str, ...]:
        images = (f"image.repository={self.image}", f"image.tag={self.tag}")
        broker = f"evaluation.rabbitmq.image.tag={self.tag}"
        return ("-f", str(self.values), "--set", ",".join((*images, broker)))

    def _waiting(self, wait: bool = True) -> tuple[str, ...]:
        waiting = ("--wait", "--wait-for-jobs", "--timeout", _WITHIN) if wait else ()
        return ("-n", self.namespace, *waiting)

    def test(self) -> str:
        """Run the chart's own test; what it said."""
        return self.cluster.helm("test", self.name, "-n", self.namespace, "--logs", "--timeout", "5m")

    def kubectl(self, *words: str) -> str:
        """Run kubectl in its namespace."""
        return self.cluster.kubectl("-n", self.namespace, *words)

    def get(self, *words: str) -> list[dict[str, Any]]:
        """The objects that `kubectl get` finds in its namespace; kinds without a name: only its own."""
        own = ("-l", self.selector) if len(words) == 1 else ()
        return self.cluster.get(*words, "-n", self.namespace, *own)

    @property
    def selector(self) -> str:
        """By which its objects are selected."""
        return f"app.kubernetes.io/instance={self.name}"

    def pods(self) -> list[dict[str, Any]]:
        """Its pods, those of jobs included."""
        return self.get("pods")

    def postgresql(self) -> str:
        """What tells the pod of its own PostgreSQL from its successor."""
        [pod] = self.get("pod", f"{self.fullname}-postgresql-0")
        return str(pod["metadata"]["uid"])

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
