"""An upgrade as an operator makes it, and a rollback, with both releases at work side by side meanwhile."""

import random
import time
from collections.abc import Callable, Mapping
from typing import Any

from e2e.cluster.installation import Installation, seen, until_none
from e2e.cluster.release import Release

Step = Callable[[Installation, random.Random], str]
"""Does something, and answers what that hit."""

Workload = Mapping[str, Any]
_MIXED = 5.0
"""Seconds for which two releases work side by side."""
_ROLLED_OUT_WITHIN = 240.0


def upgrade(to: Release) -> Mapping[str, Step]:
    """The steps to another release: it starts beside the old one, works with it, and is alone."""

    def begin(installation: Installation, _: random.Random) -> str:
        to.upgrade(wait=False)
        _renew_broker(to)
        return _side_by_side(installation)

    return {f"{to.image} starts beside": begin, **_to_the_end(to.image)}


def _renew_broker(release: Release) -> None:
    """Delete the pod of its own RabbitMQ if it is another release's, as the guide says: rights may differ."""
    name = f"{release.fullname}-rabbitmq"
    until_none(
        lambda: [name for each in release.get("statefulset", name) if not seen(each)],
        "RabbitMQ's newest pod is known",
        seconds=60,
    )
    [broker], [pod] = release.get("statefulset", name), release.get("pod", f"{name}-0")
    if pod["metadata"]["labels"]["controller-revision-hash"] != broker["status"]["updateRevision"]:
        release.kubectl("delete", "pod", f"{name}-0")


def rollback() -> Mapping[str, Step]:
    """The steps back, to what the release was before its last upgrade."""

    def begin(installation: Installation, _: random.Random) -> str:
        installation.release.rollback(wait=False)
        return _side_by_side(installation)

    return {"the release before starts beside": begin, **_to_the_end("the release before")}


def _to_the_end(name: str) -> Mapping[str, Step]:
    def end(installation: Installation, _: random.Random) -> str:
        installation.release.kubectl("rollout", "resume", "deployment", "-l", installation.release.selector)
        return until_rolled_out(installation)

    return {
        f"{name} works beside the other": lambda installation, _: _wait(installation),
        f"{name} is alone": end,
    }


def _side_by_side(installation: Installation) -> str:
    """Let one pod of each Deployment be replaced, and no more: both releases are at work.

    Of one replica the old pod may be gone by then.
    """
    release = installation.release
    until_none(lambda: _of(release, lambda each: not _begun(each)), "new pods are made", seconds=60)
    release.kubectl("rollout", "pause", "deployment", "-l", release.selector)
    until_none(installation.unready, "the new pods are ready beside the old ones", _ROLLED_OUT_WITHIN)
    return f"{len(release.running())} pods"


def _wait(installation: Installation) -> str:
    time.sleep(_MIXED)
    return f"{len(installation.release.running())} pods"


def until_rolled_out(installation: Installation) -> str:
    """Wait until every Deployment has nothing but its newest pods, all ready."""
    release = installation.release
    until_none(
        lambda: _of(release, lambda each: not _rolled_out(each)),
        "everything is rolled out",
        _ROLLED_OUT_WITHIN,
    )
    return f"{len(release.running())} pods"


def _of(release: Release, wanted: Callable[[Workload], bool]) -> list[str]:
    return [each["metadata"]["name"] for each in release.get("deployments") if wanted(each)]


def _begun(deployment: Workload) -> bool:
    return seen(deployment) and deployment["status"].get("updatedReplicas", 0) > 0


def _rolled_out(deployment: Workload) -> bool:
    counts = [deployment["status"].get(each, 0) for each in ("replicas", "updatedReplicas", "readyReplicas")]
    return seen(deployment) and set(counts) == {deployment["spec"]["replicas"]}
