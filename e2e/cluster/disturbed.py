"""What happens to a release's pods while people work: some are deleted, evicted, added, taken away."""

import random
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from e2e.cluster.cluster import CommandFailed
from e2e.cluster.installation import Installation, until_none
from e2e.cluster.release import Release
from e2e.cluster.rolling import Step, until_rolled_out

_EVERY = 3.0
"""Seconds between two pods that are deleted."""
_DRAINED_FOR = 25
_HELD = "violate the pod's disruption budget"
_CALLED_WITHIN = 60.0
_SCALED_WITHIN = 120.0
_SOME = 5
_ANSWERED = "linli_rpc_seconds_count"
_ROLES = ("api", "server", "projector", "relay", "worker")


def while_pods_are_deleted(steps: Mapping[str, Step]) -> Mapping[str, Step]:
    """The same steps, with a pod of each role deleted during each of them, one every few seconds."""

    def deleting(step: Step) -> Step:
        def both(installation: Installation, chance: random.Random) -> str:
            with _deleting(installation, chance) as deleted:
                step(installation, chance)
            if not deleted:
                installation.silent.append("no pod was deleted meanwhile: nothing was tried")
            return f"{len(deleted)} pods deleted"

        return both

    return {f"{name}, while pods are deleted": deleting(step) for name, step in steps.items()}


@contextmanager
def _deleting(installation: Installation, chance: random.Random) -> Iterator[list[str]]:
    """Delete a pod every few seconds, one of each role: then they may come back."""
    deleted: list[str] = []
    stop = threading.Event()

    def work() -> None:
        for role in _ROLES:
            if stop.wait(_EVERY):
                return
            pods = [name for name in installation.release.running() if f"-{role}-" in name]
            if pods:
                deleted.append(chance.choice(pods))
                installation.release.kubectl(
                    "delete", "pod", deleted[-1], "--wait=false", "--ignore-not-found"
                )

    thread = threading.Thread(target=work, name="deletes pods", daemon=True)
    thread.start()
    try:
        yield deleted
    finally:
        stop.set()
        thread.join()


def drain(installation: Installation, _: random.Random) -> str:
    """Drain the only node: what has a budget keeps a pod, and the evicted ones wait until it is uncordoned.

    Its own PostgreSQL and RabbitMQ stay, as if they ran elsewhere.
    """
    release = installation.release
    evicted = f"{release.selector},linli/role in ({','.join(_ROLES)})"
    words = ("--pod-selector", evicted, "--delete-emptydir-data", f"--timeout={_DRAINED_FOR}s")
    [node] = release.cluster.get("nodes")
    name = node["metadata"]["name"]
    before = set(release.running())
    try:
        if not _held(release, name, words):
            installation.silent.append("the drain ended: no budget kept the last pod of an api")
        kept = before & set(release.running())
        installation.silent.extend(_without_pods(release, kept))
    finally:
        release.cluster.kubectl("uncordon", name)
    if kept == before:
        installation.silent.append("no pod was evicted: nothing was tried")
    until_rolled_out(installation)
    return f"{len(before - kept)} of {len(before)} pods evicted"


def _held(release: Release, node: str, words: Iterable[str]) -> bool:
    """Whether budgets keep a node from being drained."""
    try:
        release.cluster.kubectl("drain", node, *words)
    except CommandFailed as failed:
        if _HELD not in str(failed):
            raise
        return True
    return False


def _without_pods(release: Release, kept: set[str]) -> list[str]:
    """The budgets of which no pod is left, in words."""
    names = [each["metadata"]["name"] for each in release.get("poddisruptionbudgets")]
    return [
        f"{name}: its budget kept no pod"
        for name in names
        if not any(pod.startswith(f"{name}-") for pod in kept)
    ]


def scale(service: str, replicas: int) -> Step:
    """Give the api of a service so many replicas."""

    def step(installation: Installation, _: random.Random) -> str:
        deployment = _api(installation, service)
        installation.release.kubectl("scale", "deployment", deployment, f"--replicas={replicas}")
        return until_rolled_out(installation)

    return step


def until_replicas(service: str, at_least: int, at_most: int) -> Step:
    """Wait until somebody has given the api of a service so many replicas."""

    def step(installation: Installation, _: random.Random) -> str:
        name = _api(installation, service)

        def other() -> list[str]:
            [found] = installation.release.get("deployment", name)
            count = int(found["spec"]["replicas"])
            return [] if at_least <= count <= at_most else [f"{name} has {count} replicas"]

        until_none(other, f"{at_least} to {at_most} replicas", _SCALED_WITHIN)
        return until_rolled_out(installation)

    return step


def until_called(service: str) -> Step:
    """Wait until each pod of the api of a service has answered some calls since we looked."""

    def step(installation: Installation, _: random.Random) -> str:
        deployment = _api(installation, service)
        pods = [name for name in installation.release.running() if name.startswith(f"{deployment}-")]
        before = {pod: _answered(installation, pod) for pod in pods}
        until_none(
            lambda: [pod for pod in pods if _answered(installation, pod) < before[pod] + _SOME],
            "every pod is called",
            _CALLED_WITHIN,
        )
        return f"{len(pods)} pods are called"

    return step


def _api(installation: Installation, service: str) -> str:
    """The Deployment of a service's api."""
    return f"{installation.release.fullname}-{service}-api"


def _answered(installation: Installation, pod: str) -> float:
    """How many calls a pod has answered, as its metrics say."""
    release = installation.release
    path = f"/api/v1/namespaces/{release.namespace}/pods/https:{pod}:7480/proxy/metrics"
    found = release.cluster.kubectl("get", "--raw", path)
    lines = [line for line in found.splitlines() if line.startswith(_ANSWERED)]
    return sum(float(line.rpartition(" ")[2]) for line in lines)
