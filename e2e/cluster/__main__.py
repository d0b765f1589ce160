"""`python -m e2e.cluster`: a real Kubernetes of one node on this machine, and its kubectl and helm.

packages        install Debian's packages that the node needs, and the building of Linli's image
build           build the node's programs into the cache, unless they are there
up              start the node (builds first, and installs Debian's packages)
down            end it; nothing stays
status          what runs, and what is missing
load ARCHIVE    give the node the images of an archive
kubectl ...     kubectl on the cluster
helm ...        helm on the cluster

KUBECONFIG, where it is set, names another cluster for kubectl and helm.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from e2e.cluster import needs
from e2e.cluster.build import build
from e2e.cluster.cache import entry
from e2e.cluster.cluster import GIVEN, find, start
from e2e.cluster.needs import MISSING, BuildFailed, Missing
from e2e.cluster.node import Node, NodeFailed
from e2e.cluster.place import NotANodesFolder, Place


def main(words: Sequence[str]) -> int:
    """Do what the first word says."""
    node = Node(Place.of(), entry())
    try:
        match words:
            case ["packages"]:
                needs.check()
                needs.install(_say, image=True)
            case ["build"]:
                build(node.made_of, _say)
            case ["up"]:
                start(node, _say)
            case ["down"]:
                node.down()
            case ["status"]:
                return _status(node)
            case ["load", archive]:
                node.load(Path(archive).absolute())
            case ["kubectl" | "helm" as program, *arguments]:
                return _instead(node, program, arguments)
            case _:
                print(__doc__)
                return 2
    except Missing as missing:
        print(missing, file=sys.stderr)
        return MISSING
    except (BuildFailed, NodeFailed, NotANodesFolder) as failed:
        print(failed, file=sys.stderr)
        return 1
    return 0


def _status(node: Node) -> int:
    """0 where the node is up."""
    print(f"cache: {node.made_of.folder} ({'built' if node.made_of.complete else 'not built'})")
    if lacks := needs.packages():
        print(f"Debian's packages that `up` would install: {', '.join(lacks)}")
    if not node.runs:
        print("the node is not up")
        return 1
    print(f"up: KUBECONFIG={node.place.kubeconfig}", flush=True)
    return subprocess.run(node.kubectl("get", "nodes,pods", "-A"), check=False).returncode


def _instead(node: Node, program: str, arguments: Sequence[str]) -> int:
    """Become the program, so that pipes, terminals and exit statuses are its own."""
    if os.environ.get(GIVEN):
        found = find(program)
    elif node.runs:
        os.environ[GIVEN] = str(node.place.kubeconfig)
        found = str(node.made_of.programs / program)
    else:
        raise NodeFailed(f"the node is not up: run `make cluster-up`, or set {GIVEN}")
    os.execv(found, [found, *arguments])  # noqa: S606  # no shell is wanted


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
