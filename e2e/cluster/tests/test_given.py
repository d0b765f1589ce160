"""Tests run on the cluster that is given; images reach it in the way of its kind."""

from pathlib import Path

import pytest

from e2e.cluster.cluster import cluster, loader
from e2e.cluster.needs import Missing

ARCHIVE = Path("dist/linli.tar")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("kind", "k3d"):
        (tmp_path / name).touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.usefixtures("programs")
def test_kind_and_k3d_load_an_archive_into_the_cluster_of_the_context() -> None:
    assert loader("kind-try", ARCHIVE)[-3:] == [str(ARCHIVE), "--name", "try"]
    assert loader("k3d-my-try", ARCHIVE)[-3:] == [str(ARCHIVE), "--cluster", "my-try"]


@pytest.mark.usefixtures("programs")
def test_another_cluster_must_have_the_images_itself() -> None:
    assert loader("production", ARCHIVE) == []


def test_without_kinds_own_program_nothing_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    assert loader("kind-try", ARCHIVE) == []


def test_a_given_cluster_without_kubectl_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    with pytest.raises(Missing, match="kubectl is not on the PATH"), cluster({"KUBECONFIG": "/some/config"}):
        pass


@pytest.mark.usefixtures("programs")
def test_a_given_cluster_is_used_as_it_is(tmp_path: Path) -> None:
    for name in ("kubectl", "helm"):
        (tmp_path / name).touch(0o755)

    with cluster({"KUBECONFIG": "/some/config"}) as given:
        assert given.node is None
        assert given.command("helm") == [str(tmp_path / "helm"), "--kubeconfig", "/some/config"]
