"""Two cases about the same matter: one goes on in the other, and may be given back.

Whatever is merged into what, nobody wins time by it: the case that goes on takes the earliest limits, and a
case that is given back goes on as if it had never been away.
"""

from datetime import datetime

from services.cases.domain import refusals
from services.cases.domain.case import commands, events, joining, merge_refusals, pausing
from services.cases.domain.case.evolve import after
from services.cases.domain.case.moments import passed
from services.cases.domain.case.situations import (
    STATE_OF,
    CaseFile,
    Merged,
    NotOpened,
    Opened,
    Unresolved,
    Waiting,
    body_of,
)
from services.cases.domain.clocks import Deadline, resumed

_LEFT_TO_MERGED = commands.UnmergeCase | commands.PassMoments | commands.ReleaseCase


def require_at_home(command: commands.CaseCommand, state: Opened) -> None:
    """Refuse CASE_MERGED: what is asked of a case that goes on in another one is to be asked of that.

    It cannot be withdrawn there, either (OTHERS_REPORTED_IT).
    Two cases are merged as both were seen, or it is decided anew (CONCURRENT_CHANGE).
    """
    if isinstance(command, commands.MergeCase | commands.AddDuplicate) and command.seen != state:
        raise merge_refusals.changed_meanwhile(state.file.case_id)
    if isinstance(state, Merged) and isinstance(command, commands.WithdrawCase):
        raise merge_refusals.others_reported_it()  # the other case has at least one reporter of its own
    if isinstance(state, Merged) and not isinstance(command, _LEFT_TO_MERGED):
        raise merge_refusals.case_merged(state.into_case_id, state.into_public_id)


def require_may_be_merged(state: Opened, rpc: str) -> None:
    """Refuse CASE_MERGED, CASE_STATE_FORBIDS, HISTORY_NOT_MERGED: nothing is merged with such a case."""
    if isinstance(state, Merged):
        raise merge_refusals.case_merged(state.into_case_id, state.into_public_id)
    if not isinstance(state, Unresolved):
        raise refusals.state_forbids(rpc, type(state).__name__)
    if state.file.held:
        raise merge_refusals.history_not_merged()


def merge(command: commands.MergeCase, state: Unresolved, at: datetime) -> list[events.CaseEvent]:
    """It goes on in the other case, if that is about the same kind of matter."""
    file, into = state.file, command.into
    if isinstance(into, NotOpened):
        raise TypeError("a case is merged into one that was opened")
    if into.file.case_id == file.case_id:
        raise merge_refusals.merged_with_itself()
    if into.file.affair_id != file.affair_id:
        raise merge_refusals.affairs_differ(file.affair_id, into.file.affair_id)
    if file.held or into.file.held:
        raise merge_refusals.history_not_merged()
    return [
        events.CaseMerged(
            into_case_id=into.file.case_id, into_public_id=into.file.public_id, body_id=body_of(state), at=at
        )
    ]


def add(command: commands.AddDuplicate, state: Unresolved, at: datetime) -> list[events.CaseEvent]:
    """Take the other case in: its reports, and its limits where they are earlier."""
    other = command.duplicate
    if isinstance(other, NotOpened | Merged):
        raise TypeError("only a case that goes on is taken in")
    other = after(other, passed(other, at))
    ended = _ended(state, other, at, command)
    holder = after(state, ended)
    file = holder.file
    own = joining.standing(holder, at, command.calendars)
    given = joining.standing(other, at, command.calendars)
    clocks, taken = joining.joined(own, given, holder, at)
    opened_at = joining.earliest(other.file.opened_at, other.file.duplicates)
    added = events.DuplicateAdded(
        case_id=other.file.case_id,
        public_id=other.file.public_id,
        reports=other.file.reports,
        since=min(joining.earliest(file.opened_at, file.duplicates), opened_at),
        opened_at=opened_at,
        clocks=clocks,
        given=given,
        own=() if file.duplicates else own,
        taken=taken,
        pauses=_pauses(other, at),
        later=_later(holder, at, pausing.resolution_of(clocks), command),
        body_id=body_of(holder),
        at=at,
        evidence=tuple(sorted(other.file.shown_before(body_of(holder)))),
    )
    return [*ended, added, *passed(after(holder, [added]), at)]


def unmerge(state: Opened, at: datetime) -> list[events.CaseEvent]:
    """It goes on where it stood; what would have passed meanwhile has passed."""
    if not isinstance(state, Merged):
        raise merge_refusals.not_merged()
    unmerged = events.CaseUnmerged(
        from_case_id=state.into_case_id,
        from_public_id=state.into_public_id,
        body_id=body_of(state.before),
        state=STATE_OF[type(state.before)],
        at=at,
    )
    return [unmerged, *passed(after(state, [unmerged]), at)]


def remove(command: commands.RemoveDuplicate, state: Opened, at: datetime) -> list[events.CaseEvent]:
    """Give a case back; its limits go with it."""
    file = state.file
    had = next((each for each in file.duplicates if each.case_id == command.case_id), None)
    if had is None:
        raise merge_refusals.not_merged()
    left = [each for each in file.duplicates if each is not had]
    clocks, taken = joining.without(state, left, at, command.calendars)
    paused_at = state.paused_at if isinstance(state, Waiting) else at
    removed = events.DuplicateRemoved(
        case_id=had.case_id,
        public_id=had.public_id,
        since=joining.earliest(file.opened_at, left),
        clocks=clocks,
        taken=taken,
        later=_later(state, paused_at, pausing.resolution_of(clocks), command),
        body_id=body_of(state),
        at=at,
    )
    return [removed, *passed(after(state, [removed]), at)]


def require_alone(file: CaseFile) -> None:
    """Refuse OTHERS_REPORTED_IT where others reported the matter, too."""
    if file.duplicates:
        raise merge_refusals.others_reported_it()


def _pauses(state: Opened, at: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """The pauses of a case until a moment, one that lasts included."""
    if not isinstance(state, Waiting) or state.lapsed or state.approved:
        return state.file.pauses_of_all
    return (*state.file.pauses_of_all, (state.paused_at, at))


def _ended(
    state: Unresolved, other: Opened, at: datetime, command: commands.AddDuplicate
) -> list[events.CaseEvent]:
    """A pause that lasts ends, if it would take more than the pauses of both cases may take together."""
    if not isinstance(state, Waiting) or state.lapsed or state.approved or state.until is None:
        return []
    used = (*_pauses(state, at), *_pauses(other, at))
    if state.until <= pausing.sum_used_up(state.file, used, at, command.calendars):
        return []
    return [pausing.resume(state, command.calendars, at)]


def _later(
    state: Opened,
    paused_at: datetime,
    deadline: Deadline | None,
    command: commands.AddDuplicate | commands.RemoveDuplicate,
) -> Deadline | None:
    """When the resolution is due if the rest of a pause is used; None if nothing waits."""
    if not isinstance(state, Waiting) or state.lapsed or state.until is None or deadline is None:
        return None
    return resumed(deadline, paused_at, state.until, pausing.counting(deadline, command.calendars))
