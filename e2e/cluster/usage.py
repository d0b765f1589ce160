"""Stands in for metrics-server on our own node: the resource-metrics API, with the kubelet's own figures.

Run in the node's network: `usage.py FOLDER HOST PORT`, with the node's folder of keys.
"""

import json
import ssl
import sys
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

GROUP, VERSION = "metrics.k8s.io", "v1beta1"
_ROOT = f"/apis/{GROUP}/{VERSION}"
_WINDOW = "10s"  # the kubelet looks about that often
_PATIENCE = 10.0


def main(folder: str, host: str, port: str) -> None:
    """Serve until killed."""
    node = _Node(Path(folder), host)
    served = ThreadingHTTPServer((host, int(port)), _answering(node))
    served.socket = node.certificate().wrap_socket(served.socket, server_side=True)
    served.serve_forever()


class _Node:
    """The API server and the kubelet, as the API server itself reaches the latter."""

    def __init__(self, keys: Path, host: str) -> None:
        self._keys, self._host = keys, host

    def certificate(self) -> ssl.SSLContext:
        """What it shows to the API server: the kubelet's, which names this host."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self._keys / "kubelet.pem", self._keys / "kubelet.key")
        return context

    def pods(self, namespace: str, query: str) -> list[str]:
        """The names of the pods that a query of the API selects."""
        path = f"/api/v1/namespaces/{namespace}/pods?{query}"
        found = self._asked(f"https://{self._host}:6443{path}", "administrator")
        return [each["metadata"]["name"] for each in found["items"]]

    def measured(self, namespace: str) -> dict[str, Any]:
        """What the kubelet measured of a namespace's pods, by name."""
        found = self._asked(f"https://{self._host}:10250/stats/summary", "apiserver-to-kubelet")
        return {
            each["podRef"]["name"]: each
            for each in found.get("pods", [])
            if each["podRef"]["namespace"] == namespace
        }

    def _asked(self, url: str, name: str) -> Any:
        trusted = ssl.create_default_context(cafile=str(self._keys / "authority.pem"))
        trusted.load_cert_chain(self._keys / f"{name}.pem", self._keys / f"{name}.key")
        with urllib.request.urlopen(url, context=trusted, timeout=_PATIENCE) as answer:  # noqa: S310
            return json.load(answer)


def _answering(node: _Node) -> type[BaseHTTPRequestHandler]:
    class Answering(BaseHTTPRequestHandler):
        """GET only: what there is, and the pods of a namespace."""

        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            parts = path.removeprefix(_ROOT).strip("/").split("/")
            if path.rstrip("/") == _ROOT:
                self._answer(_resources())
            elif len(parts) == 3 and (parts[0], parts[2]) == ("namespaces", "pods"):
                self._answer(_usage(node, parts[1], query))
            else:
                self.send_error(404)

        def _answer(self, said: object) -> None:
            body = json.dumps(said).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    return Answering


def _resources() -> dict[str, Any]:
    pods = {
        "name": "pods",
        "singularName": "",
        "namespaced": True,
        "kind": "PodMetrics",
        "verbs": ["get", "list"],
    }
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": f"{GROUP}/{VERSION}",
        "resources": [pods],
    }


def _usage(node: _Node, namespace: str, query: str) -> dict[str, Any]:
    measured = node.measured(namespace)
    items = [_pod(namespace, measured[name]) for name in node.pods(namespace, query) if name in measured]
    return {"kind": "PodMetricsList", "apiVersion": f"{GROUP}/{VERSION}", "metadata": {}, "items": items}


def _pod(namespace: str, measured: dict[str, Any]) -> dict[str, Any]:
    containers = [
        {
            "name": each["name"],
            "usage": {
                "cpu": f"{each['cpu'].get('usageNanoCores', 0)}n",
                "memory": f"{each['memory'].get('workingSetBytes', 0)}",
            },
        }
        for each in measured["containers"]
        if "cpu" in each and "memory" in each
    ]
    return {
        "metadata": {"name": measured["podRef"]["name"], "namespace": namespace},
        "timestamp": measured.get("cpu", {}).get("time", measured["startTime"]),
        "window": _WINDOW,
        "containers": containers,
    }


if __name__ == "__main__":
    main(*sys.argv[1:4])
