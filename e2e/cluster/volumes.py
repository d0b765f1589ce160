"""Volumes that pods may claim: folders of the node, as a default storage class that makes none of its own."""

from typing import Any

from e2e.cluster.place import NODE, Place

COUNT = 16
_CLASS = "linli-local"
_SIZE = "5Gi"


def volumes(place: Place) -> list[dict[str, Any]]:
    """Make the folders; the storage class and a PersistentVolume for each of them."""
    made: list[dict[str, Any]] = [_storage_class()]
    for number in range(COUNT):
        folder = place.volumes / str(number)
        folder.mkdir()
        made.append(volume(f"{_CLASS}-{number}", str(folder), _CLASS))
    return made


def _storage_class() -> dict[str, Any]:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {
            "name": _CLASS,
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
        },
        "provisioner": "kubernetes.io/no-provisioner",
        "volumeBindingMode": "WaitForFirstConsumer",
    }


def volume(name: str, folder: str, storage_class: str) -> dict[str, Any]:
    """A PersistentVolume that is a folder of the node."""
    here = {"key": "kubernetes.io/hostname", "operator": "In", "values": [NODE]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "capacity": {"storage": _SIZE},
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": storage_class,
            "persistentVolumeReclaimPolicy": "Retain",
            "local": {"path": folder},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [here]}]}},
        },
    }
