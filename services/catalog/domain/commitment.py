"""A commitment: what is promised for an affair, everywhere or in one area, version by version."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.decider import Decider
from libs.ledger.text import Text
from libs.rules.areas import NOWHERE, AreaPath
from libs.rules.due import reaches
from libs.rules.terms import Terms
from services.catalog.domain import refusals
from services.catalog.domain.terms import checked
from services.catalog.domain.values import AffairRef, AreaRef, commitment_id
from services.catalog.domain.working_time import WorkingTime, calendar_of

# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentPublished:
    """What is promised for an affair from `valid_from` on, everywhere (no area) or in one area."""

    commitment_id: str
    version: int
    affair_id: str
    affair_path: str
    area_id: str
    area_path: AreaPath
    terms: Terms
    calendar_id: str
    conditions: tuple[Text, ...]
    valid_from: datetime


# Situations


@dataclass(frozen=True, slots=True)
class Unpublished:
    """Nothing has been promised yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The newest version; the older ones stand in the ledger."""

    newest: CommitmentPublished


Commitment = Unpublished | Published


# Evolve


def evolve(commitment: Commitment, event: CommitmentPublished) -> Commitment:  # noqa: ARG001 # each is complete
    """The commitment after the event."""
    return Published(newest=event)


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishCommitment:
    """Promise time limits for an affair, everywhere or in one area, from a moment on (None: now)."""

    affair: AffairRef
    area: AreaRef | None
    terms: Terms
    calendar_id: str
    working_time: WorkingTime  # of the calendar
    valid_from: datetime | None = None
    conditions: tuple[Text, ...] = ()
    at: datetime


# Decide


def decide(command: PublishCommitment, commitment: Commitment) -> Sequence[CommitmentPublished]:
    """The first or the next version; the same promise once more changes nothing."""
    published = _promise(command)
    match commitment:
        case Unpublished():
            return [published]
        case Published(newest=newest):
            since = newest.valid_from
            if replace(published, version=newest.version, valid_from=since) == newest:
                if since != (command.valid_from or min(since, command.at)):
                    raise refusals.version_is_unchanged(newest.version, since)
                return []
            if published.valid_from < newest.valid_from:
                raise refusals.version_is_too_early(newest.valid_from)
            return [replace(published, version=newest.version + 1)]


def _promise(command: PublishCommitment) -> CommitmentPublished:
    """Version 1 of what the command promises. Refuses a promise that makes no sense."""
    affair, area = command.affair, command.area
    if affair.retired:
        raise refusals.affair_is_retired(affair.affair_id)
    checked(command.terms)
    calendar = calendar_of(command.working_time)
    for field, limit in command.terms.limits:
        if not reaches(calendar, limit, command.at):
            raise refusals.limit_is_out_of_reach(limit, command.calendar_id, field)
    return CommitmentPublished(
        commitment_id=commitment_id(affair.affair_id, area.area_id if area else ""),
        version=1,
        affair_id=affair.affair_id,
        affair_path=affair.path,
        area_id=area.area_id if area else "",
        area_path=area.path if area else NOWHERE,
        terms=command.terms,
        calendar_id=command.calendar_id,
        conditions=tuple(condition for condition in command.conditions if condition),
        valid_from=command.valid_from or command.at,
    )


COMMITMENT: Decider[PublishCommitment, Commitment, CommitmentPublished] = Decider(
    category="commitment", initial=Unpublished(), decide=decide, evolve=evolve
)
