"""What a case record notes and whose rating it takes, and the decider."""

from collections.abc import Sequence

from libs.ledger.decider import Decider
from libs.ledger.noted import Note
from libs.ledger.personal import Personal
from services.supervision.domain import refusals
from services.supervision.domain.case_record.commands import CaseRecordCommand, RateCase
from services.supervision.domain.case_record.events import (
    CaseFact,
    CaseRated,
    CaseRecordEvent,
    OpeningNoted,
)
from services.supervision.domain.case_record.situations import Blank, CaseRecord, NotClosed, evolve


def decide(command: CaseRecordCommand, state: CaseRecord) -> Sequence[CaseRecordEvent]:
    """Note what is new, refuse what cannot be rated."""
    match command:
        case Note(fact=fact):
            return _note(fact, state)
        case RateCase():
            return [_rate(command, state)]


def _note(fact: CaseFact, state: CaseRecord) -> Sequence[CaseFact]:
    """Nothing, if it has been noted already: within a case, facts come in the order of their versions."""
    if isinstance(state, Blank):
        if not isinstance(fact, OpeningNoted):
            raise refusals.opening_missing(fact.origin.version)
        return [fact]
    return [] if fact.origin.version <= state.case.version else [fact]


def _rate(command: RateCase, state: CaseRecord) -> CaseRated:
    if isinstance(state, Blank):
        raise refusals.case_unknown()
    if not 1 <= command.stars <= 5:
        raise refusals.stars_out_of_range(command.stars)
    if command.rater_id in state.case.raters:
        raise refusals.case_rated_already()
    if isinstance(state, NotClosed):
        raise refusals.case_not_closed()
    return CaseRated(
        rater_id=command.rater_id,
        stars=command.stars,
        by_reporter=command.rater_id == state.case.reporter_id,
        body_id=state.body_id,
        affair_id=state.case.affair_id,
        area_path=state.case.area_path,
        at=command.at,
        comment=Personal(command.rater_id, command.comment) if command.comment else None,
    )


CASE_RECORD: Decider[CaseRecordCommand, CaseRecord, CaseRecordEvent] = Decider(
    category="case_record", initial=Blank(), decide=decide, evolve=evolve
)
