"""Helm is a process: everything that renders the chart starts one."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder."""
    for item in items:
        if "charts/tests" in item.path.as_posix():
            item.add_marker(pytest.mark.process)
