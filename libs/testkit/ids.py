"""Ids that look arbitrary and are the same in every run."""

from itertools import count
from uuid import NAMESPACE_OID, uuid5


def some_id(label: str = "") -> str:
    """32 hex digits that stand for `label`, always the same for the same label."""
    return uuid5(NAMESPACE_OID, f"linli test {label}").hex


class Ids:
    """A source of different ids; call it for the next. Two sources of one name give the same ids."""

    def __init__(self, name: str = "") -> None:
        self._name = name
        self._numbers = count(1)

    def __call__(self) -> str:
        """The next id."""
        return some_id(f"{self._name} {next(self._numbers)}")
