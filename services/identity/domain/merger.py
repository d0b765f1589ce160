"""A merger: two registrations are one person, as one member of staff proposes and another approves.

Nothing of the merged registration is rewritten, so a merger is undone exactly. A registration into which
others are merged is never merged itself: there are no chains.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from libs.ledger.decider import Decider
from libs.rules.areas import AreaPath
from services.identity.domain import merger_refusals as refusals

LASTS = timedelta(days=7)
"""How long another person may take to decide."""
MOST = 5
"""Registrations that are merged into one: a token names them all."""

# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class MergerProposed:
    """Somebody says that two registrations are one person, or (`undoing`) that they are not."""

    merger_id: str
    merged_id: str
    survivor_id: str
    undoing: bool
    proposer_id: str
    area_path: AreaPath
    proposed_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MergerRejected:
    """Somebody said no, or whoever proposed it took it back."""

    merger_id: str
    merged_id: str
    decider_id: str
    rejected_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentsMerged:
    """From now on the merged registration is that of the survivor."""

    merger_id: str
    merged_id: str
    survivor_id: str
    decider_id: str
    area_path: AreaPath
    merged_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentsUnmerged:
    """From now on it is a person of its own again."""

    merger_id: str
    merged_id: str
    survivor_id: str
    decider_id: str
    area_path: AreaPath
    unmerged_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationTaken:
    """The survivor has one registration more."""

    survivor_id: str
    merged_id: str
    taken_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationLetGo:
    """The survivor has one registration fewer."""

    survivor_id: str
    merged_id: str
    let_go_at: datetime


MergerEvent = (
    MergerProposed
    | MergerRejected
    | ResidentsMerged
    | ResidentsUnmerged
    | RegistrationTaken
    | RegistrationLetGo
)


# Situations


@dataclass(frozen=True, slots=True, kw_only=True)
class Merger:
    """Into whom a registration is merged ("": nobody), which ones are merged into it, what is proposed."""

    into: str = ""
    others: tuple[str, ...] = ()
    proposed: MergerProposed | None = None


# Evolve


def evolve(merger: Merger, event: MergerEvent) -> Merger:
    """The registration after the event."""
    match event:
        case MergerProposed():
            return replace(merger, proposed=event)
        case MergerRejected():
            return replace(merger, proposed=None)
        case ResidentsMerged():
            return replace(merger, proposed=None, into=event.survivor_id)
        case ResidentsUnmerged():
            return replace(merger, proposed=None, into="")
        case RegistrationTaken():
            return replace(merger, others=(*merger.others, event.merged_id))
        case RegistrationLetGo():
            return replace(merger, others=tuple(each for each in merger.others if each != event.merged_id))


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeMerger:
    """Say that two registrations are one person, or that they are not."""

    merger_id: str
    merged_id: str
    survivor_id: str
    undoing: bool
    by: str
    area_path: AreaPath
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideMerger:
    """Approve or reject what was proposed."""

    merger_id: str
    approve: bool
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeRegistration:
    """Have one registration more, or (`undoing`) one fewer: on the stream of the survivor."""

    survivor_id: str
    merged_id: str
    undoing: bool
    at: datetime


MergerCommand = ProposeMerger | DecideMerger | TakeRegistration


# Decide


def decide(command: MergerCommand, merger: Merger) -> Sequence[MergerEvent]:
    """Two persons, neither of them the one it is about; one step, and no chains."""
    match command:
        case ProposeMerger():
            return [_proposed(command, merger)]
        case DecideMerger():
            return [_decided(command, merger)]
        case TakeRegistration():
            return _taken(command, merger)


def _proposed(command: ProposeMerger, merger: Merger) -> MergerProposed:
    if command.by in {command.merged_id, command.survivor_id}:
        raise refusals.merger_is_about_you()
    if merger.proposed is not None and command.at < merger.proposed.expires_at:
        raise refusals.merger_is_open()
    _check_apart(command.merged_id, command.survivor_id, merger, undoing=command.undoing)
    return MergerProposed(
        merger_id=command.merger_id,
        merged_id=command.merged_id,
        survivor_id=command.survivor_id,
        undoing=command.undoing,
        proposer_id=command.by,
        area_path=command.area_path,
        proposed_at=command.at,
        expires_at=command.at + LASTS,
    )


def _check_apart(merged_id: str, survivor_id: str, merger: Merger, *, undoing: bool) -> None:
    if undoing:
        if not merger.into or merger.into != survivor_id:
            raise refusals.merger_is_unfit("this registration is not merged into another one")
        return
    if merged_id == survivor_id:
        raise refusals.merger_is_unfit("name two registrations")
    if merger.into:
        raise refusals.merger_is_unfit("this registration is merged already")
    if merger.others:
        raise refusals.merger_is_unfit("others are merged into this registration: let it be the survivor")


def _decided(command: DecideMerger, merger: Merger) -> MergerRejected | ResidentsMerged | ResidentsUnmerged:
    proposed = merger.proposed
    if proposed is None or proposed.merger_id != command.merger_id:
        raise refusals.merger_is_unknown()
    merged_id, survivor_id = proposed.merged_id, proposed.survivor_id
    if command.by in {merged_id, survivor_id}:
        raise refusals.merger_is_about_you()
    if not command.approve:
        return MergerRejected(
            merger_id=command.merger_id, merged_id=merged_id, decider_id=command.by, rejected_at=command.at
        )
    if command.by == proposed.proposer_id:
        raise refusals.merger_takes_another_person()
    if command.at >= proposed.expires_at:
        raise refusals.merger_has_expired()
    _check_apart(merged_id, survivor_id, merger, undoing=proposed.undoing)
    if proposed.undoing:
        return ResidentsUnmerged(
            merger_id=command.merger_id,
            merged_id=merged_id,
            survivor_id=survivor_id,
            decider_id=command.by,
            area_path=proposed.area_path,
            unmerged_at=command.at,
        )
    return ResidentsMerged(
        merger_id=command.merger_id,
        merged_id=merged_id,
        survivor_id=survivor_id,
        decider_id=command.by,
        area_path=proposed.area_path,
        merged_at=command.at,
    )


def _taken(command: TakeRegistration, merger: Merger) -> Sequence[MergerEvent]:
    survivor_id, merged_id = command.survivor_id, command.merged_id
    if command.undoing:
        return [RegistrationLetGo(survivor_id=survivor_id, merged_id=merged_id, let_go_at=command.at)]
    if merger.into:
        raise refusals.merger_is_unfit("the survivor is merged into another registration: name that one")
    if len(merger.others) >= MOST:
        raise refusals.merger_is_unfit(f"at most {MOST} registrations are merged into one")
    return [RegistrationTaken(survivor_id=survivor_id, merged_id=merged_id, taken_at=command.at)]


MERGER: Decider[MergerCommand, Merger, MergerEvent] = Decider(
    category="merger", initial=Merger(), decide=decide, evolve=evolve
)
