"""What runs: restricted, told what it needs and no secret, stopped in order, never waiting for each other."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from charts.reference import CHART
from charts.tests.rendered import (
    RUNNING,
    VALUES,
    Document,
    containers,
    documents,
    files,
    of_kind,
    pods,
    role_of,
    selects,
    service_of,
    text,
)
from libs.ledger.privacy.master_key import MasterKey
from libs.rpc.keys import SigningKey
from libs.runtime.cluster.made_secrets import make, plan_of
from libs.runtime.config.settings import Settings, describe, read
from libs.runtime.host.exposed import exposed
from libs.runtime.tests.test_made_secrets import Namespace
from services.command.line import linli
from services.command.registry import NAMES, load


def plan(name: str) -> Any:
    job = next(pod for _, pod in pods(documents(name)) if role_of(pod) == "make-secrets")
    return plan_of(containers(job)[0]["args"][-1])


# Security


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


def test_what_is_rendered_twice_is_the_same() -> None:
    """Nothing is made by chance, so nothing changes at an upgrade that should not."""
    once = text("evaluation")
    text.cache_clear()

    assert text("evaluation") == once


# Settings


def environ(pod: Document, folder: Path) -> dict[str, str]:
    """What the last container of a pod is told, its files laid out in a folder."""
    written = {
        "master-key": MasterKey.generate().text(),
        "signing-key.pem": SigningKey.generate().pem().decode(),
        "relay-key.pem": SigningKey.generate().pem().decode(),
    }
    for path in filter(None, (path for _, _, _, path in files(pod))):
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(written.get(file.name, "hunter2"))
    told = {each["name"]: each.get("value", "") for each in pod["spec"]["containers"][0].get("env", [])}
    return {name: value.replace("/etc/linli", str(folder)) for name, value in told.items()}


@pytest.mark.parametrize("name", ["external", "external-full", "apart", "evaluation", "mesh", "cert-manager"])
def test_every_process_is_told_what_it_needs_and_every_file_is_mounted(name: str, tmp_path: Path) -> None:
    for title, pod in pods(documents(name)):
        if role_of(pod) not in (*RUNNING, "migrate", "contract", "first-operator"):
            continue
        told = environ(pod, tmp_path / title)
        settings = read(Settings, told)
        if role_of(pod) not in {"migrate", "contract"}:
            service = load(service_of(pod))
            read(service.settings, told, f"LINLI_{service.name.upper()}_")
        unsafe = list(exposed(settings, serves=role_of(pod) in {"server", "api"}))
        assert not (settings.require_tls and unsafe), (title, unsafe)
        for variable, value in told.items():
            if value.startswith(str(tmp_path)):
                assert Path(value).exists(), (title, variable)


@pytest.mark.parametrize("name", ["external", "apart", "cert-manager", "external-full"])
def test_an_installation_with_servers_of_its_own_insists_on_tls(name: str) -> None:
    for title, pod in pods(documents(name)):
        told = {each["name"]: each.get("value") for each in pod["spec"]["containers"][0].get("env", [])}
        assert told.get("LINLI_REQUIRE_TLS", "true") == "true", title


def test_every_variable_is_a_setting_that_something_reads() -> None:
    known = {name for name, _, _ in describe(Settings)}
    for service in NAMES:
        known |= {name for name, _, _ in describe(load(service).settings, f"LINLI_{service.upper()}_")}
    for _, pod in pods(documents("external-full")):
        for container in containers(pod):
            for variable in container.get("env", []):
                name = variable["name"].removesuffix("_FILE")
                assert name in known or not name.startswith("LINLI_"), name


def test_a_migration_runs_as_the_owner_and_the_service_as_its_role() -> None:
    jobs = [
        pod
        for _, pod in pods(documents("external"))
        if role_of(pod) == "migrate" and service_of(pod) == "cases"
    ]
    [told] = [{each["name"]: each.get("value") for each in containers(job)[0]["env"]} for job in jobs]

    assert told["LINLI_DATABASE_URL"].startswith(
        "postgresql://linli_cases_owner@db.example.org:5432/linli_cases?"
    )
    assert told["LINLI_RUNTIME_ROLE"] == "linli_cases"
    assert {key for _, _, key, path in files(jobs[0]) if path == "secrets/database-password"} == {
        "owner-password"
    }


def test_a_setting_of_a_service_wins_over_one_of_its_role_and_that_over_the_common_one() -> None:
    words = (
        *("--set", "settings.LINLI_THREADS=1,settings.LINLI_POOL_SIZE=4,settings.LINLI_LOG_LEVEL=debug"),
        *("--set", "roles.server.settings.LINLI_THREADS=2,roles.server.settings.LINLI_POOL_SIZE=5"),
        *("--set", "services.cases.settings.LINLI_THREADS=3"),
    )
    pod = of_kind(documents("external", *words), "Deployment")["elm-linli-cases-server"]["spec"]["template"]
    told = {each["name"]: each.get("value") for each in containers(pod)[-1]["env"]}

    assert (told["LINLI_THREADS"], told["LINLI_POOL_SIZE"], told["LINLI_LOG_LEVEL"]) == ("3", "5", "debug")


# Secrets


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


# Order


def test_nothing_but_the_test_and_the_contraction_is_a_hook() -> None:
    """A hook that waits for what is made after it is how installations hang."""
    hooks = {
        (role_of(pod), each["metadata"]["annotations"]["helm.sh/hook"])
        for name in ("evaluation", "contracting")
        for each in documents(name)
        if "helm.sh/hook" in each["metadata"].get("annotations", {})
        for _, pod in pods([each])
    }

    assert hooks == {("smoke-test", "test"), ("contract", "post-upgrade")}


def test_every_role_waits_for_the_schema_with_its_own_rights() -> None:
    for title, pod in pods(documents("apart")):
        if role_of(pod) in RUNNING:
            [first] = pod["spec"]["initContainers"]
            assert first["args"] == [service_of(pod), "await-schema"], title
            assert first["env"] == containers(pod)[-1]["env"], title


def jobs(*words: str) -> set[str]:
    return set(of_kind(documents("external", *words), "Job"))


def test_a_job_is_a_new_one_when_its_image_or_settings_change_and_else_the_same() -> None:
    assert jobs() == jobs("--set", "roles.server.replicas=2")
    assert jobs().isdisjoint(jobs("--set", "image.tag=v2"))
    assert len(jobs() - jobs("--set", "services.cases.database.name=matters")) >= 1


def test_every_command_is_one_of_the_command_line() -> None:
    for name in ("evaluation", "apart", "contracting"):
        for title, pod in pods(documents(name)):
            for container in containers(pod):
                words = container.get("args", [])
                if container["name"] == "rabbitmq" or container.get("command"):
                    continue
                group = linli.get_command(None, words[0])  # type: ignore[arg-type]  # our groups need no context
                assert group is not None, title
                command = group.get_command(None, words[1])  # type: ignore[attr-defined]
                assert command is not None, (title, words)
                known = {option for each in command.params for option in each.opts}
                flags = {word.partition("=")[0] for word in words[2:] if word.startswith("--")}
                assert flags <= known, (title, flags - known)


# Living


def test_a_pod_gets_the_time_that_its_stop_takes() -> None:
    for title, deployment in of_kind(documents("external-full"), "Deployment").items():
        spec = deployment["spec"]["template"]["spec"]
        serves = role_of(deployment["spec"]["template"]) in {"server", "api"}
        assert spec["terminationGracePeriodSeconds"] >= 45 + 5 * serves + 35, title
        assert ("lifecycle" in spec["containers"][0]) is serves, title
        assert deployment["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}


@pytest.mark.parametrize(("name", "scheme"), [("external", "HTTPS"), ("mesh", "HTTP")])
def test_probes_ask_the_right_questions(name: str, scheme: str) -> None:
    for deployment in of_kind(documents(name), "Deployment").values():
        [container] = deployment["spec"]["template"]["spec"]["containers"]
        asked = {each: container[f"{each}Probe"]["httpGet"] for each in ("startup", "liveness", "readiness")}
        paths = {each: probe["path"] for each, probe in asked.items()}
        assert paths == {"startup": "/livez", "liveness": "/livez", "readiness": "/readyz"}
        assert {probe["scheme"] for probe in asked.values()} == {scheme}


def test_roles_apart_are_four_and_identity_has_no_worker() -> None:
    names = set(of_kind(documents("apart"), "Deployment"))

    assert {name for name in names if "-cases-" in name} == {
        f"elm-linli-cases-{role}" for role in ("api", "projector", "relay", "worker")
    }
    assert {name for name in names if "-catalog-" in name} == {
        "elm-linli-catalog-server",
        "elm-linli-catalog-worker",
    }
    assert "elm-linli-identity-worker" not in names


def test_replicas_are_either_given_or_scaled_and_only_of_the_api() -> None:
    for name, kind in (
        ("autoscaled-by-hpa", "HorizontalPodAutoscaler"),
        ("autoscaled-by-keda", "ScaledObject"),
    ):
        found = documents(name)
        scaled = {each["spec"]["scaleTargetRef"]["name"] for each in of_kind(found, kind).values()}
        unset = {
            title for title, each in of_kind(found, "Deployment").items() if "replicas" not in each["spec"]
        }
        assert scaled == unset
        assert scaled
        assert all(title.endswith("-api") for title in scaled)
        others = {"HorizontalPodAutoscaler", "ScaledObject"} - {kind}
        assert not [each for each in found if each["kind"] in others]


def test_above_one_replica_there_is_a_budget_and_a_spread() -> None:
    found = documents("replicated")
    budgets = of_kind(found, "PodDisruptionBudget")

    for title, deployment in of_kind(found, "Deployment").items():
        many = deployment["spec"]["replicas"] > 1
        assert (title in budgets) is many
        assert ("topologySpreadConstraints" in deployment["spec"]["template"]["spec"]) is many


@pytest.mark.parametrize("name", ["evaluation", "apart", "external"])
def test_every_service_selects_the_pods_of_one_role_that_have_its_ports(name: str) -> None:
    found = documents(name)
    for title, service in of_kind(found, "Service").items():
        selector = {"matchLabels": service["spec"]["selector"]}
        chosen = [pod for _, pod in pods(found) if selects(selector, pod)]
        assert chosen, title
        for pod in chosen:
            has = {port["name"] for container in containers(pod) for port in container.get("ports", [])}
            assert {port["targetPort"] for port in service["spec"]["ports"]} <= has, title


# Monitoring


def test_monitoring_that_was_asked_for_never_vanishes_offline() -> None:
    assert of_kind(documents("monitored"), "ServiceMonitor")


def test_rules_and_dashboards_are_all_that_the_chart_has() -> None:
    on = ("--set", "monitoring.rules.enabled=true,monitoring.dashboards.enabled=true")
    found = documents("external", *on)

    assert set(of_kind(found, "PrometheusRule")) == {"elm-linli-linli"}
    [rule] = of_kind(found, "PrometheusRule").values()
    assert {group["name"] for group in rule["spec"]["groups"]} >= {"linli-recorded", "linli-alerts"}
    boards = {name for name in of_kind(found, "ConfigMap") if "dashboard" in name}
    files = {file.stem for file in (CHART / "dashboards").glob("*.json")}
    assert boards == {f"elm-linli-dashboard-{name}" for name in files}
    for name in boards:
        [(file, board)] = of_kind(found, "ConfigMap")[name]["data"].items()
        assert json.loads(board) == json.loads((CHART / "dashboards" / file).read_text())


def test_auto_follows_what_the_cluster_has() -> None:
    api = ("--api-versions", "monitoring.coreos.com/v1/ServiceMonitor")

    assert not of_kind(documents("external"), "ServiceMonitor")
    assert of_kind(documents("external", *api), "ServiceMonitor")
    assert not of_kind(
        documents("external", *api, "--set", "monitoring.scrape.enabled=false"), "ServiceMonitor"
    )
