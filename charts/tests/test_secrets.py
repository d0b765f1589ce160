"""What a pod mounts is made by the job or given, and the job may do what it does and no more."""

import re
from typing import Any

import pytest

from charts.tests.rendered import (
    containers,
    documents,
    files,
    of_kind,
    pods,
    role_of,
)
from libs.runtime.cluster.made_secrets import make, plan_of
from libs.runtime.tests.test_made_secrets import Namespace
from services.command.registry import NAMES


def plan(name: str) -> Any:
    job = next(pod for _, pod in pods(documents(name)) if role_of(pod) == "make-secrets")
    return plan_of(containers(job)[0]["args"][-1])


_GIVEN = {
    "evaluation": r"^$",
    "external": r"-(database|broker|tls|key-store)$",
    "own-secrets": r"-(database|broker|tls|key-store|relay-key)$|^vault-|^relays$",
}
"""What an operator makes before, by value file."""


@pytest.mark.parametrize("name", _GIVEN)
def test_what_a_pod_mounts_is_made_by_the_job_or_is_the_operators(name: str) -> None:
    """A key that nobody makes would leave the pod waiting for ever."""
    found = documents(name)
    made = Namespace()
    if any(role_of(pod) == "make-secrets" for _, pod in pods(found)):
        list(make(plan(name), made))
    for title, pod in pods(found):
        for kind, secret, key, _ in files(pod):
            there = made.get(kind, secret)
            assert re.search(_GIVEN[name], secret) or key in (there or {}).get("data", {}), (
                title,
                secret,
                key,
            )


@pytest.mark.parametrize("name", ["evaluation", "external", "monitored"])
def test_the_job_may_do_what_it_does_and_no_more(name: str) -> None:
    asked: set[tuple[str, str]] = set()

    class Watched(Namespace):
        def get(self, kind: str, name: str) -> Any:
            asked.add((kind, name))
            return super().get(kind, name)

    wanted = plan(name)
    list(make(wanted, Watched()))
    [role] = of_kind(documents(name), "Role").values()
    may = {
        (kind, each)
        for rule in role["rules"]
        for each in rule.get("resourceNames", [])
        for kind in [{"secrets": "Secret", "configmaps": "ConfigMap"}[rule["resources"][0]]]
    }

    assert asked <= may
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} <= {"get", "create", "patch"}
    assert all(rule["verbs"] == ["create"] for rule in role["rules"] if "resourceNames" not in rule)


def test_a_given_secret_is_not_made() -> None:
    names = {wanted.name for wanted in plan("external-full").secrets}

    assert names == {
        *("elm-master-key", "elm-signing-key", "elm-first-operator"),
        *(f"elm-{service}-relay-key" for service in NAMES if service != "cases"),
    }


def test_helm_test_may_log_in_as_another_operator() -> None:
    words = ("--set", "test.login=wei,test.existingSecret=tester,test.passwordKey=secret")
    [pod] = of_kind(documents("external", *words), "Pod").values()

    assert "--login=wei" in containers(pod)[0]["args"]
    assert ("Secret", "tester", "secret", "password") in set(files(pod))
