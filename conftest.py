"""Gives every test the fixtures of libs.testkit, and spreads a run over several processes."""

from typing import Any

import pytest

from e2e.capabilities import refuse_unknown
from e2e.order import ORDER, SHARED
from libs.testkit.spread import ByGroup, end

pytest_plugins = ["libs.testkit.plugin"]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByGroup:
    """Whole groups, not single tests: what a module or a session shares is made once."""
    return ByGroup(config, log, ORDER)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Know every capability; with several processes, put the longest first, so that all end together."""
    refuse_unknown(items)
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: ORDER.rank(item.nodeid))


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """With several processes, end with a group what nobody else asks for."""
    goes_on = nextitem is not None and ORDER.leader(nextitem.nodeid) == ORDER.leader(item.nodeid)
    if hasattr(item.config, "workerinput") and not goes_on:
        end(item, SHARED)
