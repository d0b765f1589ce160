"""The page about the format shows what the format is."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from msgspec import inspect

from services.command.community import csv_text
from services.command.community.checking import Checked, checked
from services.command.community.model import Community
from services.command.community.tree import Problems

PAGE = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
CELL = {
    "type": "Feature",
    "properties": {"cell": "1"},
    "geometry": {"type": "Polygon", "coordinates": [[[120, 30], [121, 30], [121, 31], [120, 30]]]},
}


def shown(kind: str) -> str:
    [block] = re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)
    return str(block)


@pytest.mark.capability("004.8")
def test_the_community_of_the_page_has_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "town.yaml").write_text(shown("yaml"), "utf-8")
    (tmp_path / "cells.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [CELL]}))

    found = checked(tmp_path / "town.yaml")

    assert isinstance(found, Checked)
    assert list(found.boundaries) == ["ns-lake-1"]


def test_the_table_of_the_page_is_read() -> None:
    problems = Problems()

    table = csv_text.parse(shown("csv"), "affairs.csv", problems)

    assert not problems
    assert len(table.items) == 2


def test_the_page_names_every_key() -> None:
    of: Any = inspect.type_info(Community)
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", PAGE, re.MULTILINE))

    for field in of.fields:
        if isinstance(field.type, inspect.ListType):
            entry: Any = field.type.item_type
            keys = [each.encode_name for each in entry.fields]
            assert re.findall(r"`(\w+)`", rows[field.encode_name]) == keys
