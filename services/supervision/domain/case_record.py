"""What supervision has noted about one case: enough to ignore repetitions and to take ratings."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from libs.ledger.decider import Decider
from libs.ledger.personal import Personal
from services.supervision.domain import refusals
from services.supervision.domain.commands import Command, NoteFact, RateCase
from services.supervision.domain.events import (
    CaseRated,
    ClosingNoted,
    Event,
    NotedFact,
    OpeningNoted,
    ReassignmentNoted,
    ReopeningNoted,
    RoutingNoted,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """What stays with a record whatever its situation. `version`: of the case, as far as noted."""

    case_id: str
    public_id: str
    affair_id: str
    area_path: str
    reporter_id: str | None
    version: int
    body_id: str | None = None  # that must answer, or answered last
    raters: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Blank:
    """Nothing has been noted yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotClosed:
    """The case is on its way, or ended without having been dealt with."""

    noted: Noted


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """The case is closed: it may be rated."""

    noted: Noted
    body_id: str


State = Blank | NotClosed | Closed


def decide(command: Command, state: State) -> Sequence[Event]:
    """Note what is new, refuse what cannot be rated."""
    match command:
        case NoteFact(fact=fact):
            return _note(fact, state)
        case RateCase():
            return [_rate(command, state)]


def _note(fact: NotedFact, state: State) -> Sequence[Event]:
    """Nothing, if it has been noted already: within a case, facts come in the order of their versions."""
    if isinstance(state, Blank):
        if not isinstance(fact, OpeningNoted):
            raise refusals.opening_missing(fact.origin.version)
        return [fact]
    return [] if fact.origin.version <= state.noted.version else [fact]


def _rate(command: RateCase, state: State) -> CaseRated:
    if isinstance(state, Blank):
        raise refusals.case_unknown()
    if not 1 <= command.stars <= 5:
        raise refusals.stars_out_of_range(command.stars)
    if command.rater_id in state.noted.raters:
        raise refusals.case_rated_already()
    if isinstance(state, NotClosed):
        raise refusals.case_not_closed()
    return CaseRated(
        rater_id=command.rater_id,
        stars=command.stars,
        by_reporter=command.rater_id == state.noted.reporter_id,
        body_id=state.body_id,
        affair_id=state.noted.affair_id,
        area_path=state.noted.area_path,
        at=command.at,
        comment=Personal(command.rater_id, command.comment) if command.comment else None,
    )


def evolve(state: State, event: Event) -> State:
    """The record after one more event."""
    if isinstance(event, OpeningNoted):
        return NotClosed(noted=_opened(event))
    if isinstance(state, Blank):
        raise TypeError(f"a case record begins with OpeningNoted, not with {type(event).__name__}")
    match event:
        case CaseRated(rater_id=rater):
            return replace(state, noted=replace(state.noted, raters=state.noted.raters | {rater}))
        case ClosingNoted(body_id=body):
            return Closed(noted=_at(state.noted, event), body_id=body)
        case ReopeningNoted():
            return NotClosed(noted=_at(state.noted, event))
        case RoutingNoted(body_id=body) | ReassignmentNoted(body_id=body):
            return NotClosed(noted=replace(_at(state.noted, event), body_id=body))
        case _:  # everything else leaves a case as closed or not as it was
            return replace(state, noted=_at(state.noted, event))


def _opened(event: OpeningNoted) -> Noted:
    return Noted(
        case_id=event.case_id,
        public_id=event.public_id,
        affair_id=event.affair_id,
        area_path=event.area_path,
        reporter_id=event.reporter_id,
        version=event.origin.version,
    )


def _at(noted: Noted, fact: NotedFact) -> Noted:
    return replace(noted, version=fact.origin.version)


CASE_RECORD: Decider[Command, State, Event] = Decider(
    category="case_record", initial=Blank(), decide=decide, evolve=evolve
)
