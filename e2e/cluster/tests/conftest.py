"""The cluster that this folder's tests share: given by KUBECONFIG, or a node of our own."""

import os
import secrets
from collections.abc import Iterator

import pytest

from e2e.cluster.cluster import GIVEN, Cluster, cluster

collect_ignore = ["test_node.py"] if os.environ.get(GIVEN) else []  # it judges a node of our own
_RESTRICTED = "pod-security.kubernetes.io/enforce=restricted"


@pytest.fixture(scope="session", name="cluster")
def _cluster() -> Iterator[Cluster]:
    with cluster() as made:
        yield made


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """One of the test's own, in which only restricted pods may run."""
    name = f"linli-test-{secrets.token_hex(3)}"
    cluster.kubectl("create", "namespace", name)
    cluster.kubectl("label", "namespace", name, _RESTRICTED)
    try:
        yield name
    finally:
        cluster.kubectl("delete", "namespace", name, "--wait=false")
