"""Days that pass at once, for everything that runs in the test's own process.

with simulated_days() as days:
    platform.start()
    days.pass_by(2)  # what `utc_now` answers, and what the services take for the database's time
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from unittest import mock

from libs.ledger.store.timekeeper import Timekeeper


class Days:
    """How far the services of this process are ahead of the machine's clock."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def pass_by(self, days: float) -> None:
        """Let that many days pass; all at once, as for a process that slept."""
        self.ahead += timedelta(days=days)


@contextmanager
def simulated_days() -> Iterator[Days]:
    """`utc_now` and `wall_clock` run ahead, and timekeepers add the same to what a database says."""
    days = Days()

    class Ahead(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # a plain one, to be stored
            return datetime.now(tz) + days.ahead

    compared, steadily = Timekeeper.compare, Timekeeper._behind_steady  # noqa: SLF001  # nothing else knows of both clocks

    def compare(self: Timekeeper, asked: datetime, moment: datetime) -> str:
        return compared(self, asked, moment + days.ahead)

    def behind_steady(self: Timekeeper) -> float:
        return steadily(self) - days.ahead.total_seconds()

    with (
        mock.patch("libs.ledger.recorded.datetime", Ahead),
        mock.patch("libs.rpc.call.datetime", Ahead),
        mock.patch.object(Timekeeper, "compare", compare),
        mock.patch.object(Timekeeper, "_behind_steady", behind_steady),
    ):
        yield days
