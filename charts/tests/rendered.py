"""The chart as Helm renders it, and what the tests ask of it."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from charts.reference import CHART

HELM = Path(sys.executable).parent / "helm"
VALUES = {file.stem: file for file in sorted((Path(__file__).parent / "values").glob("*.yaml"))}
NAMESPACE = "town"
RELEASE = "elm"
RUNNING = ("server", "api", "projector", "relay", "worker")

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_KINDS = {"secret": "Secret", "configMap": "ConfigMap"}

Document = dict[str, Any]


def helm(*words: str) -> subprocess.CompletedProcess[str]:
    """Run Helm, which asks no cluster. It ends before its garbage is worth collecting."""
    command = [str(HELM), *words, "--kubeconfig", "/dev/null"]
    environ = {**os.environ, "GOGC": "off"}
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


@cache
def text(name: str, *words: str) -> str:
    """What the chart is with one of the value files; `words` are further options."""
    rendered = helm("template", RELEASE, str(CHART), "-n", NAMESPACE, "-f", str(VALUES[name]), *words)
    assert rendered.returncode == 0, rendered.stderr
    return rendered.stdout


def documents(name: str, *words: str) -> list[Document]:
    """The objects of it."""
    return [each for each in yaml.load_all(text(name, *words), _LOADER) if each]


def notes(name: str, *words: str) -> str:
    """What an installation ends with. Only a cluster gets to see it, so it is put into a ConfigMap."""
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(shutil.copytree(CHART, Path(folder) / "linli"))
        written = (copied / "templates" / "NOTES.txt").rename(copied / "templates" / "_notes.tpl")
        written.write_text(f'{{{{ define "notes" }}}}{written.read_text()}{{{{ end }}}}')
        object_ = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: notes}\ndata: {text: %s}\n"
        (copied / "templates" / "notes.yaml").write_text(object_ % '{{ include "notes" . | quote }}')
        shown = ("-n", NAMESPACE, "-f", str(VALUES[name]), "--show-only", "templates/notes.yaml")
        rendered = helm("template", RELEASE, str(copied), *shown, *words)
    assert rendered.returncode == 0, rendered.stderr
    return str(yaml.safe_load(rendered.stdout)["data"]["text"])


def refused(*words: str, base: str = "external") -> str:
    """Why Helm refuses the chart with some options; it must."""
    rendered = helm("template", RELEASE, str(CHART), "-f", str(VALUES[base]), *words)
    assert rendered.returncode != 0
    return rendered.stderr


def of_kind(found: list[Document], kind: str) -> dict[str, Document]:
    """Those of a kind, by name."""
    return {each["metadata"]["name"]: each for each in found if each["kind"] == kind}


def pods(found: list[Document]) -> Iterator[tuple[str, Document]]:
    """Every pod that anything makes, as a pod: its name, metadata and spec."""
    for each in found:
        if each["kind"] == "Pod":
            yield each["metadata"]["name"], each
        elif each["kind"] in {"Deployment", "StatefulSet", "Job"}:
            yield each["metadata"]["name"], each["spec"]["template"]
        elif each["kind"] == "CronJob":
            yield each["metadata"]["name"], each["spec"]["jobTemplate"]["spec"]["template"]


def role_of(pod: Document) -> str:
    """The role of a pod."""
    return str(pod["metadata"]["labels"]["linli/role"])


def service_of(pod: Document) -> str:
    """The service of a pod, "" for those that belong to none."""
    return str(pod["metadata"]["labels"].get("linli/service", ""))


def containers(pod: Document) -> list[Document]:
    """All containers of a pod, those that run first, too."""
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


def selects(selector: Mapping[str, Any], pod: Document) -> bool:
    """Whether a label selector matches a pod."""
    labels = pod["metadata"]["labels"]
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return False
    for rule in selector.get("matchExpressions") or []:
        assert rule["operator"] == "In"
        if labels.get(rule["key"]) not in rule["values"]:
            return False
    return True


def files(pod: Document) -> Iterator[tuple[str, str, str, str]]:
    """(kind, name, key, path below /etc/linli) of each value of a Secret or ConfigMap that a pod mounts."""
    for volume in pod["spec"].get("volumes", []):
        sources = volume.get("projected", {}).get("sources", [])
        if "secret" in volume:
            sources = [{"secret": {**volume["secret"], "name": volume["secret"]["secretName"]}}]
        for source in sources:
            for kind, said in source.items():
                for item in said["items"]:
                    yield (
                        {"secret": "Secret", "configMap": "ConfigMap"}[kind],
                        said["name"],
                        item["key"],
                        item["path"],
                    )
    for container in containers(pod):
        for variable in container.get("env", []):
            if reference := variable.get("valueFrom", {}).get("configMapKeyRef"):
                yield "ConfigMap", reference["name"], reference["key"], ""
