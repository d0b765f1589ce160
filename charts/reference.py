"""Writes the chart's values.schema.json and README.md out of its annotated values.yaml.

The comment above a key is its description. A line `@schema {...}` in it adds to the type that the default
shows. Every mapping takes its own keys and no others, so a mistyped key is refused. `definitions.settings`
lists the settings of the code itself.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from libs.runtime.config.environment import describe, flags
from libs.runtime.config.settings import Settings
from services.command.registry import NAMES, load

CHART = Path(__file__).parent / "linli"
_MARK = "@schema "
_REFERENCE = "#/definitions/"
_BY_THE_CHART = re.compile(
    r"LINLI_((DATABASE|BROKER|KEY_STORE|KEYS|TLS|GRPC|HTTP)_(?!STALE_AFTER|HEARTBEAT).*"
    r"|CELL|RUNTIME_ROLE|DRAIN|REQUIRE_TLS|IDENTITY_SOURCE_KEYS)"
)
"""Settings that the chart makes of values of its own."""

_TEXT = {"type": "string"}
_TEXTS = {"type": "object", "additionalProperties": _TEXT}
_OF_THE_CHART = (
    r"^(app\.kubernetes\.io/(name|instance|version|component|managed-by)|helm\.sh/chart|linli/.*)$"
)
"""Labels that the chart gives itself: its selectors find pods by them."""
_QUANTITY = {"type": ["string", "integer", "number"]}


def _closed(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False}


_OBJECTS = {"type": "array", "items": {"type": "object"}}
_AMOUNTS = _closed(**{"cpu": _QUANTITY, "memory": _QUANTITY, "ephemeral-storage": _QUANTITY})
_SELECTOR = _closed(matchLabels=_TEXTS, matchExpressions=_OBJECTS)
_PEERS = {"$ref": "#/definitions/peers", "minItems": 1}
_PORT = {"type": "integer", "minimum": 1, "maximum": 65535}
_ROLES = sorted(
    {
        role
        for edge in yaml.safe_load((CHART / "files" / "network.yaml").read_text("utf-8"))["edges"]
        for way in ("from", "to")
        for role in edge[way].get("roles", ())
    }
)
"""Of all pods that the chart makes."""
_KNOWN: Mapping[str, Any] = {
    "labels": {**_TEXTS, "propertyNames": {"not": {"pattern": _OF_THE_CHART}}},
    "resources": _closed(requests=_AMOUNTS, limits=_AMOUNTS),
    "tolerations": {
        "type": "array",
        "items": _closed(
            key=_TEXT, operator=_TEXT, value=_TEXT, effect=_TEXT, tolerationSeconds={"type": "integer"}
        ),
    },
    "affinity": _closed(
        nodeAffinity={"type": "object"}, podAffinity={"type": "object"}, podAntiAffinity={"type": "object"}
    ),
    "environment": {
        "type": "array",
        "items": {**_closed(name=_TEXT, value=_TEXT, valueFrom={"type": "object"}), "required": ["name"]},
    },
    "peers": {
        "type": "array",
        "items": _closed(
            ipBlock=_closed(cidr=_TEXT, **{"except": {"type": "array", "items": _TEXT}}),
            namespaceSelector=_SELECTOR,
            podSelector=_SELECTOR,
        ),
    },
    "edge": {
        **_closed(
            name={"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]{0,18}[a-z0-9])?$"},
            why={"type": "string", "minLength": 1},
            services={"type": "array", "minItems": 1, "items": {"enum": [*NAMES]}},
            roles={"type": "array", "minItems": 1, "items": {"enum": _ROLES}},
            to=_PEERS,
            **{"from": _PEERS},
            ports={"type": "array", "minItems": 1, "items": _PORT},
            protocols={"type": "array", "minItems": 1, "items": {"enum": ["TCP", "UDP", "SCTP"]}},
        ),
        "required": ["name", "why", "ports"],
        "oneOf": [{"required": ["to"]}, {"required": ["from"]}],
    },
    "parentRef": {
        **_closed(name=_TEXT, namespace=_TEXT, sectionName=_TEXT, port={"type": "integer"}),
        "required": ["name"],
    },
}
"""Shapes of Kubernetes' own, and those of the settings."""


@dataclass(frozen=True, slots=True)
class Value:
    """A key of values.yaml: its place, default, description, and what `@schema` says of it."""

    path: tuple[str, ...]
    default: Any
    text: str
    said: Mapping[str, Any]
    parts: Mapping[str, "Value"] = field(default_factory=dict)

    @property
    def defines(self) -> str:
        """The name of the definition that it refers to."""
        return str(self.said.get("$ref", "")).removeprefix(_REFERENCE)


def values(text: str) -> dict[str, Value]:
    """The keys of a values.yaml, with all that stands below them."""
    root = yaml.compose(text)
    assert isinstance(root, yaml.MappingNode)  # noqa: S101  # it is a chart's
    return _parts(root, text.splitlines(), ())


def _parts(node: yaml.MappingNode, lines: list[str], above: tuple[str, ...]) -> dict[str, Value]:
    found = {}
    for key, value in node.value:
        path = (*above, key.value)
        text, said = _comment(lines, key.start_mark.line, path)
        parts = _parts(value, lines, path) if isinstance(value, yaml.MappingNode) else {}
        default = yaml.safe_load(yaml.serialize(value))
        found[key.value] = Value(path, default, text, said, parts)
    return found


def _comment(lines: list[str], line: int, path: tuple[str, ...]) -> tuple[str, Mapping[str, Any]]:
    """The comment that ends just above a line, and what it says of the schema."""
    words: list[str] = []
    said: dict[str, Any] = {}
    while line and (above := lines[line - 1].strip()).startswith("#"):
        line -= 1
        above = above.removeprefix("#").strip()
        if above.startswith(_MARK):
            try:
                said |= json.loads(above.removeprefix(_MARK))
            except ValueError as error:
                raise ValueError(f"{'.'.join(path)}: {error}: {above}") from None
        else:
            words.insert(0, above)
    return " ".join(words), said


def schema(found: Mapping[str, Value]) -> dict[str, Any]:
    """The JSON schema of the values: no mapping takes a key that it does not have."""
    definitions = {**_KNOWN, "settings": _settings(), "serviceSettings": _settings(*NAMES)}
    for value in _all(found):
        if value.defines not in {"", *definitions}:
            definitions[value.defines] = _mapping(value)
    made = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Values of the chart linli",
        **_object({name: _schema_of(value) for name, value in found.items()}),
        "definitions": dict(sorted(definitions.items())),
    }
    for name, instead in moved().items():  # its own message comes from templates/checks.yaml
        made["properties"].setdefault(name, {"description": f"Not a value any more: {instead}"})
    return made


def moved() -> dict[str, str]:
    """Keys that fail with the name of what they are now."""
    found: dict[str, str] = yaml.safe_load((CHART / "files" / "moved.yaml").read_text("utf-8"))
    return found


def _settings(*services: str) -> dict[str, Any]:
    """The settings that the chart does not make itself; `services`: their own, too."""
    classes: list[tuple[type[Any], str]] = [(Settings, "LINLI_")]
    classes += [(load(name).settings, f"LINLI_{name.upper()}_") for name in services]
    properties = {}
    for cls, prefix in classes:
        named = {variable for _, variable, _ in flags(cls, prefix)}
        for variable, default, meaning in describe(cls, prefix):
            if variable in named and not _BY_THE_CHART.fullmatch(variable):
                about = f"{meaning} [{default}]"
                properties[variable] = {"type": ["string", "number", "boolean"], "description": about}
    return _object(properties)


def _schema_of(value: Value) -> dict[str, Any]:
    about = {"description": value.text} if value.text else {}
    if value.defines:
        return {"$ref": value.said["$ref"]}
    if isinstance(value.default, dict):
        return {**about, **_mapping(value), **value.said}
    return {**about, "type": _type_of(value.default), **_name(value), **value.said}


def _name(value: Value) -> dict[str, Any]:
    """A name of an object, or of a key in a Secret, is one that Kubernetes takes."""
    last = value.path[-1]
    if last.startswith("existing") or last.endswith("Secret"):
        return {"pattern": "^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$", "maxLength": 253}
    if last == "key" or last.endswith("Key"):
        return {"pattern": "^[-._A-Za-z0-9]+$", "maxLength": 253} if isinstance(value.default, str) else {}
    return {}


def _mapping(value: Value) -> dict[str, Any]:
    about = {"description": value.text} if value.text else {}
    return {**about, **_object({name: _schema_of(part) for name, part in value.parts.items()})}


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), "additionalProperties": False}


def _type_of(default: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}
    return names[type(default)]


def _all(found: Mapping[str, Value]) -> Iterator[Value]:
    for value in found.values():
        yield value
        yield from _all(value.parts)


def page(found: Mapping[str, Value], before: str) -> str:
    """The chart's README: what stood before the table, and the table."""
    rows = ["| key | default | meaning |", "|---|---|---|"]
    for value in _all(found):
        if value.parts and value.defines not in _KNOWN:
            if value.text:
                rows.append(f"| **`{'.'.join(value.path)}`** | | {_cell(value.text)} |")
        elif not (len(value.path) > 1 and _within_known(value, found)):
            default = _cell(json.dumps(value.default, ensure_ascii=False))
            rows.append(f"| `{'.'.join(value.path)}` | `{default}` | {_cell(value.text)} |")
    return before.rstrip() + "\n\n" + "\n".join(rows) + "\n"


def _within_known(value: Value, found: Mapping[str, Value]) -> bool:
    """Whether it is a part of a shape of Kubernetes' own, whose row is that of the whole."""
    here = found
    for name in value.path[:-1]:
        if here[name].defines in _KNOWN:
            return True
        here = here[name].parts
    return False


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


HEADING = "## Values"


def written() -> dict[Path, str]:
    """Each file that is made of the values, with its text."""
    found = values((CHART / "values.yaml").read_text("utf-8"))
    readme = CHART / "README.md"
    before = readme.read_text("utf-8").partition(HEADING)[0] + HEADING
    return {
        CHART / "values.schema.json": json.dumps(schema(found), indent=1, ensure_ascii=False) + "\n",
        readme: page(found, before),
    }


def main() -> int:
    """Write both; with `--check` only say which is not what it would be."""
    stale = [path for path, text in written().items() if not path.exists() or path.read_text("utf-8") != text]
    if "--check" in sys.argv[1:]:
        if stale:
            names = ", ".join(path.name for path in stale)
            sys.stderr.write(f"values.yaml says something else than {names}: run make chart\n")
        return 1 if stale else 0
    for path, text in written().items():
        path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
