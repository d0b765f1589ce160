"""What a pod mounts is made by the job or given, and the job may do what it does and no more."""

import re
from typing import Any

import pytest

from charts.tests.rendered import (
    RELEASE,
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
    "operators": r"^elm-linli-postgres-ca$",
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
    asked: set[tuple[str, str, str]] = set()

    class Watched(Namespace):
        def get(self, kind: str, name: str) -> Any:
            asked.add((kind, name, "get"))
            return super().get(kind, name)

        def create(self, body: Any) -> bool:
            asked.add((body["kind"], "", "create"))
            return super().create(body)

        def merge(self, kind: str, name: str, change: Any) -> None:
            asked.add((kind, name, "patch"))
            super().merge(kind, name, change)

    wanted, there = plan(name), Watched()
    list(make(wanted, there))
    assert wanted.relay_keys is not None
    there.objects["ConfigMap", wanted.relay_keys.config_map]["data"] = {}  # as if relays' keys were new
    list(make(wanted, there))
    [role] = of_kind(documents(name), "Role").values()
    may = {
        (kind, each, verb)
        for rule in role["rules"]
        for kind in [{"secrets": "Secret", "configmaps": "ConfigMap"}[rule["resources"][0]]]
        for each in rule.get("resourceNames", [""])
        for verb in rule["verbs"]
    }

    assert asked == may


def test_what_the_job_makes_is_no_part_of_the_release_that_could_be_pruned() -> None:
    assert plan("external").labels == {"linli/made-for": RELEASE}


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
