"""What the use cases of webhooks need from outside: answers of views, and somebody who carries messages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from libs.notify.channel import Signed
from services.identity.domain.webhook import CaseEventHeard


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """An event of a case, its place in the ledger, and where the case came from, as far as that is known."""

    place: int
    event: CaseEventHeard


class HeardReads(Protocol):
    """The events that may be sent to webhooks."""

    def head(self) -> int:
        """The place of the newest; 0: there is none."""

    def after(self, place: int, since: datetime, limit: int) -> Sequence[Heard]:
        """The next ones, of those recorded since a moment."""

    def gone(self) -> int:
        """The place up to which they are kept no more, unless they are parked."""

    def at(self, place: int) -> Heard | None:
        """The one at a place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Up to which place events were sent to a webhook. `again`: how many parked messages are to be sent."""

    until: int
    again: int


class EndpointReads(Protocol):
    """The endpoints, by webhook."""

    def all(self) -> Mapping[str, Endpoint]:
        """All of them."""


class Carrier(Protocol):
    """Carries messages to endpoints (`libs.notify.webhooks.Webhooks`)."""

    def new_secret(self) -> str:
        """A secret that nobody knows yet, to sign by."""

    def takes(self, url: str) -> bool:
        """Whether a URL can be one of an endpoint, as far as can be told without asking for its name."""

    def send(self, message: Signed) -> None:
        """Post a message. Raises `TryLater` or `ChannelAway`."""
