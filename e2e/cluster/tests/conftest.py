"""What this folder's tests share: a cluster (KUBECONFIG, or a node of our own), and Linli's chart on it."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from e2e.cluster.callers import Callers, calling
from e2e.cluster.cluster import GIVEN, Cluster, cluster
from e2e.cluster.given import Given
from e2e.cluster.guide import Reader
from e2e.cluster.image.__main__ import version
from e2e.cluster.outside import Outside
from e2e.cluster.place import ROOT
from e2e.cluster.release import Release
from e2e.journeys.town import found
from libs.testkit.certificates import Authority

IMAGES = "LINLI_CLUSTER_IMAGES"
TAG = os.environ.get("LINLI_CLUSTER_TAG") or version()
_RESTRICTED = "pod-security.kubernetes.io/enforce=restricted"
_DAYS = 90  # of certificates: more than those at which `linli doctor` warns
_HERE = Path(__file__).parent
_OF_OUR_OWN_NODE = [
    "test_node.py",
    "test_at_work.py",  # drains it, and measures its pods
    "test_an_operator_mends.py",  # fills one of its volumes
]
collect_ignore = _OF_OUR_OWN_NODE if os.environ.get(GIVEN) else []


@pytest.fixture(scope="session", name="cluster")
def _cluster() -> Iterator[Cluster]:
    with cluster() as made:
        yield made


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """One of the test's own, in which only restricted pods may run."""
    with own_namespace(cluster) as name:
        yield name


@pytest.fixture(scope="session", name="images")
def _images(cluster: Cluster) -> None:
    """The cluster has the images that `make image ARGS=--tests` has built."""
    folder = Path(os.environ.get(IMAGES) or ROOT / "dist")
    for image in ("linli", "linli-rabbitmq", "linli-outside", "linli-released"):
        cluster.load(folder / f"{image}-{TAG}.tar")


@pytest.fixture(scope="session")
def release(cluster: Cluster, images: None) -> Iterator[Release]:
    """The chart, to be installed by its first test."""
    with own_namespace(cluster) as name:
        yield Release(cluster, name, "elm", _HERE / "values.yaml", "linli", TAG)


@pytest.fixture(scope="session")
def installed(release: Release) -> Release:
    """The chart, installed."""
    try:
        release.install()
    except AssertionError:
        print(release.kubectl("get", "pods,jobs,events"))
        raise
    return release


@pytest.fixture(scope="session")
def given(cluster: Cluster, images: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Given]:
    """The chart on a PostgreSQL and a RabbitMQ outside of it, with a collector of traces."""
    folder, programs = tmp_path_factory.mktemp("operator"), tmp_path_factory.mktemp("programs")
    authorities = tmp_path_factory.mktemp("authorities")
    with own_namespace(cluster) as outside, own_namespace(cluster, made=False) as town:
        pods = {
            "OUTSIDE": f"linli-outside:{TAG}",
            "RABBITMQ": f"linli-rabbitmq:{TAG}",
            "LINLI": f"linli:{TAG}",
        }
        made = Given(
            Release(cluster, town, "elm", folder / "values.yaml", "linli", TAG),
            Outside(cluster, outside, pods),
            Reader(cluster, town, folder, programs),
            Authority(authorities, "authority", days=_DAYS),
            Authority(authorities, "successor", days=_DAYS),
        )
        values = (_HERE / "given.yaml").read_text("utf-8")
        try:
            made.prepare()
            made.install(values.replace("TAG", TAG).replace("OUTSIDE", outside))
        except AssertionError:
            for name in (outside, town):
                print(cluster.kubectl("get", "pods,jobs,events", "-n", name))
            raise
        yield made


@pytest.fixture(scope="session")
def callers(given: Given) -> Iterator[Callers]:
    """Whoever calls it, in the town that they know."""
    with calling(given.release, given.roots) as made:
        found(made.operator())
        yield made


@contextmanager
def own_namespace(cluster: Cluster, *, made: bool = True) -> Iterator[str]:
    """The name of a namespace; `made=False`: one that somebody else makes."""
    name = f"linli-test-{secrets.token_hex(3)}"
    if made:
        cluster.kubectl("create", "namespace", name)
        cluster.kubectl("label", "namespace", name, _RESTRICTED)
    try:
        yield name
    finally:
        cluster.kubectl("delete", "namespace", name, "--ignore-not-found", "--wait=false")
