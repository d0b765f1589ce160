"""The moments of a row, each by the rules for what is often wrong with them."""

from datetime import UTC, datetime

from services.command.imports.cells import At, Cells
from services.command.imports.mapping import Map
from services.command.imports.moments import Clock
from services.command.imports.rules import Rule

ENDED = frozenset({"resolved", "closed", "withdrawn", "rejected"})
"""States in which a request has an end."""


class Times:
    """Reads them in the order in which they depend on each other."""

    def __init__(self, by: Map, cells: Cells, now: datetime | None = None, *, iso: bool = False) -> None:
        """`iso`: the file's reader writes times so, whatever the map says."""
        self._cells = cells
        self._now = now or datetime.now(UTC)
        self._clock = Clock(by.zone, by.dates, iso=iso)

    def opened(self, at: At) -> datetime:
        """When it was opened."""
        return self._read(at, "opened", self._cells.needed(at, "opened"))[0]

    def updated(self, at: At, opened: datetime) -> datetime:
        """When something was last changed; at the opening if it does not say."""
        given = self._cells.value(at, "updated")
        return max(opened, self._read(at, "updated", given)[0]) if given else opened

    def ended(self, at: At, state: str, opened: datetime, updated: datetime) -> datetime | None:
        """When it ended, if its state says that it has."""
        given = self._cells.value(at, "closed")
        if state not in ENDED:
            if given:
                self._cells.apply(at, Rule.CLOSED_BUT_OPEN, "closed", given)
            return None
        if not given:
            self._cells.apply(at, Rule.CLOSED_WITHOUT_TIME, "closed", "is blank")
            return updated
        ended = self._within(at, "closed", given, opened, Rule.CLOSED_ON_A_DATE)
        if ended < opened:
            self._cells.apply(
                at, Rule.CLOSED_BEFORE_OPENED, "closed", f"{given}, opened {self._cells.value(at, 'opened')}"
            )
            return opened
        return ended

    def responded(self, at: At, opened: datetime, ended: datetime | None) -> datetime | None:
        """When work began, if it says so."""
        given = self._cells.value(at, "responded")
        if not given:
            return None
        moment = self._within(at, "responded", given, opened, Rule.RESPONDED_ON_A_DATE)
        if moment < opened:
            self._cells.apply(at, Rule.RESPONDED_BEFORE_OPENED, "responded", given)
            return None
        if ended is not None and moment > ended:
            self._cells.apply(at, Rule.RESPONDED_AFTER_CLOSED, "responded", given)
            return None
        return moment

    def _read(self, at: At, wanted: str, given: str) -> tuple[datetime, bool]:
        """A moment, and whether it is a date without a time."""
        try:
            moment, rule, whole_day = self._clock.read(given)
        except ValueError as wrong:
            self._cells.apply(at, Rule.BAD_TIME, wanted, f"{given[:40]!r} {wrong}")
            raise AssertionError from None  # it cannot be repaired
        if rule is not None:
            self._cells.apply(at, rule, wanted, given)
        if moment > self._now:
            self._cells.apply(at, Rule.FUTURE, wanted, given)
        return moment, whole_day

    def _within(self, at: At, wanted: str, given: str, opened: datetime, rule: Rule) -> datetime:
        """A date without a time stands for its midnight; on the day of the opening, for the opening."""
        moment, whole_day = self._read(at, wanted, given)
        if not whole_day:
            return moment
        self._cells.apply(at, rule, wanted, given)
        return opened if self._clock.same_day(moment, opened) else moment
