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
TAG = os.environ.get("LINLI_CLUSTER_TAG") or version()
_RESTRICTED = "pod-security.kubernetes.io/enforce=restricted"
_HERE = Path(__file__).parent
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


@pytest.fixture(scope="session", name="images")
def _images(cluster: Cluster) -> None:
    """The cluster has the images that `make image` has built."""
    folder = Path(os.environ.get(IMAGES) or ROOT / "dist")
    for image in ("linli", "linli-rabbitmq"):
        cluster.load(folder / f"{image}-{TAG}.tar")


@pytest.fixture(scope="session")
def release(cluster: Cluster, images: None) -> Iterator[Release]:
    """The chart, to be installed by its first test."""
    with _namespace(cluster) as name:
        yield Release(cluster, name, "linli", _HERE / "values.yaml", "linli", TAG)


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
def _namespace(cluster: Cluster, *, made: bool = True) -> Iterator[str]:
    """The name of a namespace; `made=False`: one that somebody else makes."""
    name = f"linli-test-{secrets.token_hex(3)}"
    if made:
        cluster.kubectl("create", "namespace", name)
        cluster.kubectl("label", "namespace", name, _RESTRICTED)
    try:
        yield name
    finally:
        cluster.kubectl("delete", "namespace", name, "--ignore-not-found", "--wait=false")
