"""The clocks of a case that is about several reports: each limit is the earliest of all that are still owed.

A promise to one of the reporters that was kept is kept; one that was broken stays broken. Nothing falls due
later than it would have in the case that promised it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from libs.rules.working_time import Counting
from services.cases.domain.case import pausing
from services.cases.domain.case.situations import CaseFile, Duplicate, Opened, Submitted, Waiting, body_of
from services.cases.domain.clocks import Clock, ClockKind, resumed

Clocks = tuple[Clock, ...]
Span = tuple[datetime, datetime]

_FIRST = datetime.min.replace(tzinfo=UTC)


def standing(state: Opened, at: datetime, calendars: Mapping[str, Counting]) -> Clocks:
    """The clocks of a case as they stand at a moment: a pause has moved them until then."""
    if not isinstance(state, Waiting) or state.lapsed:
        return state.file.clocks
    moved = moved_by([(state.paused_at, at)], state.file.clocks, state.paused_at, calendars)
    return tuple(replace(clock, paused_at=at) if clock.paused_at else clock for clock in moved)


def moved_by(
    pauses: Iterable[Span], clocks: Clocks, since: datetime, calendars: Mapping[str, Counting]
) -> Clocks:
    """The clocks as they stood at `since`, later by the pauses after that."""
    moved = list(clocks)
    for start, end in pauses:
        for number, clock in enumerate(moved):
            if end > since and clock.deadline.clock is ClockKind.RESOLUTION:
                calendar = pausing.counting(clock.deadline, calendars)
                later = resumed(clock.deadline, max(start, since), end, calendar)
                moved[number] = replace(clock, deadline=later)
    return tuple(moved)


def joined(
    mine: Clocks, theirs: Clocks, holder: Opened, at: datetime
) -> tuple[Clocks, tuple[ClockKind, ...]]:
    """The clocks of a case (`holder`) when those of a duplicate are added; and whose limits are theirs."""
    owed = {clock.deadline.clock: clock for clock in theirs if clock.met_at is None or clock.breached}
    known = {clock.deadline.clock: clock for clock in mine}
    both = tuple(_stricter(clock, owed.get(clock.deadline.clock)) for clock in mine)
    new = tuple(_held_by(holder, clock, at) for kind, clock in owed.items() if kind not in known)
    taken = tuple(
        kind
        for kind, clock in owed.items()
        if kind not in known or clock.deadline.due_at < known[kind].deadline.due_at
    )
    return (*both, *new), taken


def _held_by(holder: Opened, clock: Clock, at: datetime) -> Clock:
    """A clock that the case had not: met if what it measures has been done here."""
    match clock.deadline.clock:
        case ClockKind.RESOLUTION:
            waits = isinstance(holder, Waiting) and not holder.lapsed
            return replace(clock, met_at=None, paused_at=at if waits else None)
        case ClockKind.DISPATCH | ClockKind.ADJUDICATION:
            done = body_of(holder) is not None
        case ClockKind.ANSWER:
            done = not isinstance(holder, Submitted) or holder.file.answered_by is not None
        case ClockKind.FIRST_RESPONSE:
            done = holder.file.answered_by is not None
    return replace(clock, met_at=clock.met_at or at if done else None, paused_at=None)


def _stricter(mine: Clock, theirs: Clock | None) -> Clock:
    """The limit that is reached first, with all that has passed of it. What is done here counts for both."""
    if theirs is None:
        return mine
    first = min(mine, theirs, key=_order)
    deadline = replace(
        first.deadline,
        warn_at=min(mine.deadline.warn_at, theirs.deadline.warn_at),
        due_at=min(mine.deadline.due_at, theirs.deadline.due_at),
    )
    soonest = min(mine, theirs, key=lambda clock: (clock.deadline.warn_at, clock.warned_at is None))
    warned = soonest.warned_at or first.warned_at  # a later warning of the other one was not about this limit
    return replace(first, deadline=deadline, warned_at=warned, met_at=mine.met_at, paused_at=mine.paused_at)


def _order(clock: Clock) -> tuple[bool, datetime]:
    """A limit that is used up comes first, of several the one that is escalated next; else the earliest."""
    if not clock.breached:
        return True, clock.deadline.due_at
    upcoming = replace(clock, met_at=None, paused_at=None).next_moment()
    return False, upcoming or _FIRST


def without(
    state: Opened, left: Sequence[Duplicate], at: datetime, calendars: Mapping[str, Counting]
) -> tuple[Clocks, tuple[tuple[str, ClockKind], ...]]:
    """The clocks of a case that gives a duplicate back and keeps those `left`; and whose the limits are then.

    They are what they would be if that one had never been there. What has passed of limits that stay as they
    are has passed; of the others, what would have passed meanwhile is still to be said.
    """
    file = state.file
    pauses = sorted((*file.pauses, *file.approved_pauses))
    clocks = moved_by(pauses, file.own_clocks, file.own_at or at, calendars)
    whose: dict[ClockKind, str] = {}
    for duplicate in left:
        given = moved_by(pauses, duplicate.clocks, duplicate.at, calendars)
        clocks, taken = joined(clocks, given, state, at)
        whose |= dict.fromkeys(taken, duplicate.case_id)
    return tuple(_again(clocks, file)), tuple((case_id, kind) for kind, case_id in whose.items())


def _again(clocks: Clocks, file: CaseFile) -> Iterator[Clock]:
    """Each with what was done here meanwhile; and those that began only after the first duplicate came."""
    current = {clock.deadline.clock: clock for clock in file.clocks}
    for clock in clocks:
        now = current.pop(clock.deadline.clock, clock)
        if now.deadline == clock.deadline:
            yield now
        else:
            yield replace(_said(clock, now), met_at=now.met_at, paused_at=now.paused_at)
    given = {clock.deadline.clock for each in file.duplicates for clock in each.clocks}
    yield from (clock for kind, clock in current.items() if kind not in given)


def _said(clock: Clock, joint: Clock) -> Clock:
    """A clock with what was said of it while a stricter limit held: it is not said twice."""
    deadline = clock.deadline
    warned = joint.warned_at if joint.warned_at == deadline.warn_at else clock.warned_at
    breached = joint.breached_at if joint.breached_at == deadline.due_at else clock.breached_at
    same = breached is not None and joint.deadline.steps == deadline.steps
    told = max(clock.escalated, joint.escalated if same else (), key=len)
    return replace(clock, warned_at=warned, breached_at=breached, escalated=told)


def earliest(opened_at: datetime, duplicates: Iterable[Duplicate]) -> datetime:
    """When the earliest report came in."""
    return min((opened_at, *(each.since for each in duplicates)))
