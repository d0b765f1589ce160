"""Who answers for one affair in one area: the items of the pair, each with its versions.

All items of a pair are one stream, so that "no two at the same moment" is decided in one place
and holds under any race.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.decider import Decider
from libs.rules.areas import AreaPath
from services.catalog.domain import refusals
from services.catalog.domain.values import AffairRef, AreaRef, Period, distinct, item_id

# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponsibilityAssigned:
    """A body answers for an affair in an area, and for all below both: version 1 of a new item."""

    item_id: str
    number: int
    affair_id: str
    affair_path: str
    area_id: str
    area_path: AreaPath
    body_id: str
    legal_basis: str
    helper_ids: tuple[str, ...]
    valid_from: datetime
    valid_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponsibilityRevised:
    """From `valid_from` on another body, basis or helpers: the next version. The item's end stays."""

    item_id: str
    version: int
    affair_id: str
    affair_path: str
    area_id: str
    area_path: AreaPath
    body_id: str
    legal_basis: str
    helper_ids: tuple[str, ...]
    valid_from: datetime
    valid_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponsibilityEnded:
    """No version of the item holds at `valid_until` or later."""

    item_id: str
    version: int
    affair_id: str
    area_id: str
    area_path: AreaPath
    body_id: str
    valid_until: datetime


ResponsibilityEvent = ResponsibilityAssigned | ResponsibilityRevised | ResponsibilityEnded


# Situations


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What one version of an item says; it holds until the next one does, or the item ends."""

    version: int
    body_id: str
    legal_basis: str
    helper_ids: tuple[str, ...]
    valid_from: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One assignment and what became of it; its versions hold from ever later moments."""

    item_id: str
    affair_id: str
    affair_path: str
    area_id: str
    area_path: AreaPath
    versions: tuple[Version, ...]
    valid_until: datetime | None

    @property
    def newest(self) -> Version:
        """The version that holds last."""
        return self.versions[-1]

    @property
    def period(self) -> Period:
        """When the item holds, whichever version."""
        return Period(start=self.versions[0].valid_from, end=self.valid_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Responsibilities:
    """All items of an affair in an area, in the order in which they were assigned."""

    items: tuple[Item, ...] = ()

    def item(self, wanted: str) -> Item:
        """The item with this id. Refuses if there is none."""
        for item in self.items:
            if item.item_id == wanted:
                return item
        raise refusals.responsibility_is_unknown(wanted)


# Evolve


def evolve(known: Responsibilities, event: ResponsibilityEvent) -> Responsibilities:
    """The items after the event."""
    match event:
        case ResponsibilityAssigned():
            item = Item(
                item_id=event.item_id,
                affair_id=event.affair_id,
                affair_path=event.affair_path,
                area_id=event.area_id,
                area_path=event.area_path,
                versions=(_version(event, 1),),
                valid_until=event.valid_until,
            )
            return Responsibilities(items=(*known.items, item))
        case ResponsibilityRevised():
            item = known.item(event.item_id)
            versions = (*item.versions, _version(event, event.version))
            return _with(known, replace(item, versions=versions))
        case ResponsibilityEnded():
            return _with(known, replace(known.item(event.item_id), valid_until=event.valid_until))


def _version(event: ResponsibilityAssigned | ResponsibilityRevised, version: int) -> Version:
    return Version(
        version=version,
        body_id=event.body_id,
        legal_basis=event.legal_basis,
        helper_ids=event.helper_ids,
        valid_from=event.valid_from,
    )


def _with(known: Responsibilities, changed: Item) -> Responsibilities:
    items = tuple(changed if item.item_id == changed.item_id else item for item in known.items)
    return Responsibilities(items=items)


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignResponsibility:
    """Make a body answer for an affair in an area, over a period."""

    affair: AffairRef
    area: AreaRef
    body_id: str
    legal_basis: str
    period: Period
    helper_ids: tuple[str, ...] = ()
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviseResponsibility:
    """Name body, basis and helpers of an item anew, from a moment on (None: now)."""

    item_id: str
    body_id: str
    legal_basis: str
    valid_from: datetime | None = None
    helper_ids: tuple[str, ...] = ()
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EndResponsibility:
    """Give an item an end, or an earlier one."""

    item_id: str
    valid_until: datetime
    at: datetime


ResponsibilityCommand = AssignResponsibility | ReviseResponsibility | EndResponsibility


# Decide


def decide(command: ResponsibilityCommand, known: Responsibilities) -> Sequence[ResponsibilityEvent]:
    """What happens to the items of the pair; the same revision or end once more changes nothing."""
    match command:
        case AssignResponsibility():
            return [_assign(command, known)]
        case ReviseResponsibility():
            return _revise(command, known.item(command.item_id))
        case EndResponsibility():
            return _end(command, known.item(command.item_id))


def _assign(command: AssignResponsibility, known: Responsibilities) -> ResponsibilityAssigned:
    affair, area, period = command.affair, command.area, command.period
    if affair.retired:
        raise refusals.affair_is_retired(affair.affair_id)
    if period.empty:
        raise refusals.period_is_empty()
    if not command.legal_basis.strip():
        raise refusals.legal_basis_is_missing()
    for item in known.items:
        if item.period.overlaps(period):
            raise refusals.responsibility_overlaps(item.item_id, item.period.start, item.period.end)
    number = len(known.items) + 1
    return ResponsibilityAssigned(
        item_id=item_id(affair.affair_id, area.area_id, number),
        number=number,
        affair_id=affair.affair_id,
        affair_path=affair.path,
        area_id=area.area_id,
        area_path=area.path,
        body_id=command.body_id,
        legal_basis=command.legal_basis.strip(),
        helper_ids=distinct(command.helper_ids),
        valid_from=period.start,
        valid_until=period.end,
    )


def _revise(command: ReviseResponsibility, item: Item) -> Sequence[ResponsibilityEvent]:
    newest = item.newest
    revised = replace(
        newest,
        body_id=command.body_id,
        legal_basis=command.legal_basis.strip(),
        helper_ids=distinct(command.helper_ids),
    )
    since = newest.valid_from
    if revised == newest:
        if since != (command.valid_from or min(since, command.at)):
            raise refusals.version_is_unchanged(newest.version, since)
        return []
    valid_from = command.valid_from or command.at
    if not revised.legal_basis:
        raise refusals.legal_basis_is_missing()
    if valid_from < since:
        raise refusals.version_is_too_early(since)
    if item.valid_until is not None and item.valid_until <= valid_from:
        raise refusals.responsibility_has_ended(item.item_id, item.valid_until)
    return [
        ResponsibilityRevised(
            item_id=item.item_id,
            version=newest.version + 1,
            affair_id=item.affair_id,
            affair_path=item.affair_path,
            area_id=item.area_id,
            area_path=item.area_path,
            body_id=revised.body_id,
            legal_basis=revised.legal_basis,
            helper_ids=revised.helper_ids,
            valid_from=valid_from,
            valid_until=item.valid_until,
        )
    ]


def _end(command: EndResponsibility, item: Item) -> Sequence[ResponsibilityEvent]:
    if item.valid_until == command.valid_until:
        return []
    if item.valid_until is not None and item.valid_until < command.valid_until:
        raise refusals.responsibility_has_ended(item.item_id, item.valid_until)
    return [
        ResponsibilityEnded(
            item_id=item.item_id,
            version=item.newest.version,
            affair_id=item.affair_id,
            area_id=item.area_id,
            area_path=item.area_path,
            body_id=item.newest.body_id,
            valid_until=command.valid_until,
        )
    ]


RESPONSIBILITY: Decider[ResponsibilityCommand, Responsibilities, ResponsibilityEvent] = Decider(
    category="responsibility", initial=Responsibilities(), decide=decide, evolve=evolve
)
