"""Gives our own node the resource-metrics API for a while, as metrics-server gives it to others."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from e2e.cluster import usage
from e2e.cluster.cluster import Cluster, CommandFailed
from e2e.cluster.node import Node
from e2e.cluster.place import NODE_IP
from libs.testkit.eventually import eventually

_PORT = 4443
_NAME = "resource-metrics"


@contextmanager
def resource_metrics(cluster: Cluster, node: Node, namespace: str) -> Iterator[None]:
    """The API server passes what is asked of the API on to a process of ours in the node's network."""
    words = (str(Path(usage.__file__)), str(node.place.keys), NODE_IP, str(_PORT))
    entered = node.entering("--net", sys.executable, *words)
    with subprocess.Popen(entered, stdin=subprocess.DEVNULL) as answering:
        try:
            objects = {"apiVersion": "v1", "kind": "List", "items": _objects(namespace)}
            cluster.kubectl("apply", "-f", "-", given=json.dumps(objects))
            eventually(lambda: _answers(cluster, namespace), "usage is told", seconds=60)
            yield
        finally:
            cluster.kubectl("delete", "apiservice", _api(), "--ignore-not-found")
            answering.kill()


def _answers(cluster: Cluster, namespace: str) -> bool:
    path = f"/apis/{usage.GROUP}/{usage.VERSION}/namespaces/{namespace}/pods"
    try:
        return bool(json.loads(cluster.kubectl("get", "--raw", path))["items"])
    except CommandFailed as unavailable:
        time.sleep(1)
        raise AssertionError(str(unavailable)) from unavailable


def _api() -> str:
    return f"{usage.VERSION}.{usage.GROUP}"


def _objects(namespace: str) -> list[dict[str, Any]]:
    """A Service whose only endpoint is the process, and the API that it answers for."""
    port = {"name": "https", "port": 443, "protocol": "TCP"}
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": _NAME, "namespace": namespace},
            "spec": {"ports": [port]},
        },
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "name": _NAME,
                "namespace": namespace,
                "labels": {"kubernetes.io/service-name": _NAME},
            },
            "addressType": "IPv4",
            "ports": [{**port, "port": _PORT}],
            "endpoints": [{"addresses": [NODE_IP]}],
        },
        {
            "apiVersion": "apiregistration.k8s.io/v1",
            "kind": "APIService",
            "metadata": {"name": _api()},
            "spec": {
                "group": usage.GROUP,
                "version": usage.VERSION,
                "groupPriorityMinimum": 100,
                "versionPriority": 100,
                "insecureSkipTLSVerify": True,
                "service": {"name": _NAME, "namespace": namespace},
            },
        },
    ]
