"""A node is a real Kubernetes: pods, services, names, charts, volumes; and it leaves nothing behind."""

import json
import subprocess
from pathlib import Path

import pytest

from e2e.cluster.build import image_of
from e2e.cluster.cluster import Cluster, CommandFailed
from e2e.cluster.needs import control_groups
from e2e.cluster.node import Node, NodeFailed
from e2e.cluster.place import ROOT, Place
from e2e.cluster.restricted import shortcomings
from libs.testkit.eventually import eventually

CHART = Path(__file__).parent / "chart"
PROBE = image_of("probe")
pytestmark = [pytest.mark.cluster, pytest.mark.process, pytest.mark.timeout(900)]


def test_a_chart_is_installed_tested_upgraded_and_rolled_back(cluster: Cluster, namespace: str) -> None:
    within = ("-n", namespace, "--wait", "--timeout", "3m")

    cluster.helm("install", "try", str(CHART), *within)
    assert greetings(cluster, namespace) == ["hello", "hello"]

    cluster.helm("upgrade", "try", str(CHART), "--set", "greeting=goodbye", *within)
    assert greetings(cluster, namespace) == ["goodbye", "goodbye"]

    cluster.helm("rollback", "try", "1", *within)
    assert greetings(cluster, namespace) == ["hello", "hello"]
    assert [wrong for pod in cluster.get("pods", "-n", namespace) for wrong in shortcomings(pod)] == []


def greetings(cluster: Cluster, namespace: str) -> list[str]:
    """What the chart's own test hears, by the service's short name and by its long one.

    It asks once the pods of the release before are gone: they answer until they are.
    """
    web = ("pods", "-n", namespace, "-l", "app=try-web")
    eventually(lambda: len(cluster.get(*web)) == 2, "the pods of the release before are gone", seconds=60)
    cluster.helm("test", "try", "-n", namespace, "--timeout", "2m")
    said = cluster.kubectl("-n", namespace, "logs", "try-get")
    return [line.rpartition(": ")[2] for line in said.splitlines()]


def test_a_deleted_pod_is_replaced(cluster: Cluster, namespace: str) -> None:
    cluster.helm("install", "try", str(CHART), "-n", namespace, "--wait", "--timeout", "3m")
    [first, _] = cluster.get("pods", "-n", namespace, "-l", "app=try-web")

    cluster.kubectl("-n", namespace, "delete", "pod", first["metadata"]["name"])
    cluster.kubectl("-n", namespace, "rollout", "status", "deployment/try-web", "--timeout=120s")

    names = [pod["metadata"]["name"] for pod in cluster.get("pods", "-n", namespace, "-l", "app=try-web")]
    assert len(names) == 2
    assert first["metadata"]["name"] not in names


def test_a_pod_that_may_be_root_is_refused(cluster: Cluster, namespace: str) -> None:
    with pytest.raises(CommandFailed, match='violates PodSecurity "restricted:latest"'):
        cluster.kubectl("-n", namespace, "run", "root", f"--image={PROBE}", "--", "serve", "hello")


def test_a_volume_can_be_claimed_by_a_pod_that_is_not_root(cluster: Cluster, namespace: str) -> None:
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    cluster.kubectl("-n", namespace, "apply", "-f", "-", given=json.dumps(claim))
    cluster.kubectl("-n", namespace, "apply", "-f", "-", given=json.dumps(claiming_pod()))

    cluster.kubectl("-n", namespace, "wait", "--for=condition=Ready", "pod/claims", "--timeout=120s")

    [bound] = cluster.get("pvc", "data", "-n", namespace)
    [volume] = cluster.get("pv", bound["spec"]["volumeName"])
    folder = Path(volume["spec"]["local"]["path"])
    assert (folder.stat().st_gid, folder.stat().st_mode & 0o070) == (10001, 0o070)


def claiming_pod() -> dict[str, object]:
    """A restricted pod with the claim `data`; its group may write."""
    nobody = {"runAsNonRoot": True, "runAsUser": 10001, "fsGroup": 10001}
    restricted = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    container = {
        "name": "serve",
        "image": PROBE,
        "args": ["serve", "hello"],
        "securityContext": restricted,
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "claims"},
        "spec": {
            "terminationGracePeriodSeconds": 1,
            "securityContext": {**nobody, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [container],
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
        },
    }


def test_a_node_that_went_down_has_left_nothing(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert cluster.node is not None
    before = Path("/proc/net/dev").read_text().count(":")
    folder = tmp_path_factory.mktemp("second")
    second = Node(Place(folder / "node"), cluster.node.made_of, folder / "turn")

    second.up(print)
    assert str(second.place.root) in processes()
    second.down()

    eventually(lambda: str(second.place.root) not in processes(), "its processes are gone")
    assert not second.place.root.exists()
    assert not second.turn.exists()
    assert [each for each in control_groups() if (each / second.place.name).exists()] == []
    assert str(second.place.root) not in Path("/proc/self/mounts").read_text()
    assert Path("/proc/net/dev").read_text().count(":") == before
    assert cluster.node.runs


def test_a_second_node_is_told_whose_the_first_is(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert cluster.node is not None
    second = Node(Place(tmp_path_factory.mktemp("second") / "node"), cluster.node.made_of)

    with pytest.raises(NodeFailed, match=f"a node of the checkout {ROOT} .* runs on this machine"):
        second.up(print)

    assert not second.place.root.exists()
    assert cluster.node.runs


def processes() -> str:
    """The command lines of all processes of this machine."""
    return subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, text=True, check=True).stdout
