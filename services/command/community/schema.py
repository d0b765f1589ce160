"""The published JSON schema; `python -m services.command.community.schema` writes it anew.

Editors that know JSON schemas (by the file's first line, `# yaml-language-server: $schema=…`) complete and
check a community file while it is written.
"""

import json
from pathlib import Path
from typing import Any

import msgspec

from services.command.community.model import Community

FILE = Path(__file__).with_name("community.schema.json")


def schema() -> dict[str, Any]:
    """The schema (JSON Schema 2020-12)."""
    [reference], definitions = msgspec.json.schema_components([Community], ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A Linli community file",
        **reference,
        "$defs": _without_extras(definitions),
    }


def written() -> str:
    """The schema as its file has it."""
    return json.dumps(schema(), ensure_ascii=False, indent=2) + "\n"


def _without_extras(node: Any) -> Any:
    """Defaults that stand for "left out" are no values that one could write."""
    if isinstance(node, dict):
        return {
            name: _without_extras(value)
            for name, value in node.items()
            if not (name == "default" and value in ("", None, [], {}))
        }
    return [_without_extras(each) for each in node] if isinstance(node, list) else node


if __name__ == "__main__":
    FILE.write_text(written(), encoding="utf-8")
