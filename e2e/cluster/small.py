"""A small volume on a node of our own, to be filled: for whoever claims one of its storage class."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from e2e.cluster.cluster import Cluster
from e2e.cluster.node import Node
from e2e.cluster.volumes import volume

STORAGE_CLASS = "linli-small"
_MEBI = 384


@contextmanager
def small_volume(cluster: Cluster, node: Node) -> Iterator[None]:
    """A file system of its own, in memory; it is gone afterwards."""
    folder = node.place.volumes / STORAGE_CLASS
    folder.mkdir()
    mount = ("mount", "-t", "tmpfs", "-o", f"size={_MEBI}m", "tmpfs", str(folder))
    node.inside(*mount)
    made = volume(STORAGE_CLASS, str(folder), STORAGE_CLASS)
    cluster.kubectl("apply", "-f", "-", given=json.dumps(made))
    try:
        yield
    finally:
        cluster.kubectl("delete", "pv", STORAGE_CLASS, "--wait=false")
        node.inside("umount", "--lazy", str(folder))
        folder.rmdir()
