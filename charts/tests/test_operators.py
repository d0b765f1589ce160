"""Servers that operators run: with the databases, roles, users and passwords that the services need."""

from typing import Any

import kubernetes_validate
import pytest

from charts.tests.operators import CLUSTER, DATABASE, RABBITMQ_CLUSTER, faults
from charts.tests.rendered import (
    Document,
    containers,
    documents,
    files,
    of_kind,
    pods,
    refused,
    role_of,
    service_of,
)
from charts.tests.test_secrets import plan
from libs.runtime.cluster.made_secrets import make
from libs.runtime.tests.test_made_secrets import Namespace
from services.command.line import linli
from services.command.registry import NAMES

SHAPES = {"Cluster": CLUSTER, "Database": DATABASE, "RabbitmqCluster": RABBITMQ_CLUSTER}


def one(kind: str, *words: str, name: str = "operators") -> Document:
    [found] = of_kind(documents(name, *words), kind).values()
    return found


@pytest.mark.parametrize(
    "words", [(), ("--set", "postgresql.cluster.image=pg:17,rabbitmq.cluster.image=rabbit:4")]
)
def test_the_operators_take_every_field(words: tuple[str, ...]) -> None:
    found = [each for each in documents("operators", *words) if each["kind"] in SHAPES]

    assert {each["kind"] for each in found} == SHAPES.keys()
    assert [
        fault for each in found for fault in faults(each["spec"], SHAPES[each["kind"]], each["kind"])
    ] == []


def test_a_field_that_an_operator_does_not_have_is_noticed() -> None:
    wrong = {"instances": "3", "sync": 1, "managed": {"roles": [{"in_roles": []}]}}

    assert sorted(faults(wrong, CLUSTER)) == [
        "spec.instances is no int",
        "spec.managed.roles[].in_roles is unknown",
        "spec.managed.roles[].name is missing",
        "spec.sync is unknown",
    ]


def test_each_service_has_a_database_an_owner_and_a_role_of_which_the_owner_is_a_member() -> None:
    databases = {d["spec"]["name"]: d["spec"] for d in of_kind(documents("operators"), "Database").values()}
    cluster = one("Cluster")
    roles = {role["name"]: role for role in cluster["spec"]["managed"]["roles"]}

    assert databases.keys() == {
        "linli_keys",
        "matters",
        *(f"linli_{name}" for name in NAMES if name != "cases"),
    }
    for database in databases.values():
        assert database["cluster"]["name"] == cluster["metadata"]["name"]
        assert database["databaseReclaimPolicy"] == "retain"
        assert database["owner"] in roles
    for user in [*(f"linli_{name}" for name in NAMES if name != "cases"), "matters"]:
        assert roles[f"{user}_owner"]["inRoles"] == [user]
        assert "inRoles" not in roles[user]


def test_a_commit_is_on_a_standby_before_it_is_acknowledged() -> None:
    assert one("Cluster")["spec"]["postgresql"]["synchronous"] == {
        "method": "any",
        "number": 1,
        "dataDurability": "required",
    }


def test_the_passwords_of_roles_are_in_secrets_that_the_operator_reads_and_the_pods_mount() -> None:
    made = Namespace()
    list(make(plan("operators"), made))
    for role in one("Cluster")["spec"]["managed"]["roles"]:
        secret = made.get("Secret", role["passwordSecret"]["name"])
        assert made.value(role["passwordSecret"]["name"], "username") == role["name"]
        assert secret["type"] == "kubernetes.io/basic-auth"
        assert secret["metadata"]["labels"]["cnpg.io/reload"] == "true"
    for title, pod in pods(documents("operators")):
        for kind, name, key, _ in files(pod):
            there = made.get(kind, name) or {}
            assert name == "elm-linli-postgres-ca" or key in there.get("data", {}), (title, name, key)


def test_the_owners_password_reaches_the_migrations_only() -> None:
    for title, pod in pods(documents("operators")):
        owners = [name for _, name, _, _ in files(pod) if name.endswith("-owner")]
        assert bool(owners) is (role_of(pod) in {"migrate", "contract"}), title


def test_the_services_verify_the_servers_by_name_and_authority() -> None:
    for _, pod in pods(documents("operators")):
        told = {each["name"]: each.get("value", "") for each in containers(pod)[-1].get("env", [])}
        mounted = {(name, path) for _, name, _, path in files(pod)}
        if "LINLI_DATABASE_URL" in told:
            assert "@elm-linli-postgres-rw.town.svc:5432/" in told["LINLI_DATABASE_URL"]
            assert (
                "sslmode=verify-full&sslrootcert=/etc/linli/postgresql/ca.crt" in told["LINLI_DATABASE_URL"]
            )
            assert ("elm-linli-postgres-ca", "postgresql/ca.crt") in mounted
            assert told["LINLI_REQUIRE_TLS"] == "true"
        if "LINLI_BROKER_URL" in told:
            assert told["LINLI_BROKER_URL"].startswith(
                f"amqps://{service_of(pod)}@elm-linli-rabbitmq.town.svc:5671/"
            )
            assert ("elm-linli-tls", "rabbitmq/ca.crt") in mounted
    certificate = plan("operators").certificate
    assert certificate is not None
    assert "elm-linli-rabbitmq.town.svc" in certificate.names


def test_the_brokers_users_come_from_definitions_that_its_own_pods_make() -> None:
    cluster = one("RabbitmqCluster")["spec"]
    spec = cluster["override"]["statefulSet"]["spec"]["template"]["spec"]
    [first], [rabbit] = spec["initContainers"], spec["containers"]
    _, command, *words = first["args"]
    group: Any = linli.get_command(None, "kubernetes")  # type: ignore[arg-type]  # our groups need no context

    assert {word for word in words if word.startswith("--")} <= {
        option for each in group.get_command(None, command).params for option in each.opts
    }
    assert cluster["rabbitmq"]["additionalConfig"] == "load_definitions = /etc/linli/definitions.json\n"
    assert {each["name"] for each in rabbit["volumeMounts"]} <= {each["name"] for each in spec["volumes"]}
    assert first["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    pod: Document = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": {**spec}}
    pod["spec"]["containers"] = [{**rabbit, "image": "x"}]
    kubernetes_validate.validate(pod, "1.27.0", strict=True)


def test_they_stay_when_the_release_goes() -> None:
    for each in documents("operators"):
        if each["kind"] in SHAPES:
            kept = each["metadata"]["annotations"]
            assert kept["helm.sh/resource-policy"] == "keep"
            assert kept["argocd.argoproj.io/sync-options"] == "Prune=false,Delete=false"


def test_the_policies_lead_to_their_pods_and_nowhere_else() -> None:
    policies = of_kind(documents("operators"), "NetworkPolicy")

    assert policies["elm-linli-ledgers-out"]["spec"]["egress"][0]["to"] == [
        {"podSelector": {"matchLabels": {"cnpg.io/cluster": "elm-linli-postgres"}}}
    ]
    assert policies["elm-linli-exchange-out"]["spec"]["egress"][0]["to"] == [
        {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "elm-linli-rabbitmq"}}}
    ]
    assert policies["elm-linli-exchange-out"]["spec"]["egress"][0]["ports"] == [
        {"port": 5671, "protocol": "TCP"}
    ]


_AUTO = (
    "--set",
    "postgresql.hosts=null,postgresql.cluster.enabled=auto,rabbitmq.host=,rabbitmq.cluster.enabled=auto",
)
_KNOWN = (
    "--api-versions",
    "postgresql.cnpg.io/v1/Cluster",
    "--api-versions",
    "rabbitmq.com/v1beta1/RabbitmqCluster",
)


def test_auto_makes_them_where_the_operators_are_and_no_server_is_named() -> None:
    given = ("--set", "postgresql.cluster.enabled=auto,rabbitmq.cluster.enabled=auto")

    assert not [each for each in documents("external", *given, *_KNOWN) if each["kind"] in SHAPES]
    assert {each["kind"] for each in documents("external", *_AUTO, *_KNOWN)} >= SHAPES.keys()


def test_auto_without_the_operators_asks_for_servers_and_never_vanishes() -> None:
    assert "postgresql.hosts: name the servers" in refused(*_AUTO)
    assert "rabbitmq.host: name your RabbitMQ" in refused(*_AUTO, *_KNOWN[:2])


def test_by_default_there_is_none() -> None:
    assert not [each for each in documents("external", *_KNOWN) if each["kind"] in SHAPES]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("postgresql.hosts[0]=db", "postgresql.cluster.enabled: true makes servers of the release's own"),
        ("rabbitmq.host=rabbit", "rabbitmq.cluster.enabled: true makes servers of the release's own"),
        ("evaluation.enabled=true", "choose one"),
        (
            "postgresql.cluster.synchronous=2",
            "postgresql.cluster.synchronous: there are not so many standbys",
        ),
        ("postgresql.cluster.instances=1", "postgresql.cluster.instances"),
        ("rabbitmq.cluster.replicas=2", "rabbitmq.cluster.replicas"),
        ("tls.source=none", "rabbitmq.cluster.certificateSecret: name a Secret"),
        (
            "services.cases.database.passwordKey=secret",
            "CloudNativePG reads the keys `username` and `password`",
        ),
        (
            "services.cases.broker.user=me",
            "services.cases.broker.user: cannot be chosen with rabbitmq.cluster",
        ),
    ],
)
def test_what_contradicts_itself_is_refused(words: str, says: str) -> None:
    assert says in refused("--set", words, base="operators")
