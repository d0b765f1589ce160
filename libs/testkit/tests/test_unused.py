"""What `make lint` finds unused, and what it takes as used."""

from pathlib import Path
from textwrap import dedent

import pytest

from libs.testkit.unused import Unused


@pytest.fixture
def unused(tmp_path: Path) -> set[str]:
    written = {
        "services/shop/domain/sale.py": """
            @dataclass
            class Sold:
                price: int

                def forgotten_method(self): ...

            class Colour(Enum):
                RED = "red"
        """,
        "services/shop/entrypoints/sale.py": """
            class SaleApi:
                def sell_goods(self): ...
        """,
        "libs/till.py": """
            @dataclass
            class Till:
                forgotten_field: int

            def forgotten_function(): ...
        """,
        "services/shop/app.py": "print(Sold, Colour, SaleApi, Till)",
    }
    for name, text in written.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text), "utf-8")
    found = Unused()
    found.scavenge([str(tmp_path)])
    return {each.name for each in found.get_unused_code()}


def test_what_nothing_names_is_found(unused: set[str]) -> None:
    assert {"forgotten_method", "forgotten_function", "forgotten_field"} <= unused


def test_fields_and_members_of_the_domain_and_rpcs_are_taken_as_used(unused: set[str]) -> None:
    assert unused.isdisjoint({"price", "RED", "sell_goods"})
