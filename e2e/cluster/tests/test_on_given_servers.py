"""Linli's chart on a PostgreSQL and a RabbitMQ that it was given, by what OPERATING.md says."""

import pytest

from e2e.cluster.given import Given
from e2e.cluster.restricted import shortcomings

pytestmark = [pytest.mark.cluster, pytest.mark.process, pytest.mark.timeout(1800)]


def test_what_the_guide_says_installs_it_and_it_passes_its_own_test(given: Given) -> None:
    print(f"ready after {given.ready_after:.0f} s")

    assert "supervision has the case in its view" in given.tested
    assert list(given.release.unready()) == []


def test_every_pod_on_given_servers_is_restricted_and_nobody_is_root(given: Given) -> None:
    assert [wrong for pod in given.release.pods() for wrong in shortcomings(pod)] == []

    asking = ("--", "python3", "-c", "import os; print(os.getuid())")
    users = {name: given.release.kubectl("exec", name, *asking).strip() for name in given.release.running()}
    assert users
    assert set(users.values()) == {"10001"}, users
