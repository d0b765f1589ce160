"""Random histories of cases, and a count of them that shares nothing with the platform's.

A history is what the cases service publishes about one case. The count looks at the finished history as
a whole (never one event at a time), in plain loops.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from linli.cases.v1 import cases_events_pb2 as cases
from linli.cases.v1 import cases_types_pb2 as types

from libs.rpc.moments import stamp
from libs.testkit.clocks import START
from services.supervision.tests.published import moment_of, opened

History = list[Any]

BODIES = ("lasan", "bos", "dot")
AFFAIRS = ("bulky-items", "graffiti")
AREAS = ("la", "la/south", "la/south/nc-1", "la/south/nc-2", "la/north/nc-3", "la/southern/nc-4")
_CLOCKS = (types.CLOCK_KIND_FIRST_RESPONSE, types.CLOCK_KIND_RESOLUTION)
_NEXT = {  # what ends well is named more than once, so that it happens more often
    "submitted": ("reassign", "reassign", "withdraw", "reject", "note"),
    "routed": ("accept", "return", "reassign", "work", "work", "resolve", "withdraw", "reject", "note"),
    "accepted": ("return", "reassign", "work", "work", "resolve", "withdraw", "reject", "note"),
    "working": ("pause", "pause", "resolve", "resolve", "resolve", "reassign", "withdraw", "note", "reply"),
    "waiting": ("resume", "resume", "resume", "withdraw", "note"),
    "resolved": ("confirm", "close", "close", "close", "reopen", "reply"),
    "confirmed": ("close", "close", "close", "reopen"),
    "closed": ("reopen", "note", "end"),
}


@st.composite
def histories(draw: st.DrawFn, case_id: str) -> History:
    """One case from its opening on, as far as it has got; moments often fall exactly on the due moment."""
    at = START + timedelta(hours=draw(st.sampled_from([0, 79, 80, 81, 200])))
    due = draw(st.sampled_from([None, at + timedelta(hours=5), at + timedelta(hours=50, microseconds=7)]))
    first_due = draw(st.sampled_from([None, at + timedelta(hours=2)]))
    history: History = [
        opened(
            case_id, at, due=due, first_response_due=first_due, affair_id=draw(st.sampled_from(AFFAIRS)),
            area_path=draw(st.sampled_from(AREAS)), channel=draw(st.sampled_from(types.Channel.values()[1:])),
        )
    ]  # fmt: skip
    body = draw(st.sampled_from([*BODIES, ""]))
    if body:
        history.append(cases.CaseRouted(case_id=case_id, body_id=body, routed_time=stamp(at)))
    else:
        history.append(cases.CaseUnowned(case_id=case_id, found_time=stamp(at)))
    state = "routed" if body else "submitted"
    for _ in range(draw(st.integers(0, 12))):
        if state not in _NEXT:
            break
        word = draw(st.sampled_from(_NEXT[state]))
        if word == "end":
            break
        at = draw(st.sampled_from([at, at + timedelta(hours=1, seconds=1), max(at, due or at)]))
        if word == "reassign":
            body = draw(st.sampled_from([each for each in BODIES if each != body]))
        if word == "resume" and due is not None:
            due += timedelta(hours=draw(st.integers(0, 3)))
        history.append(_said(word, case_id, body, at, due))
        if word == "return":
            body = ""
        state = _AFTER.get(word, state)
    if due is not None and draw(st.booleans()):
        breach = cases.DeadlineBreached(
            case_id=case_id, body_id=body, breached_time=stamp(due), clock=draw(st.sampled_from(_CLOCKS))
        )
        history += [breach, *_annulled_and_again(draw(st.integers(0, 3)), breach, at)]
    return history


def _annulled_and_again(times: int, breach: cases.DeadlineBreached, at: datetime) -> Iterator[Any]:
    """It was too early: annulled, and passed again, and so on."""
    for number in range(times):
        yield (
            breach
            if number % 2
            else cases.MomentAnnulled(
                case_id=breach.case_id,
                clock=breach.clock,
                moment=types.MOMENT_KIND_BREACH,
                body_id=breach.body_id,
                moment_time=breach.breached_time,
                annulled_time=stamp(at),
            )
        )


_AFTER = {
    "reassign": "routed", "withdraw": "over", "reject": "over", "accept": "accepted", "return": "submitted",
    "work": "working", "pause": "waiting", "resume": "working", "resolve": "resolved", "close": "closed",
    "confirm": "confirmed", "reopen": "accepted",
}  # fmt: skip


_SAID = {
    "reassign": (cases.CaseReassigned, "reassigned_time"),
    "withdraw": (cases.CaseWithdrawn, "withdrawn_time"),
    "reject": (cases.CaseRejected, "rejected_time"),
    "accept": (cases.CaseAccepted, "accepted_time"),
    "return": (cases.CaseReturned, "returned_time"),
    "work": (cases.WorkStarted, "started_time"),
    "pause": (cases.CasePaused, "paused_time"),
    "resume": (cases.CaseResumed, "resumed_time"),
    "resolve": (cases.CaseResolved, "resolved_time"),
    "confirm": (cases.CaseConfirmed, "confirmed_time"),
    "close": (cases.CaseClosed, "closed_time"),
    "reopen": (cases.CaseReopened, "reopened_time"),
    "note": (cases.NoteAdded, "added_time"),
    "reply": (cases.ReporterAnswered, "answered_time"),
}


def _said(word: str, case_id: str, body: str, at: datetime, due: datetime | None) -> Any:
    made, time = _SAID[word]
    message: Any = made(case_id=case_id)
    getattr(message, time).FromDatetime(at)
    if word != "note":
        message.body_id = body
    if word == "resume" and due is not None:
        message.resolution.due_time.FromDatetime(due)
    return message


@dataclass(slots=True)
class Cell:
    """One group, counted by hand."""

    states: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    on_time: int = 0
    late: int = 0
    without_promise: int = 0
    overdue: int = 0
    durations: list[int] = field(default_factory=list)
    ever_resolved: int = 0
    reopened: int = 0
    given: int = 0
    returned: int = 0
    first_response_breached: int = 0
    resolution_breached: int = 0

    def percentile(self, tenths: int) -> int | None:
        """The smallest duration that at least so many tenths of the cases do not exceed."""
        ordered = sorted(self.durations)
        return ordered[math.ceil(len(ordered) * tenths / 10) - 1] if ordered else None


_STATE_BY_LAST = {
    "CaseOpened": "submitted",
    "CaseRouted": "routed",
    "CaseUnowned": "submitted",
    "CaseAccepted": "accepted",
    "CaseReturned": "submitted",
    "CaseReassigned": "routed",
    "WorkStarted": "in_progress",
    "CasePaused": "waiting",
    "CaseResumed": "in_progress",
    "CaseResolved": "resolved",
    "CaseConfirmed": "confirmed",
    "CaseClosed": "closed",
    "CaseWithdrawn": "withdrawn",
    "CaseRejected": "rejected",
    "CaseReopened": "accepted",
}


def state_of(history: History) -> str:
    """Where the case stands: what the last event says that says anything about it."""
    return [_STATE_BY_LAST[kind(each)] for each in history if kind(each) in _STATE_BY_LAST][-1]


def body_of(history: History) -> str:
    """Who must answer, or answered last."""
    said = [each for each in history if kind(each) in _STATE_BY_LAST and kind(each) != "CaseOpened"]
    last = said[-1]
    return "" if kind(last) in ("CaseUnowned", "CaseReturned") else str(last.body_id)


def kind(message: Any) -> str:
    """The name of a message's type."""
    return str(message.DESCRIPTOR.name)


def all_of(history: History, name: str) -> list[Any]:
    """All events of a type."""
    return [each for each in history if kind(each) == name]


def recount(
    told: Iterable[History], group: Callable[[History], str], judged_at: datetime, *, by_body: bool = False
) -> dict[str, Cell]:
    """A cell for each group."""
    cells: dict[str, Cell] = defaultdict(Cell)
    for history in told:
        _count(cells[group(history)], history, judged_at)
        if by_body:
            _count_holders(cells, history)
        else:
            cells[group(history)].given += 1
            cells[group(history)].returned += bool(all_of(history, "CaseReturned"))
        for clock, body in _breaches(history).items():
            cell = cells[body if by_body else group(history)]
            cell.first_response_breached += clock == types.CLOCK_KIND_FIRST_RESPONSE
            cell.resolution_breached += clock == types.CLOCK_KIND_RESOLUTION
    # a body that has no case any more has a row only if it sent one back, or let a limit pass
    return {name: cell for name, cell in cells.items() if cell.states or cell.returned or _late(cell)}


def _late(cell: Cell) -> int:
    return cell.first_response_breached + cell.resolution_breached


def _breaches(history: History) -> dict[Any, str]:
    """The clocks whose limit was used up and not annulled since, and the body that had the case then."""
    found: dict[Any, str] = {}
    for each in history:
        if kind(each) == "DeadlineBreached":
            found[each.clock] = str(each.body_id)
        elif kind(each) == "MomentAnnulled" and each.moment == types.MOMENT_KIND_BREACH:
            found.pop(each.clock, None)
    return found


def _count_holders(cells: dict[str, Cell], history: History) -> None:
    given = {each.body_id for name in ("CaseRouted", "CaseReassigned") for each in all_of(history, name)}
    returned = {each.body_id for each in all_of(history, "CaseReturned")}
    for body in given:
        cells[body].given += 1
        cells[body].returned += body in returned


def _count(cell: Cell, history: History, judged_at: datetime) -> None:
    state = state_of(history)
    cell.states[state] += 1
    due = _due(history)
    if state in ("resolved", "confirmed", "closed"):
        done = _moment(all_of(history, "CaseResolved")[-1])
        cell.on_time += due is not None and done <= due
        cell.late += due is not None and done > due
        cell.without_promise += due is None
    elif state not in ("withdrawn", "rejected") and due is not None:
        stopped = _moment(all_of(history, "CasePaused")[-1]) if state == "waiting" else judged_at
        cell.overdue += due < min(stopped, judged_at)
    if state == "closed":
        took = _moment(all_of(history, "CaseClosed")[-1]) - _moment(history[0])
        cell.durations.append(took.days * 86400 + took.seconds)
    cell.ever_resolved += bool(all_of(history, "CaseResolved"))
    cell.reopened += bool(all_of(history, "CaseReopened"))


def _due(history: History) -> datetime | None:
    promised = [each.due_time for each in history[0].deadlines if each.clock == types.CLOCK_KIND_RESOLUTION]
    later = [
        each.resolution.due_time for each in all_of(history, "CaseResumed") if each.HasField("resolution")
    ]
    moments = promised + later
    return moments[-1].ToDatetime(tzinfo=START.tzinfo) if moments else None


def _moment(message: Any) -> datetime:
    moment: datetime = moment_of(message).ToDatetime(tzinfo=START.tzinfo)
    return moment


def merged(told: Sequence[History], order: Sequence[int]) -> list[Any]:
    """The events of several cases mixed; within each case they keep their order."""
    left = [list(history) for history in told]
    mixed: list[Any] = []
    for number in order:
        waiting = [history for history in left if history]
        if not waiting:
            break
        mixed.append(waiting[number % len(waiting)].pop(0))
    return mixed + [each for history in left for each in history]
