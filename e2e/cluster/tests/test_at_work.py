"""Linli on a real cluster while people work: upgrades, a rollback, deleted pods."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from e2e.cluster.cluster import Cluster
from e2e.cluster.disturbed import drain, scale, until_called, until_replicas, while_pods_are_deleted
from e2e.cluster.installation import Installation, entered
from e2e.cluster.judged import judge
from e2e.cluster.metrics import resource_metrics
from e2e.cluster.release import CHART, Release
from e2e.cluster.rolling import rollback, upgrade
from e2e.cluster.tests.conftest import TAG, own_namespace
from e2e.journeys.town import found
from e2e.upgrade.releases import released_chart

pytestmark = [pytest.mark.cluster, pytest.mark.process, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module", name="at_work")
def _at_work(
    cluster: Cluster, images: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """The last release, installed, and the town in it."""
    values = Path(__file__).parent / "at_work.yaml"
    with own_namespace(cluster) as namespace:
        release = Release(cluster, namespace, "up", values, "linli-released", TAG, released_chart())
        release.install()
        with entered(release, tmp_path_factory.mktemp("keys")) as installation:
            found(installation.callers.operator())
            yield installation


@pytest.fixture(name="upgraded")
def _upgraded(at_work: Installation) -> Installation:
    """The same, upgraded to this checkout."""
    if not newest(at_work).is_the_one():
        for step in upgrade(newest(at_work)).values():
            step(at_work, random.Random())
    return at_work


def newest(at_work: Installation) -> Release:
    """The working tree's release of the same installation."""
    return replace(at_work.release, image="linli", chart=CHART)


def test_an_upgrade_a_rollback_and_another_upgrade_lose_double_and_refuse_nothing(
    at_work: Installation,
) -> None:
    """The old image is made of the last release, the wheel in e2e/upgrade/released, by the same Dockerfile.

    Its chart lies beside the wheel. At the end runs what the checker knows: this checkout.
    """
    up, back = upgrade(newest(at_work)), rollback()

    judge(at_work, [step for steps in (up, back, up) for step in steps.items()])


def test_a_rollback_and_an_upgrade_while_pods_are_deleted_lose_double_and_refuse_nothing(
    upgraded: Installation,
) -> None:
    rounds = [while_pods_are_deleted(rollback()), while_pods_are_deleted(upgrade(newest(upgraded)))]

    judge(upgraded, [step for steps in rounds for step in steps.items()])


def test_a_drained_node_keeps_what_its_budgets_protect(upgraded: Installation) -> None:
    """Of one node this shows that budgets hold, and that all is well again afterwards; not where pods go."""
    judge(upgraded, [("the node is drained", drain)])


def test_more_replicas_of_an_api_are_called_and_fewer_are_enough(upgraded: Installation) -> None:
    called = ("each is called", until_called("cases"))
    counts = (("1 replica", 1), ("3 replicas", 3), ("1 replica again", 1))

    judge(upgraded, [step for name, count in counts for step in ((name, scale("cases", count)), called)])


def test_an_api_is_scaled_by_the_processor_time_that_it_takes(upgraded: Installation) -> None:
    """By the chart's HorizontalPodAutoscaler; for metrics-server stands in a process of ours.

    What that tells is true: the kubelet measured it.
    """
    release = newest(upgraded)
    scaled = {"kind": "hpa", "minReplicas": 1, "maxReplicas": 3, "cpu": "30m", "scaleDownAfterSeconds": 0}
    assert release.cluster.node is not None
    with resource_metrics(release.cluster, release.cluster.node, release.namespace):
        release.upgrade(*(f"services.cases.autoscaling.{name}={value}" for name, value in scaled.items()))

        judge(
            upgraded,
            [("more replicas", until_replicas("cases", 2, 3)), ("each is called", until_called("cases"))],
        )

        until_replicas("cases", 1, 1)(upgraded, random.Random())
