"""Who may call whom: the policies, read as Kubernetes reads them, allow what files/network.yaml declares."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from charts.reference import CHART
from charts.tests.rendered import Document, documents, of_kind, pods, role_of, selects, service_of
from libs.runtime.host.shell import ROLES

GRAPH = yaml.safe_load((CHART / "files" / "network.yaml").read_text())["edges"]
WITH_POLICIES = ["external-full", "evaluation", "apart", "external", "mesh", "contracting"]

Call = tuple[str, str, int, str]
"""(from, to, port, protocol); a pod is named `service/role`, somebody outside by the name of the peers."""


def named(pod: Document) -> str:
    return f"{service_of(pod)}/{role_of(pod)}"


_APART = {"postgresql": "10.1.0.0/16", "rabbitmq": "10.2.0.0/16", "kubernetesApi": "10.4.0.0/16"}
"""Peers that are anywhere by default get addresses, so that calls to one are told from those to another."""


def rendered(name: str) -> list[Document]:
    words = [
        word
        for peer, cidr in _APART.items()
        for word in ("--set-json", f'networkPolicy.peers.{peer}=[{{"ipBlock": {{"cidr": "{cidr}"}}}}]')
    ]
    return documents(name, *words)


def outside(name: str) -> dict[str, list[Any]]:
    """What the values say the peers are."""
    defaults = yaml.safe_load((CHART / "values.yaml").read_text())["networkPolicy"]["peers"]
    told = yaml.safe_load((CHART.parent / "tests" / "values" / f"{name}.yaml").read_text())
    apart = {peer: [{"ipBlock": {"cidr": cidr}}] for peer, cidr in _APART.items()}
    added = {edge["name"]: edge.get("to") or edge["from"] for edge in added_edges(name)}
    return {**defaults, **told.get("networkPolicy", {}).get("peers", {}), **apart, **added}


def added_edges(name: str) -> list[dict[str, Any]]:
    """The calls that the values add, whose peers go by their names here."""
    told = yaml.safe_load((CHART.parent / "tests" / "values" / f"{name}.yaml").read_text())
    return list(told.get("networkPolicy", {}).get("edges", []))


def graph(name: str) -> list[dict[str, Any]]:
    """What the chart declares, and what the values add to it, in one form."""
    everywhere = sorted(
        {role for edge in GRAPH for way in ("from", "to") for role in edge[way].get("roles", [])}
    )
    edges = list(GRAPH)
    for edge in added_edges(name):
        ours = {"roles": edge.get("roles", everywhere), "services": edge.get("services", [])}
        theirs = {"peers": edge["name"]}
        ways = {"from": ours, "to": theirs} if "to" in edge else {"from": theirs, "to": ours}
        edges.append({**edge, **ways})
    return edges


def rules(found: list[Document], pod: Document, way: str) -> Iterator[tuple[list[Any], list[Any]]]:
    """(peers, ports) of all that applies to a pod in one direction; it must be isolated in it."""
    applying = [
        each["spec"]
        for each in of_kind(found, "NetworkPolicy").values()
        if selects(each["spec"]["podSelector"], pod) and way.capitalize() in each["spec"]["policyTypes"]
    ]
    assert applying, f"{named(pod)} is not isolated: {way}"
    for spec in applying:
        for rule in spec.get(way, []):
            assert rule.get("from" if way == "ingress" else "to"), "no peers would mean everybody"
            assert rule.get("ports"), "no ports would mean all"
            yield rule["from" if way == "ingress" else "to"], rule["ports"]


def reached(found: list[Document], pod: Document, way: str, peers: dict[str, list[Any]]) -> Iterator[Call]:
    """Whom the rules of one pod allow, in one direction."""
    mine = named(pod)
    for allowed, ports in rules(found, pod, way):
        for peer in allowed:
            others = [
                named(p) for _, p in pods(found) if "podSelector" in peer and selects(peer["podSelector"], p)
            ]
            if "podSelector" not in peer:
                others = [name for name, theirs in peers.items() if peer in theirs]
            for other in others:
                for port in ports:
                    pair = (mine, other) if way == "egress" else (other, mine)
                    yield (*pair, port["port"], port["protocol"])


def allowed(name: str) -> set[Call]:
    """Every call that gets through: between pods both sides must allow it."""
    found, peers = rendered(name), outside(name)
    inside = {named(pod) for _, pod in pods(found)}
    out = {call for _, pod in pods(found) for call in reached(found, pod, "egress", peers)}
    into = {call for _, pod in pods(found) for call in reached(found, pod, "ingress", peers)}
    return {
        call
        for call in out | into
        if (call in out or call[0] not in inside) and (call in into or call[1] not in inside)
    }


def declared(name: str) -> set[Call]:
    """The same from the declaration alone."""
    found, peers = rendered(name), outside(name)
    evaluation = any(role_of(pod) == "postgresql" for _, pod in pods(found))
    told = yaml.safe_load((CHART.parent / "tests" / "values" / f"{name}.yaml").read_text())
    ports = {
        "postgresql": [5432]
        if evaluation
        else [told.get("postgresql", {}).get("port", 5432), told.get("keyStore", {}).get("port", 5432)],
        "rabbitmq": [5672 if evaluation else told.get("rabbitmq", {}).get("port", 5671)],
        "mail": [told.get("mail", {}).get("port", 587)],
        "sms": [told.get("sms", {}).get("port", 443)],
        "kubernetesApi": [443, 6443],
        "dns": told.get("networkPolicy", {}).get("dnsPorts", [53, 5353]),
    }

    def side(of: dict[str, Any]) -> list[str]:
        here = [
            named(pod)
            for _, pod in pods(found)
            if role_of(pod) in of.get("roles", [])
            and (not of.get("services") or service_of(pod) in of["services"])
        ]
        peer = of.get("peers", "")
        away = peer and peers[peer] and not (evaluation and peer in {"postgresql", "rabbitmq"})
        return [*here, *([peer] if away else [])]

    return {
        (source, target, port, protocol)
        for edge in graph(name)
        for source in side(edge["from"])
        for target in side(edge["to"])
        for said in edge["ports"]
        for port in ports.get(said, [said])
        for protocol in edge.get("protocols", ["TCP"])
    }


@pytest.mark.parametrize("name", WITH_POLICIES)
def test_the_policies_allow_what_is_declared_and_nothing_else(name: str) -> None:
    assert allowed(name) == declared(name)


def test_a_call_that_the_values_add_is_allowed_and_no_more() -> None:
    calls = {call for call in allowed("mesh") if {"mesh", "node-dns", "agents"} & {*call[:2]}}

    assert ("cases/worker", "mesh", 15012, "TCP") in calls
    assert ("/make-secrets", "node-dns", 53, "UDP") in calls
    assert {call for call in calls if call[0] == "agents"} == {
        ("agents", "cases/server", 7480, "TCP"),
        ("agents", "cases/worker", 7480, "TCP"),
    }


def test_nothing_is_added_by_default() -> None:
    assert yaml.safe_load((CHART / "values.yaml").read_text())["networkPolicy"]["edges"] == []


def test_partners_reach_the_apis_and_nothing_else() -> None:
    calls = {call for call in allowed("external-full") if call[0] == "clients"}

    assert {call[1].partition("/")[2] for call in calls} == {"server"}
    assert {call[2] for call in calls} == {7400}


def test_no_service_calls_another_but_identity_for_its_keys() -> None:
    between = {
        call
        for call in allowed("apart")
        if call[0].partition("/")[2] in ROLES and call[1].partition("/")[2] in ROLES
    }

    assert {call[1:] for call in between} == {("identity/api", 7480, "TCP")}


def test_only_the_job_that_makes_secrets_reaches_the_kubernetes_api() -> None:
    calls = allowed("evaluation")

    assert {call[0] for call in calls if call[2] in {443, 6443}} == {"/make-secrets"}


def test_nobody_outside_may_call_before_an_operator_names_them() -> None:
    calls = allowed("external")

    assert not [call for call in calls if call[2] == 7400 and call[0] != "/smoke-test"]


def test_every_role_of_the_graph_is_a_role_of_some_pod() -> None:
    known = {role_of(pod) for name in WITH_POLICIES for _, pod in pods(documents(name))}
    graph = {role for edge in GRAPH for way in ("from", "to") for role in edge[way].get("roles", [])}

    assert graph == known
