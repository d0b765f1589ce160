"""Pods are restricted, whatever the values, and no secret is rendered."""

import re

import pytest

from charts.tests.rendered import (
    VALUES,
    containers,
    documents,
    notes,
    of_kind,
    pods,
    role_of,
    text,
)


@pytest.mark.parametrize("name", VALUES)
def test_every_pod_is_restricted(name: str) -> None:
    for title, pod in pods(documents(name)):
        spec = pod["spec"]
        assert spec["securityContext"]["runAsNonRoot"] is True, title
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, title
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys(), title
        assert spec["automountServiceAccountToken"] is (role_of(pod) == "make-secrets"), title
        for container in containers(pod):
            own = container["securityContext"]
            assert own["allowPrivilegeEscalation"] is False, title
            assert own["readOnlyRootFilesystem"] is True, title
            assert own["capabilities"] == {"drop": ["ALL"]}, title
            assert container["resources"]["limits"]["memory"], title
            assert container["resources"]["requests"].keys() >= {"cpu", "memory"}, title
        kinds = {kind for volume in spec["volumes"] for kind in volume if kind != "name"}
        assert kinds <= {"emptyDir", "projected", "secret", "configMap"}, title


def test_a_platform_may_choose_the_users() -> None:
    for title, pod in pods(documents("platform-chosen-users")):
        assert not {"runAsUser", "fsGroup"} & pod["spec"]["securityContext"].keys(), title


@pytest.mark.parametrize("name", VALUES)
def test_no_secret_is_rendered(name: str) -> None:
    found = documents(name)

    assert of_kind(found, "Secret") == {}
    for _, pod in pods(found):
        for container in containers(pod):
            for variable in container.get("env", []):
                value = variable.get("value", "")
                assert not re.search(r"://[^@/]*:[^@/]*@", value), variable
                if variable["name"].endswith(("PASSWORD", "_KEY")):
                    assert value.startswith("/etc/linli/"), variable


@pytest.mark.parametrize("name", VALUES)
def test_no_text_anywhere_has_an_address_with_a_password_or_a_private_key(name: str) -> None:
    """ConfigMaps, annotations and arguments are read by more people than Secrets are."""
    found = re.findall(r"://[^@/\s\"']*:[^@/\s\"']+@|PRIVATE KEY|hunter2", text(name))

    assert found == []


def test_what_an_installation_ends_with_has_the_command_for_the_password_and_not_the_password() -> None:
    assert not re.search(r"[A-Za-z0-9_/+-]{32,}={0,2}", notes("evaluation"))
    assert "base64 -d" in notes("evaluation")


def test_what_is_rendered_twice_is_the_same() -> None:
    """Nothing is made by chance, so nothing changes at an upgrade that should not."""
    once = text("evaluation")
    text.cache_clear()

    assert text("evaluation") == once
