"""How a case record stands: what is known of its case, and whether that is closed."""

from dataclasses import dataclass, field, replace

from libs.rules.areas import AreaPath
from services.supervision.domain.case_record.events import (
    CaseFact,
    CaseRated,
    CaseRecordEvent,
    ClosingNoted,
    OpeningNoted,
    ReassignmentNoted,
    ReopeningNoted,
    RoutingNoted,
)

# Situations


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCase:
    """What is known of a case, whatever its situation. `version`: of the case, as far as noted."""

    case_id: str
    public_id: str
    affair_id: str
    area_path: AreaPath
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

    case: KnownCase


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """The case is closed: it may be rated."""

    case: KnownCase
    body_id: str


CaseRecord = Blank | NotClosed | Closed


# Evolve


def evolve(state: CaseRecord, event: CaseRecordEvent) -> CaseRecord:
    """The record after one more event."""
    if isinstance(event, OpeningNoted):
        return NotClosed(case=_opened(event))
    if isinstance(state, Blank):
        raise TypeError(f"a case record begins with OpeningNoted, not with {type(event).__name__}")
    match event:
        case CaseRated(rater_id=rater):
            return replace(state, case=replace(state.case, raters=state.case.raters | {rater}))
        case ClosingNoted(body_id=body):
            return Closed(case=_at(state.case, event), body_id=body)
        case ReopeningNoted():
            return NotClosed(case=_at(state.case, event))
        case RoutingNoted(body_id=body) | ReassignmentNoted(body_id=body):
            return NotClosed(case=replace(_at(state.case, event), body_id=body))
        case _:  # everything else leaves a case as closed or not as it was
            return replace(state, case=_at(state.case, event))


def _opened(event: OpeningNoted) -> KnownCase:
    return KnownCase(
        case_id=event.case_id,
        public_id=event.public_id,
        affair_id=event.affair_id,
        area_path=event.area_path,
        reporter_id=event.reporter_id,
        version=event.origin.version,
    )


def _at(case: KnownCase, fact: CaseFact) -> KnownCase:
    return replace(case, version=fact.origin.version)
