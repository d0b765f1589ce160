"""Gives every test the fixtures of libs.testkit, and spreads a run over several processes."""

from typing import Any

import pytest

from e2e.order import ORDER
from libs.testkit.spread import ByGroup

pytest_plugins = ["libs.testkit.plugin"]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByGroup:
    """Whole groups, not single tests: what a module or a session shares is made once."""
    return ByGroup(config, log, ORDER)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In a run of several processes the longest comes first, so that none ends long after the others."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: ORDER.rank(item.nodeid))
