"""What locating cases again needs from outside: which are left."""

from collections.abc import Mapping
from typing import Protocol

from services.cases.domain.locating import Located


class UnlocatedReads(Protocol):
    """Which cases are to be located by newer boundaries?"""

    def unlocated(self, done: Located, most: int) -> tuple[int, Mapping[str, int]]:
        """The position of the newest ground, and the next cases with the positions of their openings."""
        ...
