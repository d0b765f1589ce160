"""An affair: a kind of matter, its place in the tree, and whether it still takes cases."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.decider import Decider
from libs.ledger.text import Text
from libs.rules.areas import below, ids_of
from libs.rules.terms import OUTCOMES, Choice
from services.catalog.domain import refusals
from services.catalog.domain.terms import check_choices
from services.catalog.domain.values import AffairRef, Matter, distinct

DEEPEST = 6
"""Levels of the tree; a deeper one is a list of keywords in disguise."""


# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class AffairDefined:
    """A kind of matter has a name and a place in the tree. Its path never changes."""

    matter: Matter


@dataclass(frozen=True, slots=True, kw_only=True)
class AffairRenamed:
    """It is called differently from now on; it is still the same matter."""

    matter: Matter


@dataclass(frozen=True, slots=True, kw_only=True)
class AnonymityDecided:
    """It may, or may no longer, be reported without a name."""

    matter: Matter


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomesDecided:
    """Its cases may end in these ways from now on."""

    matter: Matter


@dataclass(frozen=True, slots=True, kw_only=True)
class AffairRetired:
    """It takes no new cases from a moment on (None: from always, by what was recorded before)."""

    affair_id: str
    at: datetime | None = None


AffairEvent = AffairDefined | AffairRenamed | AnonymityDecided | OutcomesDecided | AffairRetired


# Situations


@dataclass(frozen=True, slots=True)
class Undefined:
    """No affair has this id yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defined:
    """An affair of the tree, in use or retired."""

    matter: Matter
    retired: bool = False
    retired_at: datetime | None = None

    @property
    def ref(self) -> AffairRef:
        """What commands about other things cite of it."""
        return AffairRef(affair_id=self.matter.affair_id, path=self.matter.path, retired=self.retired)


Affair = Undefined | Defined


# Evolve


def evolve(affair: Affair, event: AffairEvent) -> Affair:
    """The affair after the event."""
    match event:
        case AffairDefined() | AffairRenamed() | AnonymityDecided() | OutcomesDecided():
            return Defined(matter=event.matter)
        case AffairRetired():
            return (
                replace(affair, retired=True, retired_at=event.at) if isinstance(affair, Defined) else affair
            )


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class DefineAffair:
    """Name a kind of matter, below `parent` or at the top."""

    affair_id: str
    name: Text
    parent: AffairRef | None = None
    anonymous_allowed: bool = False
    keywords: tuple[str, ...] = ()
    outcomes: tuple[Choice, ...] = ()  # none: the usual ones
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameAffair:
    """Call it differently, with other keywords."""

    affair_id: str
    name: Text
    keywords: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideAnonymity:
    """Say whether it may be reported without a name."""

    affair_id: str
    allowed: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideOutcomes:
    """Say how its cases may end."""

    affair_id: str
    outcomes: tuple[Choice, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireAffair:
    """Take no new cases for it. `part`: an affair below it that is still in use, if there is one."""

    affair_id: str
    part: str = ""
    at: datetime


AffairCommand = DefineAffair | RenameAffair | DecideAnonymity | DecideOutcomes | RetireAffair


# Decide


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


def _define(command: DefineAffair, affair: Affair) -> Sequence[AffairEvent]:
    parent = command.parent
    matter = Matter(
        affair_id=command.affair_id,
        parent_id=parent.affair_id if parent else "",
        path=below(parent.path if parent else "", command.affair_id),
        name=command.name,
        anonymous_allowed=command.anonymous_allowed,
        keywords=distinct(command.keywords),
        outcomes=command.outcomes or OUTCOMES,
    )
    if isinstance(affair, Defined):
        if affair != Defined(matter=matter):
            raise refusals.affair_is_defined_differently(matter.affair_id)
        return []
    if not command.name:
        raise refusals.name_is_missing()
    if parent is not None and parent.retired:
        raise refusals.affair_is_retired(parent.affair_id)
    if len(ids_of(matter.path)) > DEEPEST:
        raise refusals.affair_tree_is_too_deep(DEEPEST)
    check_choices(matter.outcomes, "outcomes")
    return [AffairDefined(matter=matter)]


def _decide(
    command: RenameAffair | DecideAnonymity | DecideOutcomes | RetireAffair, matter: Matter
) -> Sequence[AffairEvent]:
    match command:
        case RenameAffair():
            if not command.name:
                raise refusals.name_is_missing()
            renamed = replace(matter, name=command.name, keywords=distinct(command.keywords))
            return [AffairRenamed(matter=renamed)] if renamed != matter else []
        case DecideAnonymity():
            decided = replace(matter, anonymous_allowed=command.allowed)
            return [AnonymityDecided(matter=decided)] if decided != matter else []
        case DecideOutcomes():
            check_choices(command.outcomes, "outcomes")
            decided = replace(matter, outcomes=command.outcomes)
            return [OutcomesDecided(matter=decided)] if decided != matter else []
        case RetireAffair():
            if command.part:
                raise refusals.affair_has_parts(matter.affair_id, command.part)
            return [AffairRetired(affair_id=matter.affair_id, at=command.at)]


AFFAIR: Decider[AffairCommand, Affair, AffairEvent] = Decider(
    category="affair", initial=Undefined(), decide=decide, evolve=evolve
)
