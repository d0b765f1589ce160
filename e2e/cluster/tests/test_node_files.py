"""What is written for a node stays in its own folder, its own namespaces and on loopback."""

import json
import os
import re
import tarfile
from pathlib import Path
from typing import Any

import pytest

from e2e.cluster import archive, keys, settings
from e2e.cluster.cache import Entry
from e2e.cluster.components import components
from e2e.cluster.locks import take_turn
from e2e.cluster.node import Node, NodeFailed
from e2e.cluster.place import NotANodesFolder, Place
from e2e.cluster.volumes import COUNT, volumes


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    made = Place(tmp_path_factory.mktemp("of") / "node")  # a short path
    made.make()
    return made


def test_two_checkouts_nodes_share_neither_folder_nor_control_groups() -> None:
    one, other = Place(Path("/var/one")), Place(Path("/var/other"))

    assert one.name != other.name
    assert settings.kubelet(one)["cgroupRoot"] == f"/{one.name}"
    assert str(one.root) not in json.dumps(settings.kubelet(other))


def test_a_node_lies_beside_the_cache_and_not_among_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    assert Place.of({"LINLI_CLUSTER_CACHE": "/big/cache"}).root.parent == Path("/big/cache")


def test_the_folder_can_be_chosen() -> None:
    assert Place.of({"LINLI_CLUSTER_FOLDER": "/big/node"}).root == Path("/big/node")


def test_nobody_else_may_read_a_nodes_keys(place: Place) -> None:
    assert place.root.stat().st_mode & 0o077 == 0


def test_the_machines_kubeconfig_leads_to_loopback_as_administrator(place: Place) -> None:
    keys.make(place, 40123)

    content = json.loads(place.kubeconfig.read_text())

    assert content["clusters"][0]["cluster"]["server"] == "https://127.0.0.1:40123"
    assert Path(content["users"][0]["user"]["client-key"]).is_relative_to(place.root)


def test_every_file_that_a_component_is_given_is_written(place: Place) -> None:
    keys.make(place, 40123)
    settings.write(place)
    lines = [
        word for each in components(place, Path("/programs"), 7) for word in (*each.command, *each.after)
    ]

    named = {found for word in lines for found in re.findall(rf"{re.escape(str(place.root))}[\w./-]*", word)}

    written = {
        each for each in named if not each.startswith(f"{place.state}/") and each != str(place.containerd)
    }
    assert written
    assert [each for each in sorted(written) if not Path(each).is_file()] == []


def test_each_volume_is_a_folder_of_the_node(place: Place) -> None:
    claimed = [each["spec"]["local"]["path"] for each in volumes(place) if each["kind"] == "PersistentVolume"]

    assert len(claimed) == COUNT
    assert all(Path(each).is_dir() and Path(each).is_relative_to(place.root) for each in claimed)


def test_a_process_that_got_the_number_of_a_nodes_first_one_is_not_it(place: Place) -> None:
    place.note(1)
    assert place.first() == 1

    (place.root / "first.json").write_text(json.dumps({"pid": 1, "began": "7"}))

    assert place.first() is None


@pytest.mark.parametrize("said", ["", "{", "[]", "{}", '{"pid": null, "began": "7"}'])
def test_a_damaged_note_of_the_first_process_names_none(place: Place, said: str) -> None:
    (place.root / "first.json").write_text(said)

    assert place.first() is None


def test_a_folder_that_is_no_nodes_is_neither_removed_nor_used(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    node = Node(Place(tmp_path), Entry(tmp_path / "cache"))

    for does in (node.down, lambda: node.up(print)):
        with pytest.raises(NotANodesFolder, match="a folder that is empty or that does not exist"):
            does()

    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_nodes_folder_and_an_empty_one_are_removed(place: Place, tmp_path: Path) -> None:
    (place.state / "etcd").write_text("data")
    empty = Place(tmp_path / "empty")
    empty.root.mkdir()

    for each in (place, empty):
        each.remove()
        assert not each.root.exists()


def test_a_folder_too_long_for_a_nodes_sockets_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    root = tmp_path / ("n" * 60)

    with pytest.raises(NodeFailed, match="LINLI_CLUSTER_FOLDER name a folder of at most 68 bytes"):
        Node(Place(root), Entry(tmp_path / "cache")).up(print)

    assert not root.exists()


def test_of_a_node_that_did_not_come_up_only_the_logs_stay(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = Node(place, Entry(place.root.parent / "cache"), place.root.parent / "turn")
    ended: list[str] = []

    def fails(self: Node, turn: int) -> None:
        (self.place.logs / "first.log").write_text("no room")
        (self.place.keys / "ca.key").write_text("secret")
        raise NodeFailed("the node did not come to: pods have DNS")

    monkeypatch.setattr(Node, "_come_up", fails)
    monkeypatch.setattr(Node, "_end", lambda self: ended.append(self.place.name))

    with pytest.raises(NodeFailed, match="pods have DNS"):
        node.up(print)

    kept = {str(each.relative_to(place.root)) for each in place.root.rglob("*") if each.stat().st_size}
    assert kept == {"logs", "logs/first.log"}
    assert len(ended) == 2  # before it comes up, and after it did not
    os.close(take_turn(node.turn, "somebody else", seconds=0))
    node.down()
    assert not place.root.exists()


def test_the_same_folder_packs_into_the_same_image(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "program").write_bytes(b"\x7fELF")
        (tmp_path / name / "program").chmod(0o755)
        archive.pack(tmp_path / f"{name}.tar", "localhost/a:1", tmp_path / name, ["/program"])

    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "other.tar").read_bytes()
    manifest, parts = inside(tmp_path / "one.tar")
    assert manifest["RepoTags"] == ["localhost/a:1"]
    assert parts == {"manifest.json", manifest["Config"], *manifest["Layers"]}


def inside(image: Path) -> tuple[dict[str, Any], set[str]]:
    """The image's manifest, and the names of all parts."""
    with tarfile.open(image) as packed:
        manifest = packed.extractfile("manifest.json")
        assert manifest is not None
        [only] = json.load(manifest)
        return only, set(packed.getnames())
