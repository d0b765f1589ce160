"""The cluster that tests run on: the one that KUBECONFIG names, or a node of our own."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from e2e.cluster import needs
from e2e.cluster.build import build
from e2e.cluster.cache import entry
from e2e.cluster.locks import alone, unused, using
from e2e.cluster.needs import Missing
from e2e.cluster.node import Node
from e2e.cluster.place import Place

GIVEN = "KUBECONFIG"
_PROGRAMS = ("kubectl", "helm")
_LONGEST = 900.0


class CommandFailed(AssertionError):
    """kubectl or helm ended with an error; the message is what it said."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A Kubernetes, as its administrator reaches it; `node` where it is our own."""

    kubeconfig: str
    programs: Mapping[str, str]
    node: Node | None = None

    def kubectl(self, *words: str, given: str | None = None) -> str:
        """Run kubectl; what it printed."""
        return self._run("kubectl", words, given)

    def helm(self, *words: str) -> str:
        """Run helm; what it printed."""
        return self._run("helm", words, None)

    def get(self, *words: str) -> list[dict[str, Any]]:
        """The objects that `kubectl get` finds."""
        found = json.loads(self.kubectl("get", *words, "-o", "json"))
        return list(found["items"]) if found["kind"] == "List" else [found]

    def command(self, program: str) -> list[str]:
        """The program as it starts a command line for this cluster."""
        return [self.programs[program], "--kubeconfig", self.kubeconfig]

    def load(self, archive: Path) -> None:
        """Give its nodes an image archive: our own node, kind or k3d. Others must have the image."""
        if self.node is not None:
            self.node.load(archive)
        elif loading := loader(self.kubectl("config", "current-context").strip(), archive):
            subprocess.run(loading, check=True)

    def _run(self, program: str, words: tuple[str, ...], given: str | None) -> str:
        command = [*self.command(program), *words]
        ended = subprocess.run(
            command, input=given, capture_output=True, text=True, check=False, timeout=_LONGEST
        )
        if ended.returncode != 0:
            raise CommandFailed(
                f"{program} {' '.join(words)}: {ended.stderr.strip()}\n{ended.stdout.strip()}"
            )
        return ended.stdout


def loader(context: str, archive: Path) -> list[str]:
    """The command that gives a cluster of kind or k3d an image archive, by its context; else nothing."""
    match = re.fullmatch(r"(kind|k3d)-(.+)", context)
    if match is None or shutil.which(match[1]) is None:
        return []
    kind, name = match[1], match[2]
    if kind == "kind":
        return ["kind", "load", "image-archive", str(archive), "--name", name]
    return ["k3d", "image", "import", str(archive), "--cluster", name]


@contextmanager
def cluster(environ: Mapping[str, str] = os.environ) -> Iterator[Cluster]:
    """The cluster that KUBECONFIG names; else our own node, which its last user ends if its first started it.

    Raises `Missing` where this machine can run none.
    """
    if kubeconfig := environ.get(GIVEN):
        yield Cluster(kubeconfig, {name: find(name) for name in _PROGRAMS})
        return
    node = Node(Place.of(), entry())
    with _shared(node):
        programs = {name: str(node.made_of.programs / name) for name in _PROGRAMS}
        yield Cluster(str(node.place.kubeconfig), programs, node)


@contextmanager
def _shared(node: Node) -> Iterator[None]:
    """Use the node with other processes: the first starts it, and the last ends it."""
    beside = node.place.root.parent
    beside.mkdir(parents=True, exist_ok=True)
    stays = ExitStack()
    with alone(beside):
        if not node.runs:
            start(node, print)
            node.place.until_unused.touch()
        stays.enter_context(using(node.place.root))
    try:
        yield
    finally:
        stays.close()
        with alone(beside):
            if node.place.until_unused.exists() and unused(node.place.root):
                node.down()


def start(node: Node, say: Callable[[str], None]) -> None:
    """Bring a node up, and first what it needs. Raises `Missing`, `BuildFailed` or `NodeFailed`."""
    needs.check()
    needs.install(say)
    build(node.made_of, say)
    node.up(say)


def find(program: str) -> str:
    """The program for a cluster that is given. Raises `Missing`."""
    found = shutil.which(program)
    if found is None:
        raise Missing(f"{GIVEN} names a cluster, and {program} is not on the PATH: install it")
    return found
