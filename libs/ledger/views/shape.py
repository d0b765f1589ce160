"""The shape of a view: releases with the same shape share its tables, all others build their own."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from libs.ledger.views.table import Table

Held = Sequence[tuple[str, Any]]
"""Types of values, each with its name in the rows."""

_PROSE = ("title", "description")


def digest(version: int, tables: Iterable[Table[Any]], holds: Held) -> str:
    """A digest of a view's tables, its version, and the types of the values that its rows hold as JSON."""
    ddl = [statement for table in tables for statement in (table.ddl(), *table.index_ddl())]
    held = [outline(holds)] if holds else []
    return hashlib.sha256("\n".join([str(version), *ddl, *held]).encode()).hexdigest()[:8]


def outline(holds: Held) -> str:
    """The types by their names in the rows, with all fields and defaults, and without docstrings."""
    schemas, parts = msgspec.json.schema_components([kind for _, kind in holds])
    named = {name: schema for (name, _), schema in zip(holds, schemas, strict=True)}
    return json.dumps(_bare([named, parts]), sort_keys=True)


def _bare(schema: Any) -> Any:
    """Without prose. A field that is called like it has a schema, not a text."""
    if isinstance(schema, list | tuple):
        return [_bare(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: _bare(value)
        for name, value in schema.items()
        if not (name in _PROSE and isinstance(value, str))
    }
