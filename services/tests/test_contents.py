"""The lists of contents name every section of their page, in order."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("page", ["proto/README.md", "OPERATING.md"])
def test_the_contents_list_names_every_section(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    sections = re.findall(r"^## (.*)$", text, re.MULTILINE)

    listed = re.findall(r"^\d+\. \[(.*?)\]\(#", text.partition("\n## ")[0], re.MULTILINE)

    assert listed == sections
