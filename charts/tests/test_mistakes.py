"""A clumsy hand: what is mistyped or contradicts itself is refused, and the message says what to do."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import yaml

from charts.reference import CHART, Value, moved, values, written
from charts.tests.rendered import VALUES, helm, refused

FOUND = values((CHART / "values.yaml").read_text("utf-8"))
SCHEMA = json.loads((CHART / "values.schema.json").read_text("utf-8"))
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


def keys(found: dict[str, Value]) -> Iterator[Value]:
    for value in found.values():
        yield value
        yield from keys(dict(value.parts))


def at(path: tuple[str, ...], leaf: Any) -> dict[str, Any]:
    """Values with one key, at a path."""
    found: dict[str, Any] = {path[-1]: leaf}
    for name in reversed(path[:-1]):
        found = {name: found}
    return found


def misspelt(name: str) -> str:
    """As a finger slips: two letters swapped, or one too many."""
    return name[:-2] + name[-1] + name[-2] if len(name) > 2 and name[-1] != name[-2] else name + "s"


def places() -> list[tuple[str, ...]]:
    """Every key of values.yaml, and of a service's and a role's overrides."""
    found = [value.path for value in keys(FOUND)]
    services = [
        ("services", "cases", *path[1:]) for path in found if path[:1] == ("everyService",) and path[1:]
    ]
    roles = [
        ("everyService", "api", *path[2:]) for path in found if path[:2] == ("roles", "server") and path[2:]
    ]
    return [*found, *services, *roles]


def test_every_misspelt_key_is_refused_by_the_schema() -> None:
    validator = jsonschema.Draft7Validator(SCHEMA)

    taken = [
        ".".join(path)
        for path in places()
        if validator.is_valid(at((*path[:-1], misspelt(path[-1])), None))
        and "labels" not in path  # whatever an operator likes
        and path[-2:] != ("resources", path[-1])
    ]

    assert len(places()) > 250
    assert taken == []


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
        ("ingress.enabled=true", "ingress.domain: the services are at"),
        ("ingress.enabled=true,ingress.domain=x.org", "ingress.tlsSecret: gRPC from outside needs TLS"),
        ("gateway.enabled=true,gateway.domain=x.org", "gateway.parentRefs: name the Gateway"),
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
