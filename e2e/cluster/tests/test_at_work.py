"""Linli on a real cluster while people work: upgrades and a rollback."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from e2e.chaos.run import run
from e2e.cluster.cluster import Cluster
from e2e.cluster.installation import Installation, entered
from e2e.cluster.release import CHART, Release
from e2e.cluster.rolling import Step, rollback, upgrade
from e2e.cluster.tests.conftest import TAG, own_namespace
from e2e.journeys.town import found
from e2e.upgrade.releases import released_chart

CALLERS = 16
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


def newest(at_work: Installation) -> Release:
    """The working tree's release of the same installation."""
    return replace(at_work.release, image="linli", chart=CHART)


def judge(at_work: Installation, steps: Iterable[tuple[str, Step]]) -> None:
    """Take the steps while people work: nobody is refused, and nothing is lost or doubled."""
    servers = at_work.release.servers()

    outcome = run(at_work, steps, random.Random(7), print, callers=CALLERS, pause=4.0)

    print(f"{outcome.acknowledged} commands, {outcome.again} times sent again, {outcome.effects} reactions")
    assert outcome.findings == []
    assert outcome.acknowledged > 0
    assert outcome.effects > 0
    assert at_work.release.servers() == servers


def test_an_upgrade_a_rollback_and_another_upgrade_lose_double_and_refuse_nothing(
    at_work: Installation,
) -> None:
    """The old image is made of the last release, the wheel in e2e/upgrade/released, by the same Dockerfile.

    Its chart lies beside the wheel. At the end runs what the checker knows: this checkout.
    """
    up, back = upgrade(newest(at_work)), rollback()

    judge(at_work, [step for steps in (up, back, up) for step in steps.items()])
