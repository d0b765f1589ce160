"""Several cases about potholes, told one after the other: opened, merged, given back, worked on."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from libs.ledger.decider import Refusal
from libs.rules.due import Limit, Unit
from libs.rules.working_time import Counting
from services.cases.domain.case import CASE
from services.cases.domain.case import commands as asked
from services.cases.domain.case.events import CaseEvent
from services.cases.domain.case.situations import CaseFile, Merged, Opened
from services.cases.domain.clocks import Clock, ClockKind
from services.cases.tests.domain.history import OFFICE, ROADS_ANSWER, facts, open_case

CALENDARS: dict[str, Counting] = {"office": OFFICE}


class Town:
    """What has happened to each case so far, by its id."""

    def __init__(self) -> None:
        self.told: dict[str, list[CaseEvent]] = {}
        self._folded: dict[str, tuple[int, Opened]] = {}

    def opens(self, case_id: str, at: datetime, *, days: int = 3, affair: str = "potholes") -> None:
        """A report of a resident of that case alone; dealt with in so many working days."""
        known = facts(ROADS_ANSWER)
        assert known.commitment is not None
        limit = Limit(amount=days, unit=Unit.WORKING_DAYS)
        terms = replace(known.commitment.terms, resolution=limit)
        known = replace(
            known,
            affair_path=f"roads/{affair}",
            commitment=replace(known.commitment, terms=terms, version=days),
        )
        command = open_case(
            known, case_id=case_id, public_id=f"LL-{case_id}", reporter_id=f"resident-{case_id}", at=at
        )
        self.told[case_id] = list(CASE.decide(command, CASE.initial))

    def does(self, case_id: str, command: asked.CaseCommand) -> list[CaseEvent]:
        """One command on one case; what comes of it."""
        new = list(CASE.decide(command, self.state(case_id)))
        self.told[case_id] += new
        return new

    def merges(self, case_id: str, into: str, at: datetime) -> None:
        """Both, or neither."""
        one, other = self.state(case_id), self.state(into)
        merge = asked.MergeCase(seen=one, into=other, at=at)
        add = asked.AddDuplicate(seen=other, duplicate=one, calendars=CALENDARS, at=at)
        self._both((case_id, merge), (into, add))

    def unmerges(self, case_id: str, at: datetime) -> None:
        """Both, or neither."""
        state = self.state(case_id)
        into = state.into_case_id if isinstance(state, Merged) else case_id
        remove = asked.RemoveDuplicate(case_id=case_id, calendars=CALENDARS, at=at)
        self._both((case_id, asked.UnmergeCase(at=at)), (into, remove))

    def _both(self, *pairs: tuple[str, asked.CaseCommand]) -> None:
        new = [(case_id, CASE.decide(command, self.state(case_id))) for case_id, command in pairs]
        for case_id, events in new:
            self.told[case_id] += events

    def state(self, case_id: str) -> Opened:
        """How a case stands."""
        events = self.told[case_id]
        count, before = self._folded.get(case_id, (0, None))
        state = CASE.fold(events[count:], before)
        assert isinstance(state, Opened)
        self._folded[case_id] = len(events), state
        return state

    def file(self, case_id: str) -> CaseFile:
        """What stays with it."""
        return self.state(case_id).file

    def clock(self, case_id: str, kind: ClockKind = ClockKind.RESOLUTION) -> Clock:
        """One of its clocks."""
        return clock_of(self.file(case_id).clocks, kind)

    def passes(self, at: datetime) -> None:
        """Time passes, for all of them."""
        for case_id in self.told:
            self.does(case_id, asked.PassMoments(at=at))


def clock_of(clocks: Iterable[Clock], kind: ClockKind) -> Clock:
    """The clock of a kind."""
    return next(clock for clock in clocks if clock.deadline.clock is kind)


def refusal_of(town: Town, case_id: str, command: asked.CaseCommand) -> Refusal | None:
    """Why a command is refused, if it is."""
    try:
        CASE.decide(command, town.state(case_id))
    except Refusal as refusal:
        return refusal
    return None
