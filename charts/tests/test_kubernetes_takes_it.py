"""What the chart renders is what Kubernetes takes: every object, strictly, for each version."""

import json
from functools import cache
from typing import Any

import kubernetes_validate
import pytest
from kubernetes_validate import utils
from packaging.version import Version

from charts.reference import CHART
from charts.tests.operators import CLUSTER, DATABASE, RABBITMQ_CLUSTER
from charts.tests.rendered import VALUES, Document, documents, helm

VERSIONS = [each for each in dict.fromkeys(utils.all_versions()) if Version(each) >= Version("1.27")]

_OWN = {
    "ServiceMonitor": ({"selector", "endpoints", "podTargetLabels"}, {"selector", "endpoints"}),
    "PrometheusRule": ({"groups"}, {"groups"}),
    "Certificate": ({"secretName", "dnsNames", "usages", "issuerRef"}, {"secretName", "issuerRef"}),
    "ScaledObject": (
        {"scaleTargetRef", "minReplicaCount", "maxReplicaCount", "advanced", "triggers"},
        {"scaleTargetRef", "triggers"},
    ),
    "GRPCRoute": ({"parentRefs", "hostnames", "rules"}, {"parentRefs"}),
    "BackendTLSPolicy": ({"targetRefs", "validation"}, {"targetRefs", "validation"}),
    "Cluster": ({name.removesuffix("!") for name in CLUSTER}, {"instances", "managed"}),
    "Database": ({name.removesuffix("!") for name in DATABASE}, {"cluster", "name", "owner"}),
    "RabbitmqCluster": ({*RABBITMQ_CLUSTER}, {"replicas", "tls", "override"}),
}
"""Objects whose types Kubernetes itself does not know: fields that may and that must stand in `spec`."""


@pytest.fixture(scope="module", autouse=True)
def schemas_are_read_once() -> Any:
    patch = pytest.MonkeyPatch()
    patch.setattr(utils, "schema_contents", cache(utils.schema_contents))
    patch.setattr(utils, "all_versions", cache(utils.all_versions))
    yield
    patch.undo()


def test_the_versions_begin_with_the_charts_oldest_and_are_many() -> None:
    assert VERSIONS[0] == "1.27.0"
    assert len(VERSIONS) >= 8


@pytest.mark.parametrize("name", VALUES)
def test_every_object_is_valid_in_every_version(name: str) -> None:
    for document in documents(name):
        if document["kind"] in _OWN:
            _check(document)
            continue
        _valid(json.dumps(document, sort_keys=True))


@cache
def _valid(document: str) -> None:
    """Of two objects in three, another file of values makes the same."""
    for version in VERSIONS:
        kubernetes_validate.validate(json.loads(document), version, strict=True)


def _check(document: Document) -> None:
    may, must = _OWN[document["kind"]]
    assert must <= document["spec"].keys() <= may


def test_a_wrong_field_is_noticed() -> None:
    document = next(each for each in documents("external") if each["kind"] == "Deployment")
    wrong = {**document, "spec": {**document["spec"], "replica": 1}}

    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[0], strict=True)


@pytest.mark.parametrize("name", VALUES)
def test_helm_has_nothing_to_say_against_it(name: str) -> None:
    linted = helm("lint", "--strict", str(CHART), "-f", str(VALUES[name]))

    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_nothing_depends_on_what_a_cluster_says_but_auto() -> None:
    """Whatever is rendered offline is what is installed: `lookup` and versions make no difference."""
    templates = "".join(file.read_text() for file in (CHART / "templates").rglob("*.*"))

    assert "lookup " not in templates
    assert "KubeVersion" not in templates
    assert templates.count("Capabilities") == 1
