"""The clocks of a case: what is promised, when a promise warns and breaks, and what a pause does.

The rule that makes them worth having: a clock starts when the case is opened and only an
explicit, reasoned pause moves its deadline. Notes, returns, reassignment and reopening do not.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from itertools import zip_longest

from libs.rules.areas import AreaPath, parent_of, within
from libs.rules.due import Limit, Unit, after_pause, due
from libs.rules.terms import Escalation, EscalationLevel, Level, Recipient, Terms
from libs.rules.working_time import Counting, NeverAtWork
from services.cases.domain import refusals
from services.cases.domain.escalation import EscalationStep, Tree, warning_and_steps


class ClockKind(Enum):
    """What a clock measures, from the opening of the case."""

    ANSWER = "answer"
    DISPATCH = "dispatch"
    FIRST_RESPONSE = "first_response"
    RESOLUTION = "resolution"
    ADJUDICATION = "adjudication"


class MomentKind(Enum):
    """Which moment of a clock."""

    WARNING = "warning"
    BREACH = "breach"


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """What is promised for an affair, in the version in force."""

    commitment_id: str
    version: int
    terms: Terms
    calendar_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """One promise for one case: its moments, and the commitment they follow from."""

    clock: ClockKind
    limit: Limit
    warn_at: datetime
    due_at: datetime
    commitment_id: str
    commitment_version: int
    calendar_id: str
    steps: tuple[EscalationStep, ...] = ()  # not in older events


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalated:
    """A level that was told, and whether somebody there has acknowledged it."""

    at: datetime
    acknowledged_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A deadline and what has come of it.

    `warned_at` and `breached_at` are the moments that have passed, `annulled` those that an operator took
    back and that have not passed again.
    """

    deadline: Deadline
    warned_at: datetime | None = None
    breached_at: datetime | None = None
    met_at: datetime | None = None
    paused_at: datetime | None = None
    annulled: tuple[MomentKind, ...] = ()
    escalated: tuple[Escalated, ...] = ()

    @property
    def running(self) -> bool:
        """Whether moments of this clock can still pass."""
        return self.met_at is None and self.paused_at is None

    @property
    def warned(self) -> bool:
        """Whether three quarters of the limit are used up. A breach implies it."""
        return self.warned_at is not None or self.breached

    @property
    def breached(self) -> bool:
        """Whether the limit is used up."""
        return self.breached_at is not None

    @property
    def on_time(self) -> bool:
        """The verdict so far: the limit was not used up before the thing was done."""
        return not self.breached

    def next_moment(self) -> datetime | None:
        """When this clock next has something to say; None while it stands still, and when all is said.

        What is done in the moment itself is on time. A moment before it stood still may have been hidden.
        """
        due = self.deadline.due_at if self.warned else self.deadline.warn_at
        at = self._next_level() if self.breached else due
        stood = min((each for each in (self.met_at, self.paused_at) if each), default=None)
        return at if at is None or stood is None or at < stood else None

    def _next_level(self) -> datetime | None:
        """When the next level is told: at its moment, or as soon as the level before was silent too long."""
        told = len(self.escalated)
        if told == len(self.deadline.steps):
            return None
        moments = self.deadline.steps[told]
        silent = told > 0 and self.escalated[-1].acknowledged_at is None
        return moments.sooner_at if silent else moments.at

    def fired_at(self, kind: MomentKind) -> datetime | None:
        """The moment that has passed, and stands."""
        return self.warned_at if kind is MomentKind.WARNING else self.breached_at

    @property
    def last_passed_at(self) -> datetime | None:
        """The latest of the moments that have passed."""
        told = self.escalated[-1].at if self.escalated else None
        return told or self.breached_at or self.warned_at

    def due_at(self, kind: MomentKind) -> datetime:
        """When a moment is due."""
        return self.deadline.warn_at if kind is MomentKind.WARNING else self.deadline.due_at

    def passed_moments(self) -> Iterator[tuple[MomentKind, datetime]]:
        """The moments that have passed, each with when it is due."""
        for kind in MomentKind:
            if self.fired_at(kind) is not None:
                yield kind, self.due_at(kind)

    def passing(self, kind: MomentKind, at: datetime) -> "Clock":
        """The clock when a moment has passed."""
        return replace(
            self._fired(kind, at), annulled=tuple(each for each in self.annulled if each is not kind)
        )

    def escalating(self, at: datetime) -> "Clock":
        """The clock when the next level was told."""
        return replace(self, escalated=(*self.escalated, Escalated(at=at)))

    def acknowledging(self, level: int, at: datetime) -> "Clock":
        """The clock when somebody of a level (from 1) has acknowledged it."""
        told = [
            replace(each, acknowledged_at=each.acknowledged_at or at) if number == level else each
            for number, each in enumerate(self.escalated, 1)
        ]
        return replace(self, escalated=tuple(told))

    def without(self, kind: MomentKind) -> "Clock":
        """The clock as if a moment, and what followed from it, had not passed."""
        annulled = tuple(each for each in MomentKind if each is kind or each in self.annulled)
        clock = replace(self._fired(kind, None), annulled=annulled)
        return replace(clock, escalated=()) if kind is MomentKind.BREACH else clock

    def was_due(self, kind: MomentKind, at: datetime) -> bool:
        """Whether a moment lies before `at` and before the clock was stopped: then it passed rightly."""
        stops = (at, self.met_at, self.paused_at)
        return self.due_at(kind) < min(each for each in stops if each is not None)

    def _fired(self, kind: MomentKind, at: datetime | None) -> "Clock":
        if kind is MomentKind.WARNING:
            return replace(self, warned_at=at)
        return replace(self, breached_at=at)


def escalated(
    clocks: Iterable[Clock], kind: ClockKind, level: int
) -> tuple[EscalationStep, Escalated] | None:
    """A level (from 1) of a clock, if it was told."""
    for clock in clocks:
        if clock.deadline.clock is kind and 1 <= level <= len(clock.escalated):
            return clock.deadline.steps[level - 1], clock.escalated[level - 1]
    return None


_ABOVE = Escalation(
    levels=(EscalationLevel(percent=100, recipient=Recipient.DISPATCHER, level=Level.CITY),),
    acknowledgement=Limit(amount=1, unit=Unit.WORKING_DAYS),
)
"""Who is told of a late adjudication if the terms name nobody: the area above, whatever its level."""


def promise(
    commitment: Commitment | None,
    calendar: Counting | None,
    opened_at: datetime,
    tree: Tree = (),
    *,
    owned: bool = True,
) -> tuple[Deadline, ...]:
    """The deadlines of a case opened at `opened_at`, in the areas of `tree`; none where nothing is promised.

    One that nobody answers for (not `owned`) has one more: until the area that decides names a body.

    Refuses LIMIT_OUT_OF_REACH.
    """
    if commitment is None or calendar is None:
        return ()
    terms = commitment.terms
    limits = (
        (ClockKind.ANSWER, terms.answer),
        (ClockKind.DISPATCH, terms.dispatch),
        (ClockKind.FIRST_RESPONSE, terms.first_response),
        (ClockKind.RESOLUTION, terms.resolution),
        (ClockKind.ADJUDICATION, None if owned else terms.adjudication),
    )
    try:
        return tuple(
            _deadline(kind, limit, commitment, calendar, opened_at, tree) for kind, limit in limits if limit
        )
    except NeverAtWork:
        raise refusals.limit_out_of_reach(commitment.calendar_id) from None


def _deadline(
    kind: ClockKind,
    limit: Limit,
    commitment: Commitment,
    calendar: Counting,
    opened_at: datetime,
    tree: Tree,
) -> Deadline:
    due_at = due(opened_at, limit, calendar)
    warn_at, steps = warning_and_steps(commitment.terms.escalation, tree, opened_at, due_at, limit, calendar)
    return Deadline(
        clock=kind,
        limit=limit,
        warn_at=warn_at,
        due_at=due_at,
        commitment_id=commitment.commitment_id,
        commitment_version=commitment.version,
        calendar_id=commitment.calendar_id,
        steps=steps,
    )


def adjudication(
    limit: Limit,
    like: Deadline,
    calendar: Counting,
    at: datetime,
    deciding: AreaPath,
    escalation: Escalation | None,
) -> Deadline:
    """How long the area `deciding` may take from `at` on to decide, and who is told if it takes longer.

    By the commitment that another deadline of the case follows from, and up the tree as for that one, but to
    nobody below the area above `deciding`: those who must decide need not be told.
    """
    due_at = due(at, limit, calendar)
    above = parent_of(deciding) or deciding
    warn_at, steps = warning_and_steps(escalation or _ABOVE, ((None, above),), at, due_at, limit, calendar)
    usual = [step.area_path for step in like.steps]
    return replace(
        like,
        clock=ClockKind.ADJUDICATION,
        limit=limit,
        warn_at=warn_at,
        due_at=due_at,
        steps=tuple(
            replace(step, area_path=area if area and within(above, area) else above)
            for step, area in zip_longest(steps, usual[: len(steps)])
        ),
    )


def resumed(deadline: Deadline, paused_at: datetime, resumed_at: datetime, calendar: Counting) -> Deadline:
    """The deadline after a pause: later by as much time, as its limit counts, as the pause took.

    A moment that had passed before the pause stays where it was: no pause undoes a breach.
    """

    def later(moment: datetime) -> datetime:
        return after_pause(moment, deadline.limit.unit, paused_at, resumed_at, calendar)

    try:
        return replace(
            deadline,
            warn_at=later(deadline.warn_at),
            due_at=later(deadline.due_at),
            steps=tuple(
                replace(step, at=later(step.at), sooner_at=later(step.sooner_at)) for step in deadline.steps
            ),
        )
    except NeverAtWork:
        raise refusals.limit_out_of_reach(deadline.calendar_id) from None
