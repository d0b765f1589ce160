"""Pods are probed, stopped in order, scaled, spread and found."""

import pytest

from charts.tests.rendered import (
    containers,
    documents,
    of_kind,
    pods,
    role_of,
    selects,
)


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


def test_roles_apart_are_four_and_together_two() -> None:
    names = set(of_kind(documents("apart"), "Deployment"))

    assert {name for name in names if "-cases-" in name} == {
        f"elm-linli-cases-{role}" for role in ("api", "projector", "relay", "worker")
    }
    assert {name for name in names if "-catalog-" in name} == {
        "elm-linli-catalog-server",
        "elm-linli-catalog-worker",
    }
    assert "elm-linli-identity-worker" in names


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


def test_the_api_scales_by_processor_time_and_not_by_a_share_of_the_little_that_it_requests() -> None:
    hpas = of_kind(documents("autoscaled-by-hpa"), "HorizontalPodAutoscaler").values()
    scaled = of_kind(documents("autoscaled-by-keda"), "ScaledObject").values()

    targets = [each["spec"]["metrics"][0]["resource"]["target"] for each in hpas]
    triggers = [each["spec"]["triggers"][0] for each in scaled]
    assert {tuple(each.values()) for each in targets} == {("AverageValue", "700m")}
    assert {(each["metricType"], each["metadata"]["value"]) for each in triggers} == {
        ("AverageValue", "700m")
    }


def test_what_was_scaled_up_stays_for_a_while_that_can_be_chosen() -> None:
    chosen = ("--set", "everyService.autoscaling.scaleDownAfterSeconds=30")
    for words, seconds in (((), 300), (chosen, 30)):
        hpas = of_kind(documents("autoscaled-by-hpa", *words), "HorizontalPodAutoscaler")
        scaled = of_kind(documents("autoscaled-by-keda", *words), "ScaledObject")
        behaviours = [
            *(each["spec"]["behavior"] for each in hpas.values()),
            *(
                each["spec"]["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
                for each in scaled.values()
            ),
        ]

        assert behaviours
        assert {each["scaleDown"]["stabilizationWindowSeconds"] for each in behaviours} == {seconds}


def test_an_upgrade_of_linli_leaves_an_evaluations_own_servers_alone() -> None:
    """They would be away for all services at once; without a claim, their data would go.

    Kubernetes refuses the change from what an older chart had unless that is taken away by name.
    """
    servers = of_kind(documents("evaluation"), "StatefulSet")

    assert {name.rpartition("-")[2] for name in servers} == {"postgresql", "rabbitmq"}
    for each in servers.values():
        assert each["spec"]["updateStrategy"] == {"type": "OnDelete", "rollingUpdate": None}


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
