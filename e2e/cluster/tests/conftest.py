"""What this folder's tests share: a cluster (KUBECONFIG, or a node of our own), and Linli's chart on it."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from e2e.cluster.cluster import GIVEN, Cluster, cluster
from e2e.cluster.image.__main__ import version
from e2e.cluster.place import ROOT
from e2e.cluster.release import Release

IMAGES = "LINLI_CLUSTER_IMAGES"
_RESTRICTED = "pod-security.kubernetes.io/enforce=restricted"
collect_ignore = ["test_node.py"] if os.environ.get(GIVEN) else []  # it judges a node of our own


@pytest.fixture(scope="session", name="cluster")
def _cluster() -> Iterator[Cluster]:
    with cluster() as made:
        yield made


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """One of the test's own, in which only restricted pods may run."""
    with _namespace(cluster) as name:
        yield name


@pytest.fixture(scope="session")
def release(cluster: Cluster) -> Iterator[Release]:
    """The chart, to be installed by its first test, with the images that `make image` has built."""
    folder = Path(os.environ.get(IMAGES) or ROOT / "dist")
    tag = version()
    for image in ("linli", "linli-rabbitmq"):
        cluster.load(folder / f"{image}-{tag}.tar")
    values = Path(__file__).parent / "values.yaml"
    with _namespace(cluster) as name:
        yield Release(cluster, name, "linli", values, "linli")


@pytest.fixture(scope="session")
def installed(release: Release) -> Release:
    """The chart, installed."""
    try:
        release.install()
    except AssertionError:
        print(release.kubectl("get", "pods,jobs,events"))
        raise
    return release


@contextmanager
def _namespace(cluster: Cluster) -> Iterator[str]:
    name = f"linli-test-{secrets.token_hex(3)}"
    cluster.kubectl("create", "namespace", name)
    cluster.kubectl("label", "namespace", name, _RESTRICTED)
    try:
        yield name
    finally:
        cluster.kubectl("delete", "namespace", name, "--wait=false")
