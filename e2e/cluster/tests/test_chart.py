"""Linli's chart on a real cluster, in evaluation mode."""

import pytest

from e2e.cluster.release import Release
from e2e.cluster.restricted import shortcomings

pytestmark = [pytest.mark.cluster, pytest.mark.process, pytest.mark.timeout(1800)]


def test_a_fresh_installation_passes_the_charts_own_test(installed: Release) -> None:
    said = installed.test()

    assert "supervision has the case in its view" in said
    assert list(installed.unready()) == []


def test_every_pod_is_restricted_and_nobody_is_root(installed: Release) -> None:
    assert [wrong for pod in installed.pods() for wrong in shortcomings(pod)] == []

    asking = ("--", "python3", "-c", "import os; print(os.getuid())")
    users = {name: installed.kubectl("exec", name, *asking).strip() for name in installed.running()}
    assert users
    assert set(users.values()) == {"10001"}, users
