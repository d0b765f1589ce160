"""A pod that is less than restricted is found, whichever way it is."""

import copy
from typing import Any

import pytest

from e2e.cluster.restricted import shortcomings

GOOD: dict[str, Any] = {
    "metadata": {"name": "good"},
    "spec": {
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "volumes": [{"name": "data", "emptyDir": {}}],
        "containers": [
            {
                "name": "only",
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                },
            }
        ],
    },
}


def test_a_restricted_pod_falls_short_of_nothing() -> None:
    assert list(shortcomings(GOOD)) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"runAsNonRoot": False}, "may run as root"),
        ({"runAsUser": 0}, "runs as root"),
        ({"privileged": True}, "is privileged"),
        ({"allowPrivilegeEscalation": None}, "may gain privileges"),
        ({"capabilities": {"drop": ["ALL"], "add": ["SYS_ADMIN"]}}, "has capabilities"),
        ({"capabilities": {"drop": ["CHOWN"]}}, "has capabilities"),
        ({"seccompProfile": {"type": "Unconfined"}}, "may use every system call"),
        ({"readOnlyRootFilesystem": False}, "may write to its image's files"),
    ],
)
def test_a_containers_own_context_overrides_the_pods(change: dict[str, Any], said: str) -> None:
    pod = copy.deepcopy(GOOD)
    pod["spec"]["containers"][0]["securityContext"].update(change)

    assert list(shortcomings(pod)) == [f"good, container only: {said}"]


def test_an_init_container_is_looked_at_too() -> None:
    pod = copy.deepcopy(GOOD)
    pod["spec"]["initContainers"] = [{"name": "first"}]

    assert "good, container first: may gain privileges" in shortcomings(pod)


def test_the_machines_own_namespaces_and_folders_are_found() -> None:
    pod = copy.deepcopy(GOOD)
    pod["spec"]["hostPID"] = True
    pod["spec"]["volumes"].append({"name": "root", "hostPath": {"path": "/"}})

    assert list(shortcomings(pod)) == ["good: hostPID", "good: volume root is a hostPath"]
