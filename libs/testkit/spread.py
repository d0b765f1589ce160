"""Spreads a run over the processes of pytest-xdist: a file, or files that share a fixture, in one process."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

Group = tuple[str, ...]
"""Paths of test files (from the root of the project) that run in one process, one after the other."""

_ROOMS = ("e2e", "services", "libs")


def file_of(nodeid: str) -> str:
    """`services/cases/tests/test_a.py::test_b[c]` -> `services/cases/tests/test_a.py`."""
    return nodeid.partition("::")[0]


def refuse_disorder(nodeid: str, values: object) -> None:
    """Refuse parameters that come in another order in each process."""
    if isinstance(values, set | frozenset):
        raise pytest.UsageError(f"{nodeid}: parametrize over a list, not over a set")


def end(item: pytest.Item, names: Sequence[str]) -> None:
    """End fixtures of the session that no test after this one asks for in this process."""
    for name in names:
        for defined in item.session._fixturemanager.getfixturedefs(name, item) or ():  # noqa: SLF001
            if defined.scope == "session":
                defined.finish(item._request)  # type: ignore[attr-defined]  # noqa: SLF001


class Order:
    """Which files run together, and what comes first."""

    def __init__(self, groups: Sequence[Group] = ()) -> None:
        """`groups`: what takes longest, in this order; every other file is a group of its own, after them."""
        self._leaders = {path: group[0] for group in groups for path in group}
        self._ranks = {path: rank for rank, path in enumerate(path for group in groups for path in group)}

    def leader(self, nodeid: str) -> str:
        """The first file of the group to which a test belongs: its name."""
        path = file_of(nodeid)
        return self._leaders.get(path, path)

    def rank(self, nodeid: str) -> tuple[int, int]:
        """Where a test comes: the groups, then journeys, services and libraries (what starts most, first)."""
        path = file_of(nodeid)
        room = PurePath(path).parts[0]
        rest = _ROOMS.index(room) if room in _ROOMS else len(_ROOMS)
        return self._ranks.get(path, len(self._ranks)), rest

    @property
    def paths(self) -> list[str]:
        """The files that are named."""
        return list(self._ranks)


class ByGroup(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no types
    """Hands out whole groups in their order; a process that is through with its own takes the next."""

    def __init__(self, config: pytest.Config, log: Any, order: Order) -> None:
        super().__init__(config, log)
        self._order = order
        config.option.loadscopereorder = False  # by the order given, not by the number of tests

    def _split_scope(self, nodeid: str) -> str:
        return self._order.leader(nodeid)
