"""What the use cases of joining need from outside: answers of views."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol


class CodeReads(Protocol):
    """The one-time codes."""

    def due(self, limit: int) -> Sequence[tuple[str, str]]:
        """Codes that nobody has sent, the oldest first: the id of each, and the stream of its address."""

    def over(self, now: datetime) -> Sequence[str]:
        """Hours of which no code counts any more."""


class LoginReads(Protocol):
    """The logins."""

    def of(self, party_id: str) -> Sequence[str]:
        """The ids of a person's logins."""
