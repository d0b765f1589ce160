"""The page on maps has every rule as it is, and its example is a map."""

import re
from pathlib import Path

from services.command.imports.map_file import parse_map
from services.command.imports.rules import TERMS

PAGE = (Path(__file__).parents[1] / "README.md").read_text("utf-8")


def test_every_rule_stands_on_the_page_as_it_is() -> None:
    rows = {
        name: f"{wrong} | {usually}"
        for name, wrong, usually in re.findall(r"^\| `(\w+)` \| (.*) \| (.*) \|$", PAGE, re.MULTILINE)
    }

    assert list(rows) == [rule.value for rule in TERMS]
    for rule, terms in TERMS.items():
        assert rows[rule.value].startswith(f"{terms.wrong} | ")
        assert terms.repair in rows[rule.value]
        assert rows[rule.value].partition(" | ")[2].startswith("refused") is (
            terms.unless_told.value == "refuse"
        )


def test_the_example_is_a_map() -> None:
    [example] = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)

    assert parse_map(example).columns.affair == ["小类", "大类"]
