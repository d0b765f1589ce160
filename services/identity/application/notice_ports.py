"""What the use cases of notices need from outside: answers of views."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from libs.query.freshness import Fresh, ListQuery
from services.identity.domain.notice import NoticeQueued


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedNotice:
    """A notice, as listed; `read_at` is None as long as nobody marked it as read."""

    notice: NoticeQueued
    read_at: datetime | None


class NoticeReads(Protocol):
    """The notices."""

    def page(
        self, query: ListQuery, resident_ids: Sequence[str], fresh: Fresh
    ) -> tuple[Sequence[ListedNotice], str, int]:
        """A person's notices, the newest first, the next page's token, and how many are unread in all."""

    def of(self, notice_ids: Sequence[str], at_least: str) -> Sequence[NoticeQueued]:
        """Some notices, in the order in which they were queued."""

    def case_of(self, notice_id: str, resident_id: str) -> str | None:
        """The case that a person's notice is about; None if they have no such notice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """Somebody for whom notices wait, each with its kind.

    `until`: the place in the ledger of the newest; `chosen`: that of what they chose last, or 0.
    """

    resident_id: str
    notices: tuple[tuple[str, str], ...]
    until: int
    chosen: int

    @property
    def key(self) -> str:
        """Another one as soon as the person chooses something else."""
        return f"{self.resident_id}@{self.chosen}"


class OutboxReads(Protocol):
    """What waits to be prepared."""

    def ready(self, now: datetime, limit: int, at_least: str, *, letters: bool = False) -> Sequence[Ready]:
        """For whom something may be prepared now; `letters`: of those who chose nothing and have no login."""

    def gathering(self, *, letters: bool) -> int:
        """For how many persons something is not prepared; `letters`: also for those who chose nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDelivery:
    """A delivery that has not arrived. `parked`: nobody tries any more."""

    delivery_id: str
    resident_id: str
    count: int
    prepared_at: datetime
    try_at: datetime
    tries: int
    channel: str
    reason: str
    parked: bool


class DeliveryReads(Protocol):
    """The deliveries that have not arrived."""

    def due(self, now: datetime, limit: int, at_least: str) -> Sequence[str]:
        """Which are to be tried now."""

    def for_letters(self, after: OpenDelivery | None, limit: int) -> Sequence[OpenDelivery]:
        """What waits for the next letters, the oldest first, after one of them."""

    def open(self, limit: int, *, parked: bool) -> Sequence[OpenDelivery]:
        """All of them, or only what nobody tries any more."""
