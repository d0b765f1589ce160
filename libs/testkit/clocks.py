"""Clocks that tests set by hand."""

from datetime import UTC, datetime, timedelta
from threading import Lock

START = datetime(2020, 1, 3, 9, 0, tzinfo=UTC)


def moment(text: str) -> datetime:
    """A moment from `2020-01-03 09:00` (UTC unless the text has an offset)."""
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


class HandClock:
    """Answers the same moment until somebody moves it; call it for the moment. Safe for threads."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now
        self._lock = Lock()

    def __call__(self) -> datetime:
        """The moment it shows."""
        with self._lock:
            return self._now

    def advance(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> datetime:
        """Move it forward; answers the new moment."""
        with self._lock:
            self._now += timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
            return self._now

    def set(self, now: datetime) -> None:
        """Show another moment, earlier ones too."""
        with self._lock:
            self._now = now
