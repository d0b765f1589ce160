"""Where a node keeps everything while it runs, and the addresses it has in its own network."""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from e2e.cluster import cache
from libs.testkit.processes import read

ROOT = Path(__file__).parents[2]
FOLDER = "LINLI_CLUSTER_FOLDER"

NODE = "linli-node"
NODE_IP = "10.77.0.1"  # on a bridge that only the node's own network namespace has
POD_CIDR = "10.88.0.0/16"
NODE_CIDR = "10.88.0.0/24"
SERVICE_CIDR = "10.96.0.0/16"
API_SERVICE_IP = "10.96.0.1"
DNS_SERVICE_IP = "10.96.0.10"
API_PORT = 6443

_MARK = "linli-node"
"""An empty file in a node's folder: without it nothing of a folder is removed."""


class NotANodesFolder(Exception):
    """The folder holds something that no node wrote; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """A node's folder. All of it is removed when the node goes down."""

    root: Path

    @classmethod
    def of(cls, environ: Mapping[str, str] = os.environ) -> "Place":
        """The folder that `LINLI_CLUSTER_FOLDER` names, else one beside the cache for each checkout.

        Not among temporary files: those may lie in memory, and a node's images take 2 GB.
        """
        chosen = environ.get(FOLDER) or cache.folder(environ) / f"node-{_short(ROOT)}"
        return cls(Path(chosen).absolute())

    @property
    def name(self) -> str:
        """What marks this node's control groups as its own."""
        return f"linli-{_short(self.root)}"

    @property
    def keys(self) -> Path:
        """Certificates, keys and kubeconfigs of the components."""
        return self.root / "keys"

    @property
    def kubeconfig(self) -> Path:
        """How the machine's own programs reach the API server, as the cluster's administrator."""
        return self.root / "kubeconfig"

    @property
    def settings(self) -> Path:
        """The components' configuration files."""
        return self.root / "settings"

    @property
    def logs(self) -> Path:
        """What the components print, a file each."""
        return self.root / "logs"

    @property
    def state(self) -> Path:
        """What the components store."""
        return self.root / "state"

    @property
    def volumes(self) -> Path:
        """Folders that pods may claim as volumes."""
        return self.root / "volumes"

    @property
    def images(self) -> Path:
        """Notes of the image archives that the node was given."""
        return self.root / "images"

    @property
    def until_unused(self) -> Path:
        """A file that is there where the node ends with the last test that uses it."""
        return self.root / "until-unused"

    @property
    def containerd(self) -> Path:
        """The socket of the node's containerd."""
        return self.root / "containerd.sock"

    def make(self) -> None:
        """Make the folders, for nobody else to read."""
        self.root.mkdir(mode=0o700, parents=True)
        (self.root / _MARK).touch()
        for folder in (self.keys, self.settings, self.logs, self.state, self.volumes, self.images):
            folder.mkdir()

    def check(self) -> None:
        """Raise `NotANodesFolder` if the folder holds something, and none of it is a node's."""
        if not self.root.exists() or (self.root / _MARK).is_file():
            return
        if not self.root.is_dir() or any(self.root.iterdir()):
            raise NotANodesFolder(
                f"{self.root} is no node's folder, and a node removes all that is in its folder:"
                f" let {FOLDER} name a folder that is empty or that does not exist"
            )

    def remove(self) -> None:
        """Remove the folder with all that is in it. Raises `NotANodesFolder`."""
        self.check()
        if self.root.exists():
            shutil.rmtree(self.root)

    def keep_logs(self) -> None:
        """Remove all but the logs: keys above all."""
        for each in self.root.iterdir():
            if each.is_dir() and each != self.logs:
                shutil.rmtree(each)
            elif each != self.logs and each.name != _MARK:
                each.unlink()

    def note(self, pid: int) -> None:
        """Write down which process is the node's first one, seen from the machine."""
        new = self._first.with_suffix(".new")
        new.write_text(json.dumps({"pid": pid, "began": _began(pid)}), "utf-8")
        new.replace(self._first)

    def first(self) -> int | None:
        """The node's first process, if it runs. A process that got its number later is not it."""
        try:
            known = json.loads(self._first.read_text("utf-8"))
            pid, began = int(known["pid"]), str(known["began"])
        except (OSError, ValueError, KeyError, TypeError):  # there is none, or it is damaged
            return None
        return pid if began and _began(pid) == began else None

    @property
    def _first(self) -> Path:
        return self.root / "first.json"


def _short(folder: Path) -> str:
    """A folder's path in eight letters and digits."""
    return hashlib.sha256(str(folder).encode()).hexdigest()[:8]


def _began(pid: int) -> str:
    """When a process began, in the kernel's ticks; empty where there is none, or only what is left of it."""
    about = read(pid, "stat").rpartition(b")")[2].split()
    return about[19].decode() if about[:1] not in ([], [b"Z"]) else ""
