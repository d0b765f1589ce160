"""Why a deadline is when it is: the spans of time that were counted, and the pauses that moved it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Protocol

from libs.rules.due import Limit
from libs.rules.working_time import Versions

MOST_SPANS = 500


class Due(Protocol):
    """What is due by a limit: the deadline of a clock, or the answer to a message."""

    @property
    def limit(self) -> Limit:
        """How long it may take."""
        ...

    @property
    def due_at(self) -> datetime:
        """Until when."""
        ...

    @property
    def calendar_id(self) -> str:
        """The calendar that counts the limit; empty: day and night."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """From when until when work waited; no end: it still does."""

    start: datetime
    end: datetime | None
    approved: bool = False  # beyond the limit of pauses


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Time that was counted, by a version of the calendar (0: day and night, by none)."""

    start: datetime
    end: datetime
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What a deadline was counted by."""

    deadline: Due
    zone: str
    spans: tuple[Span, ...]  # the first `MOST_SPANS`
    counted: timedelta  # all of them together
    pauses: tuple[tuple[Pause, timedelta], ...]  # with the time by which each moved the deadline
    known_until: date | None = None  # how far the calendar goes that counts the due moment
    beyond: bool = False  # the due moment lies behind that: the working week alone was counted there


def explained(
    deadline: Due, opened_at: datetime, pauses: tuple[Pause, ...], calendar: Versions
) -> Explanation:
    """The explanation of a deadline that runs from `opened_at`.

    A pause that began when the limit was used up has moved nothing.
    """
    works = deadline.limit.unit.counts_work

    def counted(start: datetime, end: datetime) -> timedelta:
        return calendar.between(start, end) if works else max(end - start, timedelta())

    ended = [(pause, pause.end) for pause in pauses if pause.end and pause.start < deadline.due_at]
    moved = {pause: counted(pause.start, end) for pause, end in ended}
    pieces = list(_between(opened_at, deadline.due_at, ended))
    last = calendar.at(deadline.due_at)
    known_until = last.known_until if works else None
    return Explanation(
        deadline=deadline,
        zone=calendar.at(opened_at).zone,
        spans=tuple(islice(_spans(pieces, calendar, works=works), MOST_SPANS)),
        counted=sum((counted(start, end) for start, end in pieces), timedelta()),
        pauses=tuple((pause, moved.get(pause, timedelta())) for pause in pauses),
        known_until=known_until,
        beyond=known_until is not None and last.local(deadline.due_at).date() > known_until,
    )


def _between(
    start: datetime, end: datetime, pauses: list[tuple[Pause, datetime]]
) -> Iterator[tuple[datetime, datetime]]:
    """What lies between the pauses."""
    for pause, until in pauses:
        yield start, min(pause.start, end)
        start = until
    if start < end:
        yield start, end


def _spans(pieces: list[tuple[datetime, datetime]], calendar: Versions, *, works: bool) -> Iterator[Span]:
    for start, end in pieces:
        if not works:
            yield Span(start=start, end=end, version=0)
            continue
        for since, until, version in calendar.worked(start, end):
            yield Span(start=since, end=until, version=version.version)
