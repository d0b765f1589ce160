"""Months, by which cases are found that were opened in one: a word for each, and steps between them (UTC)."""

from datetime import MAXYEAR, MINYEAR, UTC, datetime


def month_of(at: datetime) -> str:
    """The word for the month of a moment. It has a space: no text has such a word."""
    at = at.astimezone(UTC)
    return f"opened {at.year}-{at.month:02d}"


def begins(at: datetime, later: int = 0) -> datetime:
    """When that month begins, or the one so many months later; not beyond the first and the last one."""
    at = at.astimezone(UTC)
    year, month = divmod(12 * at.year + at.month - 1 + later, 12)
    if not MINYEAR <= year <= MAXYEAR:
        return datetime(MINYEAR, 1, 1, tzinfo=UTC) if later < 0 else datetime(MAXYEAR, 12, 1, tzinfo=UTC)
    return datetime(year, month + 1, 1, tzinfo=UTC)
