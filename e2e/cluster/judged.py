"""Steps on an installation while people work, and the verdict."""

import random
from collections.abc import Iterable

from e2e.chaos.run import run
from e2e.cluster.cluster import CommandFailed
from e2e.cluster.installation import Installation
from e2e.cluster.release import Release
from e2e.cluster.rolling import Step

CALLERS = 16


def judge(at_work: Installation, steps: Iterable[tuple[str, Step]]) -> None:
    """Take the steps while people work: nobody is refused, and nothing is lost or doubled."""
    postgresql = at_work.release.postgresql()

    try:
        outcome = run(at_work, steps, random.Random(7), print, callers=CALLERS, pause=4.0)
    except AssertionError:
        tell(at_work.release)
        raise

    print(f"{outcome.acknowledged} commands, {outcome.again} times sent again, {outcome.effects} reactions")
    assert outcome.findings == []
    assert outcome.acknowledged > 0
    assert outcome.effects > 0
    assert at_work.release.postgresql() == postgresql


def tell(release: Release) -> None:
    """Print how the pods are, and what those say that are not ready: nobody can ask them later."""
    asked: list[tuple[str, ...]] = [
        ("get", "pods,replicasets,deployments,statefulsets,jobs", "-o", "wide"),
        ("get", "events", "--sort-by=.lastTimestamp"),
    ]
    for pod in release.unready():
        said = ("logs", pod, "--all-containers", "--prefix", "--ignore-errors", "--tail=60")
        asked += [("describe", "pod", pod), said, (*said, "--previous")]
    for words in asked:
        try:
            print(f"$ kubectl {' '.join(words)}\n{release.kubectl(*words)}")
        except CommandFailed as failed:  # such as a pod that has gone, or was never restarted
            print(failed)
