"""What the use cases of notices need from outside: answers of views."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from libs.query.freshness import Fresh, ListQuery
from services.identity.domain.notice import NoticeQueued


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRow:
    """A notice, as listed; `read_at` is None as long as nobody marked it as read."""

    notice: NoticeQueued
    read_at: datetime | None


class NoticeReads(Protocol):
    """The notices."""

    def page(self, query: ListQuery, resident_id: str, fresh: Fresh) -> tuple[Sequence[NoticeRow], str, int]:
        """A person's notices, the newest first, the next page's token, and how many are unread in all."""

    def case_of(self, notice_id: str, resident_id: str) -> str | None:
        """The case that a person's notice is about; None if they have no such notice."""
