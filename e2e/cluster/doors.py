"""Doors from this machine to the Services of a cluster: they stay where they are while pods come and go."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from e2e.cluster import door
from e2e.cluster.cluster import Cluster
from e2e.cluster.node import Node


@contextmanager
def doors(cluster: Cluster, namespace: str, services: Mapping[str, int]) -> Iterator[dict[str, str]]:
    """Where on loopback each Service is found, by its name; `services` with the port of each.

    On our own node a connection reaches the Service as another pod's would: an open one outlives the pod's
    being taken out of the Service. On another cluster it goes through its API server to one pod.
    """
    with ExitStack() as stack:
        listening = {name: stack.enter_context(_listener()) for name in services}
        ports = {name: each.getsockname()[1] for name, each in listening.items()}
        if cluster.node is not None:
            targets = {
                name: f"{_address(cluster, namespace, name)}:{port}" for name, port in services.items()
            }
            stack.enter_context(_inside(cluster.node, listening, targets))
        else:
            for name, port in services.items():
                listening[name].close()
                stack.enter_context(_forwarded(cluster, namespace, name, f"{ports[name]}:{port}"))
        yield {name: f"localhost:{port}" for name, port in ports.items()}


def _listener() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0), backlog=128)


def _address(cluster: Cluster, namespace: str, service: str) -> str:
    [found] = cluster.get("service", service, "-n", namespace)
    return str(found["spec"]["clusterIP"])


@contextmanager
def _inside(node: Node, listening: Mapping[str, socket.socket], targets: Mapping[str, str]) -> Iterator[None]:
    """Forward from the machine's network into the node's: the sockets were opened in the machine's."""
    passed = {name: each.fileno() for name, each in listening.items()}
    words = [f"fd:{passed[name]}={target}" for name, target in targets.items()]
    entered = node.entering("--net", sys.executable, str(Path(door.__file__)), *words)
    with subprocess.Popen(entered, pass_fds=list(passed.values()), stdin=subprocess.DEVNULL) as forwarding:
        try:
            yield
        finally:
            forwarding.kill()


@contextmanager
def _forwarded(cluster: Cluster, namespace: str, service: str, ports: str) -> Iterator[None]:
    """Forward by kubectl, again whenever the pod has ended to which it forwarded."""
    kubectl = " ".join(cluster.command("kubectl"))
    again = f"while :; do {kubectl} -n {namespace} port-forward service/{service} {ports}; sleep 0.2; done"
    forwarding = subprocess.Popen(
        ["sh", "-c", again], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        yield
    finally:
        os.killpg(forwarding.pid, signal.SIGKILL)
        forwarding.wait()
