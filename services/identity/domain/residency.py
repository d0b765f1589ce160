"""Where a person lives: in one household at a time, or in none that is known. One stream for each person."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.decider import Decider
from services.identity.domain import household_refusals as refusals

# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeTaken:
    """The person lives in this household, and in no other, from a moment on."""

    resident_id: str
    household_id: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeLeft:
    """The person lives in no household that is known, from a moment on."""

    resident_id: str
    household_id: str
    until: datetime


ResidencyEvent = HomeTaken | HomeLeft


# Situations


@dataclass(frozen=True, slots=True)
class Residency:
    """The household now ("": none), since when anything is known, and all households ever."""

    household_id: str = ""
    changed_at: datetime | None = None
    ever: tuple[str, ...] = ()


# Evolve


def evolve(residency: Residency, event: ResidencyEvent) -> Residency:
    """Where the person lives after the event."""
    match event:
        case HomeTaken(household_id=taken):
            ever = residency.ever if taken in residency.ever else (*residency.ever, taken)
            return Residency(household_id=taken, changed_at=event.since, ever=ever)
        case HomeLeft():
            return replace(residency, household_id="", changed_at=event.until)


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeHome:
    """Live in another household, or ("") in none. `leaving`: the one that the caller found."""

    resident_id: str
    leaving: str
    household_id: str
    at: datetime


# Decide


def decide(command: ChangeHome, residency: Residency) -> Sequence[ResidencyEvent]:
    """One household at a time, and no move before an earlier one."""
    if residency.household_id == command.household_id:
        return []
    if residency.household_id != command.leaving:
        raise refusals.home_has_changed()
    if residency.changed_at is not None and command.at <= residency.changed_at:
        raise refusals.move_is_too_early()
    if command.household_id:
        return [
            HomeTaken(resident_id=command.resident_id, household_id=command.household_id, since=command.at)
        ]
    return [HomeLeft(resident_id=command.resident_id, household_id=residency.household_id, until=command.at)]


RESIDENCY: Decider[ChangeHome, Residency, ResidencyEvent] = Decider(
    category="residency", initial=Residency(), decide=decide, evolve=evolve
)
