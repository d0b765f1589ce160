"""An affair: a kind of matter, its place in the tree, and whether it still takes cases."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from libs.ledger.decider import Decider
from services.catalog.domain import refusals
from services.catalog.domain.commands import (
    AffairCommand,
    DecideAnonymity,
    DefineAffair,
    RenameAffair,
    RetireAffair,
)
from services.catalog.domain.events import (
    AffairDefined,
    AffairEvent,
    AffairRenamed,
    AffairRetired,
    AnonymityDecided,
)
from services.catalog.domain.values import AffairRef, Matter, distinct

DEEPEST = 6
"""Levels of the tree; a deeper one is a list of keywords in disguise."""


@dataclass(frozen=True, slots=True)
class Undefined:
    """No affair has this id yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defined:
    """An affair of the tree, in use or retired."""

    matter: Matter
    retired: bool = False

    @property
    def ref(self) -> AffairRef:
        """What commands about other things cite of it."""
        return AffairRef(affair_id=self.matter.affair_id, path=self.matter.path, retired=self.retired)


Affair = Undefined | Defined


def decide(command: AffairCommand, affair: Affair) -> Sequence[AffairEvent]:
    """What happens to an affair; the same once more changes nothing."""
    if isinstance(command, DefineAffair):
        return _define(command, affair)
    match affair:
        case Undefined():
            raise refusals.affair_is_unknown(command.affair_id)
        case Defined(retired=True):
            if isinstance(command, RetireAffair):
                return []
            raise refusals.affair_is_retired(command.affair_id)
        case Defined():
            return _decide(command, affair.matter)


def _decide(command: RenameAffair | DecideAnonymity | RetireAffair, matter: Matter) -> Sequence[AffairEvent]:
    match command:
        case RenameAffair():
            if not command.name:
                raise refusals.name_is_missing()
            renamed = replace(matter, name=command.name, keywords=distinct(command.keywords))
            return [AffairRenamed(matter=renamed)] if renamed != matter else []
        case DecideAnonymity():
            decided = replace(matter, anonymous_allowed=command.allowed)
            return [AnonymityDecided(matter=decided)] if decided != matter else []
        case RetireAffair():
            if command.part:
                raise refusals.affair_has_parts(matter.affair_id, command.part)
            return [AffairRetired(affair_id=matter.affair_id)]


def evolve(affair: Affair, event: AffairEvent) -> Affair:
    """The affair after the event."""
    match event:
        case AffairDefined() | AffairRenamed() | AnonymityDecided():
            return Defined(matter=event.matter)
        case AffairRetired():
            return replace(affair, retired=True) if isinstance(affair, Defined) else affair


def _define(command: DefineAffair, affair: Affair) -> Sequence[AffairEvent]:
    parent = command.parent
    matter = Matter(
        affair_id=command.affair_id,
        parent_id=parent.affair_id if parent else "",
        path=f"{parent.path}/{command.affair_id}" if parent else command.affair_id,
        name=command.name,
        anonymous_allowed=command.anonymous_allowed,
        keywords=distinct(command.keywords),
    )
    if isinstance(affair, Defined):
        if affair != Defined(matter=matter):
            raise refusals.affair_is_defined_differently(matter.affair_id)
        return []
    if not command.name:
        raise refusals.name_is_missing()
    if parent is not None and parent.retired:
        raise refusals.affair_is_retired(parent.affair_id)
    if matter.path.count("/") >= DEEPEST:
        raise refusals.affair_tree_is_too_deep(DEEPEST)
    return [AffairDefined(matter=matter)]


AFFAIR: Decider[AffairCommand, Affair, AffairEvent] = Decider(
    category="affair", initial=Undefined(), decide=decide, evolve=evolve
)
