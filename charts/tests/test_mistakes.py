"""A clumsy hand: what is mistyped or contradicts itself is refused, and the message says what to do."""

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import yaml

from charts.reference import CHART, Value, moved, values, written
from charts.tests.rendered import RUNNING, VALUES, helm, refused
from services.command.registry import NAMES

FOUND = values((CHART / "values.yaml").read_text("utf-8"))
SCHEMA = json.loads((CHART / "values.schema.json").read_text("utf-8"))
CLOSED = "additionalProperties"
_FREE = {
    "global",
    "nodeAffinity",
    "podAffinity",
    "podAntiAffinity",
    "valueFrom",
    "triggers",
    "matchExpressions",
}
"""What Kubernetes or KEDA defines, and what belongs to a parent chart."""


_OF_POSTGRESQL = {("postgresql", "cluster", "parameters")}
"""A mapping with a default, whose keys are its settings."""


def keys(found: dict[str, Value]) -> Iterator[Value]:
    for value in found.values():
        yield value
        yield from keys(dict(value.parts))


def at(path: tuple[str | int, ...], leaf: Any) -> Any:
    """Values with one thing in them, at a path; a number is the place of the only item of a list."""
    for name in reversed(path):
        leaf = [leaf] if isinstance(name, int) else {name: leaf}
    return leaf


def misspelt(name: str) -> set[str]:
    """As a finger slips: a letter too few, too many, or swapped with the next; a plural, another case."""
    slips = {name + "s", name.removesuffix("s"), name.lower(), name.capitalize(), name.replace("_", "-")}
    slips |= {re.sub("([A-Z])", r"_\1", name).lower(), name.replace("LINLI_", "")}
    for i in range(len(name)):
        slips |= {name[:i] + name[i + 1 :], name[:i] + name[i] + name[i:]}
        slips |= {name[:i] + name[i + 1 : i + 2] + name[i] + name[i + 2 :]}
    return slips - {name, ""}


def places(schema: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], set[str]]]:
    """Every mapping that values may have, at every level and in every list, with the keys that it takes."""
    schema = SCHEMA["definitions"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    if schema.get("properties") and path not in _OF_POSTGRESQL:
        yield path, {*schema["properties"]}
    for name, part in schema.get("properties", {}).items():
        yield from places(part, (*path, name))
    if isinstance(schema.get("items"), dict):
        yield from places(schema["items"], (*path, 0))


def test_the_schema_has_a_place_for_every_key_of_the_values_and_of_every_override() -> None:
    known = {(*path, name) for path, names in places(SCHEMA) for name in names}
    said = {value.path for value in keys(FOUND) if not {"labels", "parameters"} & {*value.path[:-1]}}
    of_roles = [path[2:] for path in said if path[:2] == ("roles", "server") and path[2:]]
    of_services = [path[1:] for path in said if path[:1] == ("everyService",) and path[1:]]
    above = [("roles",), ("everyService",), *(("services", service) for service in NAMES)]
    overrides = {(*here, role, *path) for here in above for role in RUNNING for path in of_roles}
    overrides |= {("services", service, *path) for service in NAMES for path in of_services}

    assert len(overrides) > 500
    assert (said | overrides) - known == set()


def test_every_misspelt_key_is_refused_at_every_level() -> None:
    validator, tried = jsonschema.Draft7Validator(SCHEMA), 0

    for path, names in places(SCHEMA):
        slips = {slip for name in names for slip in misspelt(name)} - names
        tried += len(slips)
        errors = validator.iter_errors(at(path, dict.fromkeys(slips)))
        refused_here = [e for e in errors if (tuple(e.absolute_path), e.validator) == (path, CLOSED)]
        assert len(refused_here) == 1, f"{path} takes any key"
        assert all(repr(slip) in refused_here[0].message for slip in slips), path

    assert tried > 50_000


def test_helm_names_the_misspelt_key() -> None:
    assert "replicsa" in refused("--set", "roles.server.replicsa=2")
    assert "LINLI_TREADS" in refused("--set", "settings.LINLI_TREADS=2")
    assert "existingSecert" in refused("--set", "services.cases.database.existingSecert=x")


def test_the_schema_is_closed_at_every_level() -> None:
    def open_ones(schema: Any, path: str, name: str = "") -> Iterator[str]:
        if isinstance(schema, list):
            for each in schema:
                yield from open_ones(each, path)
        if not isinstance(schema, dict):
            return
        if schema.get("type") == "object" and "additionalProperties" not in schema and name not in _FREE:
            yield path
        for key, part in schema.items():
            if key in {"properties", "definitions"}:
                for name, each in part.items():
                    yield from open_ones(each, f"{path}.{name}", name)
            elif key in {"items", "additionalProperties"}:
                yield from open_ones(part, f"{path}.{key}", path.rpartition(".")[2])

    assert list(open_ones(SCHEMA, "")) == []


_EDGE = (
    "networkPolicy.edges[{0}].name=a,networkPolicy.edges[{0}].why=x,networkPolicy.edges[{0}].ports[0]=1,"
    "networkPolicy.edges[{0}].to[0].ipBlock.cidr=10.0.0.0/8"
)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("postgresql.hosts=null", "postgresql.hosts: name the servers"),
        ("rabbitmq.host=", "rabbitmq.host: name your RabbitMQ"),
        ("postgresql.hosts[0]=user:hunter2@db", "postgresql.hosts.0"),
        ("tls.source=selfsigned", "tls.source"),
        ("tls.source=certManager", "tls.issuer.name: name the issuer"),
        ("tls.source=made,makeSecrets.enabled=false", "`made` needs makeSecrets.enabled"),
        ("evaluation.enabled=true,makeSecrets.enabled=false", "needs makeSecrets.enabled"),
        ("evaluation.enabled=true,services.cases.database.user=x", "cannot be chosen in an evaluation"),
        ("services.cases.autoscaling.kind=hpa", "only `api` scales, so set services.cases.layout to `apart`"),
        ("services.cases.autoscaling.kind=both", "autoscaling.kind"),
        ("services.cases.autoscaling.cpu=70", "autoscaling.cpu"),
        ("evaluation.enabled=true,podSecurity.runAsUser=null", "run as user 10001 only"),
        ("evaluation.enabled=true,podSecurity.runAsUser=2000", "run as user 10001 only"),
        ("evaluation.enabled=true,podSecurity.fsGroup=null", "with an fsGroup"),
        (
            "everyService.layout=apart,everyService.autoscaling.kind=hpa,everyService.autoscaling.minReplicas=9",
            "minReplicas is more than maxReplicas",
        ),
        ("keyStore.authority.existingSecret=x", "keyStore.authority: is that of keyStore.hosts"),
        ("masterKey.key=", "masterKey.key"),
        ("masterKey.key=a/b", "masterKey.key"),
        ("services.cases.database.passwordKey=a b", "passwordKey"),
        ("tls.existingSecret=Town_TLS", "tls.existingSecret"),
        ("networkPolicy.edges[0].name=dns,networkPolicy.edges[0].ports[0]=53", "networkPolicy.edges.0"),
        (f"{_EDGE.format(0)},{_EDGE.format(1)}", "networkPolicy.edges: each needs a name of its own (a, a)"),
        (f"{_EDGE.format(0)},networkPolicy.edges[0].roles[0]=severs", "networkPolicy.edges.0.roles.0"),
        ("ingress.enabled=true", "ingress.domain: the services are at"),
        ("ingress.enabled=true,ingress.domain=x.org", "ingress.tlsSecret: gRPC from outside needs TLS"),
        ("gateway.enabled=true,gateway.domain=x.org", "gateway.parentRefs: name the Gateway"),
        ("mail.host=mail.example.org", "mail.from: name the sender"),
        ("mail.host=m,mail.from=a@b.org,mail.user=linli", "mail.existingSecret: name the Secret"),
        ("mail.host=m,mail.from=a@b.org", "networkPolicy.peers.mail: say where the mail server is"),
        ("mail.user=li:nli", "mail.user"),
        ("sms.host=m", "sms.existingSecret: name the Secret"),
        ("sms.host=m,sms.existingSecret=s", "networkPolicy.peers.sms: say where the gateway is"),
        ("monitoring.scrape.enabled=yes", "monitoring.scrape.enabled"),
        ("settings.LINLI_MASTER_KEY=hunter2", "LINLI_MASTER_KEY"),
        ("settings.LINLI_DATABASE_URL=postgresql://a:hunter2@b/c", "LINLI_DATABASE_URL"),
        ("roles.server.replicas=-1", "replicas"),
        ("drainSeconds=20s", "drainSeconds"),
        ("firstOperator.login=", "firstOperator.login"),
        ("services.identities.layout=apart", "identities"),
        ("firstOperator.enabled=false", "test.existingSecret: without a first operator"),
    ],
)
def test_what_contradicts_itself_is_refused_with_what_to_do(words: str, says: str) -> None:
    assert says in refused("--set", words)


@pytest.mark.parametrize("at", ["", "monitoring.scrape.", "monitoring.rules.", "monitoring.dashboards."])
@pytest.mark.parametrize("label", ["app.kubernetes.io/instance", "helm.sh/chart", "linli/role"])
def test_a_label_that_the_chart_gives_itself_is_refused(at: str, label: str) -> None:
    """A second one under the same name is no YAML, and the other would be what selects the pods."""
    given: dict[str, Any] = {"labels": {label: "mine", "team": "sre"}}
    for name in reversed(at.split(".")[:-1]):
        given = {name: given}

    [wrong] = jsonschema.Draft7Validator(SCHEMA).iter_errors(given)

    assert list(wrong.absolute_path)[-1] == "labels"
    assert label in wrong.message


def test_helm_refuses_a_label_of_the_chart() -> None:
    said = refused("--set-json", 'labels={"linli/role": "mine"}')

    assert "labels" in said
    assert "schema" in said


@pytest.mark.parametrize("key", moved())
def test_a_key_of_other_charts_or_earlier_days_is_answered_with_its_new_name(key: str) -> None:
    said = refused("--set-json", f"{key}={{}}")

    assert f"{key} is not a value of this chart: use {moved()[key]}" in said


def test_the_new_names_exist() -> None:
    for instead in moved().values():
        first = instead.partition(",")[0].replace("<role>", "server")
        here: Any = FOUND
        for name in first.split("."):
            assert name in here, instead
            here = here[name].parts


def test_the_schema_and_the_readme_are_those_of_the_values() -> None:
    for path, text in written().items():
        assert path.read_text("utf-8") == text, "run make chart"


def test_every_group_of_keys_is_described() -> None:
    silent = {name for name, value in FOUND.items() if not value.text}

    assert silent == set()


def test_the_defaults_alone_say_what_they_lack() -> None:
    rendered = helm("template", "elm", str(CHART))

    assert "postgresql.hosts: name the servers of your PostgreSQL" in rendered.stderr


@pytest.mark.parametrize("name", VALUES)
def test_the_value_files_of_the_tests_fit_the_schema(name: str) -> None:
    jsonschema.validate(yaml.safe_load(VALUES[name].read_text()), SCHEMA)
