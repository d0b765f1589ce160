"""What every channel is: it takes a message and an address, and says what became of it.

A channel is told the id of a message. If a process dies after a message was sent and before that was
recorded, the message is sent again with the same id: whoever receives it can tell that it is the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


class NotSent(Exception):
    """It was not sent. `reason` is for operators: a code, and never what holds an address."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TryLater(NotSent):
    """This message cannot be sent at the moment."""


class Refused(NotSent):
    """The channel will never take a message to this address."""


class ChannelAway(NotSent):
    """The channel takes nothing at the moment, whatever the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message to one person. `title` is one line. It never shows its content: that is personal."""

    id: str
    address: str = field(repr=False)
    language: str
    title: str = field(repr=False)
    text: str = field(repr=False)
    written_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A message to a program, signed by each of the secrets. It never shows its URL: that may be one, too."""

    id: str
    url: str = field(repr=False)
    secrets: Sequence[str] = field(repr=False)
    body: bytes
    at: datetime


class Channel(Protocol):
    """Carries messages."""

    def send(self, message: Outgoing) -> None:
        """Send it, within a bounded time. Raises `TryLater`, `Refused` or `ChannelAway`."""
