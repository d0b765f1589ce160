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
from services.catalog.domain.values import AffairRef, Text, distinct

DEEPEST = 6
"""Levels of the tree; a deeper one is a list of keywords in disguise."""


@dataclass(frozen=True, slots=True)
class Undefined:
    """No affair has this id yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defined:
    """An affair of the tree, in use or retired."""

    affair_id: str
    parent_id: str
    path: str
    name: Text
    anonymous_allowed: bool
    keywords: tuple[str, ...]
    retired: bool = False

    @property
    def ref(self) -> AffairRef:
        """What commands about other things cite of it."""
        return AffairRef(affair_id=self.affair_id, path=self.path, retired=self.retired)


Affair = Undefined | Defined


def decide(command: AffairCommand, affair: Affair) -> Sequence[AffairEvent]:
    """What happens to an affair; the same once more changes nothing."""
    if isinstance(command, DefineAffair):
        return _define(command, affair)
    if isinstance(affair, Undefined):
        raise refusals.affair_is_unknown(command.affair_id)
    if affair.retired:
        if isinstance(command, RetireAffair):
            return []
        raise refusals.affair_is_retired(affair.affair_id)
    match command:
        case RenameAffair():
            return _rename(command, affair)
        case DecideAnonymity():
            if command.allowed == affair.anonymous_allowed:
                return []
            return [AnonymityDecided(affair_id=affair.affair_id, anonymous_allowed=command.allowed)]
        case RetireAffair():
            if command.part:
                raise refusals.affair_has_parts(affair.affair_id, command.part)
            return [AffairRetired(affair_id=affair.affair_id)]


def evolve(affair: Affair, event: AffairEvent) -> Affair:
    """The affair after the event."""
    if isinstance(event, AffairDefined):
        return Defined(
            affair_id=event.affair_id,
            parent_id=event.parent_id,
            path=event.path,
            name=event.name,
            anonymous_allowed=event.anonymous_allowed,
            keywords=event.keywords,
        )
    if isinstance(affair, Undefined):
        return affair
    match event:
        case AffairRenamed():
            return replace(affair, name=event.name, keywords=event.keywords)
        case AnonymityDecided():
            return replace(affair, anonymous_allowed=event.anonymous_allowed)
        case AffairRetired():
            return replace(affair, retired=True)


def _define(command: DefineAffair, affair: Affair) -> Sequence[AffairEvent]:
    parent = command.parent
    defined = AffairDefined(
        affair_id=command.affair_id,
        parent_id=parent.affair_id if parent else "",
        path=f"{parent.path}/{command.affair_id}" if parent else command.affair_id,
        name=command.name,
        anonymous_allowed=command.anonymous_allowed,
        keywords=distinct(command.keywords),
    )
    if isinstance(affair, Defined):
        if evolve(Undefined(), defined) != affair:
            raise refusals.affair_is_defined_differently(affair.affair_id)
        return []
    if not command.name:
        raise refusals.name_is_missing()
    if parent is not None and parent.retired:
        raise refusals.affair_is_retired(parent.affair_id)
    if defined.path.count("/") >= DEEPEST:
        raise refusals.affair_tree_is_too_deep(DEEPEST)
    return [defined]


def _rename(command: RenameAffair, affair: Defined) -> Sequence[AffairEvent]:
    if not command.name:
        raise refusals.name_is_missing()
    keywords = distinct(command.keywords)
    if (command.name, keywords) == (affair.name, affair.keywords):
        return []
    return [AffairRenamed(affair_id=affair.affair_id, name=command.name, keywords=keywords)]


DECIDER: Decider[AffairCommand, Affair, AffairEvent] = Decider(
    category="affair", initial=Undefined(), decide=decide, evolve=evolve
)
