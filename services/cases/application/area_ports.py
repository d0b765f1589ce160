"""What locating cases again needs from outside: which are left."""

from collections.abc import Mapping
from typing import Protocol

from services.cases.domain.locating import Located


class UnlocatedReads(Protocol):
    """Which cases are to be located by newer boundaries?"""

    def unlocated(self, done: Located, most: int) -> tuple[int, Mapping[str, int]]:
        """For the ground of which position, and the next cases with the positions of their openings.

        While a pass is under way, that is the ground for which it was begun; else the newest.
        """
        ...
