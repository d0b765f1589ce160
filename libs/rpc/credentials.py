"""Where a client's tokens come from: at hand, or fetched again when they near their end."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class Credentials(Protocol):
    """Where a client gets its token from."""

    def token(self) -> str:
        """A token that is good now; "" to call without."""

    def refused(self, token: str) -> bool:
        """The server did not accept `token`: whether another one can be had."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token at hand; "" calls as nobody."""

    value: str = ""

    def token(self) -> str:
        """The token."""
        return self.value

    def refused(self, token: str) -> bool:  # the protocol's
        """There is no other."""
        return False


class Refreshing:
    """Tokens that are fetched again when they near their end (client credentials, a login).

    `fetch` answers (token, seconds that it is good for).
    """

    def __init__(self, fetch: Callable[[], tuple[str, float]], *, early: float = 30.0) -> None:
        self._fetch = fetch
        self._early = early
        self._token = ""
        self._until = float("-inf")

    def token(self) -> str:
        """A token with some life left."""
        if time.monotonic() > self._until - self._early:
            self._token, lasts = self._fetch()
            self._until = time.monotonic() + lasts
        return self._token

    def refused(self, token: str) -> bool:
        """Fetch another, unless that happened already."""
        if token == self._token:
            self._until = float("-inf")
        return True
