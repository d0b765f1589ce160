"""Ports on this machine's loopback that lead to services inside a cluster, whoever runs it.

A pod forwards to the services, and `kubectl port-forward` to the pod: so what happens to a service's own pods
ends connections, as it would for any client, and not the way to them.
"""

import json
import re
import subprocess
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from e2e.cluster import door
from e2e.cluster.cluster import Cluster
from libs.testkit.eventually import eventually

_NAME = "linli-door"
_FIRST_PORT = 17000
_FOLDER = "/door"
_READY_WITHIN = 120.0


@contextmanager
def doors(
    cluster: Cluster, namespace: str, image: str, services: Mapping[str, str]
) -> Iterator[Mapping[str, int]]:
    """The ports of `services` (name: host:port inside) on 127.0.0.1, by name. `image` is one with Python."""
    within = ("-n", namespace)
    ports = {name: _FIRST_PORT + number for number, name in enumerate(services)}
    script = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": _NAME},
        "data": {"door.py": Path(door.__file__).read_text("utf-8")},
    }
    words = [f"{ports[name]}={there}" for name, there in services.items()]
    for made in (script, _pod(image, words, ports.values())):
        cluster.kubectl(*within, "apply", "-f", "-", given=json.dumps(made))
    try:
        cluster.kubectl(
            *within, "wait", "--for=condition=Ready", f"pod/{_NAME}", f"--timeout={_READY_WITHIN:g}s"
        )
        with _forwarded(cluster, namespace, list(ports.values())) as here:
            yield {name: here[port] for name, port in ports.items()}
    finally:
        cluster.kubectl(*within, "delete", f"pod/{_NAME}", f"configmap/{_NAME}", "--grace-period=1")


def _pod(image: str, words: list[str], ports: Collection[int]) -> dict[str, Any]:
    """It forwards, with the rights of nobody."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": _NAME},
        "spec": {
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 1,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 10001,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [
                {
                    "name": "door",
                    "image": image,
                    "imagePullPolicy": "IfNotPresent",
                    "command": ["python3", f"{_FOLDER}/door.py", *words],
                    "readinessProbe": {"tcpSocket": {"port": min(ports)}, "periodSeconds": 1},
                    "resources": {
                        "requests": {"cpu": "10m", "memory": "32Mi"},
                        "limits": {"memory": "128Mi"},
                    },
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "readOnlyRootFilesystem": True,
                        "capabilities": {"drop": ["ALL"]},
                    },
                    "volumeMounts": [{"name": "door", "mountPath": _FOLDER}],
                }
            ],
            "volumes": [{"name": "door", "configMap": {"name": _NAME}}],
        },
    }


@contextmanager
def _forwarded(cluster: Cluster, namespace: str, ports: list[int]) -> Iterator[dict[int, int]]:
    """Ports on loopback by port of the pod, as long as the `with` lasts."""
    command = [*cluster.command("kubectl"), "-n", namespace, "port-forward", f"pod/{_NAME}"]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        forwarding = subprocess.Popen([*command, *(f":{port}" for port in ports)], stdout=said, stderr=said)
        try:
            yield eventually(lambda: _told(forwarding, said, ports), "ports are forwarded", seconds=30.0)
        finally:
            forwarding.terminate()
            forwarding.wait()


def _told(forwarding: "subprocess.Popen[bytes]", said: TextIO, ports: list[int]) -> dict[int, int]:
    said.seek(0)
    text = said.read()
    assert forwarding.poll() is None, text
    found = {int(there): int(here) for here, there in re.findall(r"127\.0\.0\.1:(\d+) -> (\d+)", text)}
    return found if set(found) == set(ports) else {}
