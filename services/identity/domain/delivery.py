"""A delivery: notices of one person that go out together, by the first of their channels that takes them.

Whoever is told something is left in peace for some minutes; what comes meanwhile goes out together. So a
thousand events in a minute make two messages.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from libs.ledger.decider import Decider
from services.identity.domain import refusals
from services.identity.domain.preferences import NoticeChannel

GATHER = timedelta(minutes=5)
"""How long after a delivery the next one to the same person is prepared."""
MOST_LISTED = 20
"""How many notices a delivery spells out; of the others it gives the number."""
KEEP_TRYING = timedelta(days=3)
"""How long a delivery is tried. The web inbox has its notices for ever."""
FIRST_PAUSE, LONGEST_PAUSE, GROWTH = timedelta(minutes=1), timedelta(hours=4), 4
LETTERS_PAUSE = timedelta(days=1)  # what waits for a letter is looked at again: another channel may be chosen


class DropCause(StrEnum):
    """Why a delivery is given up."""

    NO_CHANNEL = "no_channel"
    TOO_LATE = "too_late"
    ERASED = "erased"
    UNWANTED = "unwanted"


FOR_GOOD = frozenset({DropCause.ERASED, DropCause.UNWANTED})
"""What nobody can have tried again: there is nobody to tell, or nothing."""


# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPrepared:
    """Notices are to go out together. `until`: the place in the ledger of the newest one.

    `notice_ids` are the first of them, `count` is the number of all; 0: the person wants none that waited.
    """

    delivery_id: str
    resident_id: str
    notice_ids: tuple[str, ...]
    count: int
    until: int
    prepared_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryDelayed:
    """A channel did not take it, and may take it later. `reason` holds no address."""

    delivery_id: str
    resident_id: str
    channel: NoticeChannel
    reason: str
    try_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelGivenUp:
    """A channel will never take it: the next one is tried."""

    delivery_id: str
    resident_id: str
    channel: NoticeChannel
    reason: str
    given_up_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticesDelivered:
    """A channel took it."""

    delivery_id: str
    resident_id: str
    channel: NoticeChannel
    delivered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryDropped:
    """Nobody tries any more."""

    delivery_id: str
    resident_id: str
    cause: DropCause
    dropped_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReplayed:
    """Somebody at the machine has it tried again, as if it had just been prepared."""

    delivery_id: str
    resident_id: str
    replayed_at: datetime


_Tried = DeliveryDelayed | ChannelGivenUp
DeliveryEvent = DeliveryPrepared | _Tried | NoticesDelivered | DeliveryDropped | DeliveryReplayed


# Situations


@dataclass(frozen=True, slots=True)
class Unprepared:
    """No delivery has this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """It is to be sent. `since`: from when on it is tried; `given_up`: what refused it for good."""

    prepared: DeliveryPrepared
    since: datetime
    try_at: datetime
    tries: int = 0
    given_up: tuple[NoticeChannel, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """Nobody tries any more."""

    prepared: DeliveryPrepared
    cause: DropCause


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A channel took it."""

    prepared: DeliveryPrepared
    channel: NoticeChannel


Delivery = Unprepared | Waiting | Dropped | Delivered


# Evolve


def evolve(delivery: Delivery, event: DeliveryEvent) -> Delivery:
    """The delivery after the event."""
    if isinstance(event, DeliveryPrepared):
        return Waiting(prepared=event, since=event.prepared_at, try_at=event.prepared_at)
    assert not isinstance(delivery, Unprepared)  # noqa: S101  # the first event is DeliveryPrepared
    prepared = delivery.prepared
    match event:
        case NoticesDelivered():
            return Delivered(prepared=prepared, channel=event.channel)
        case DeliveryDropped():
            return Dropped(prepared=prepared, cause=event.cause)
        case DeliveryReplayed():
            return Waiting(prepared=prepared, since=event.replayed_at, try_at=event.replayed_at)
        case DeliveryDelayed() | ChannelGivenUp():
            return _tried(delivery, event) if isinstance(delivery, Waiting) else delivery


def _tried(waiting: Waiting, event: _Tried) -> Waiting:
    if isinstance(event, DeliveryDelayed):
        if event.channel is NoticeChannel.LETTER:  # nothing failed: it waits until letters are printed
            return replace(waiting, since=event.try_at, try_at=event.try_at, tries=0)
        return replace(waiting, try_at=event.try_at, tries=waiting.tries + 1)
    return replace(waiting, given_up=(*waiting.given_up, event.channel))


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareDelivery:
    """Let notices go out together; `delivery_id` is derived from the person and the first of them."""

    delivery_id: str
    resident_id: str
    notice_ids: tuple[str, ...]
    count: int
    until: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DelayDelivery:
    """A channel did not take it at the moment."""

    channel: NoticeChannel
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveChannelUp:
    """A channel refused it for good."""

    channel: NoticeChannel
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDelivered:
    """A channel took it."""

    channel: NoticeChannel
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DropDelivery:
    """Try no more."""

    cause: DropCause
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayDelivery:
    """Try again what was dropped."""

    delivery_id: str
    at: datetime


_Attempt = DelayDelivery | GiveChannelUp | RecordDelivered | DropDelivery
DeliveryCommand = PrepareDelivery | _Attempt | ReplayDelivery


# Decide


def decide(command: DeliveryCommand, delivery: Delivery) -> Sequence[DeliveryEvent]:
    """It is prepared once, and delivered once or dropped; what was dropped may be replayed."""
    match command:
        case PrepareDelivery():
            return _prepared(command) if isinstance(delivery, Unprepared) else []
        case ReplayDelivery():
            return _replayed(command, delivery)
        case _:
            return [_ended_or_tried(command, delivery)] if isinstance(delivery, Waiting) else []


def _prepared(command: PrepareDelivery) -> Sequence[DeliveryEvent]:
    prepared = DeliveryPrepared(
        delivery_id=command.delivery_id,
        resident_id=command.resident_id,
        notice_ids=command.notice_ids[:MOST_LISTED],
        count=command.count,
        until=command.until,
        prepared_at=command.at,
    )
    if command.count:
        return [prepared]
    drop = DropDelivery(cause=DropCause.UNWANTED, at=command.at)
    return [prepared, _ended_or_tried(drop, Waiting(prepared=prepared, since=command.at, try_at=command.at))]


def _replayed(command: ReplayDelivery, delivery: Delivery) -> Sequence[DeliveryEvent]:
    """Only what was dropped, and not for good."""
    if not isinstance(delivery, Dropped) or delivery.cause in FOR_GOOD:
        raise refusals.delivery_is_not_parked(command.delivery_id)
    resident = delivery.prepared.resident_id
    return [DeliveryReplayed(delivery_id=command.delivery_id, resident_id=resident, replayed_at=command.at)]


def _ended_or_tried(command: _Attempt, waiting: Waiting) -> DeliveryEvent:
    id_, resident = waiting.prepared.delivery_id, waiting.prepared.resident_id
    match command:
        case RecordDelivered(channel=by, at=at):
            return NoticesDelivered(delivery_id=id_, resident_id=resident, channel=by, delivered_at=at)
        case DropDelivery(cause=cause, at=at):
            return DeliveryDropped(delivery_id=id_, resident_id=resident, cause=cause, dropped_at=at)
        case GiveChannelUp(channel=by, reason=why, at=at):
            return ChannelGivenUp(
                delivery_id=id_, resident_id=resident, channel=by, reason=why, given_up_at=at
            )
        case DelayDelivery(channel=by, reason=why, at=at):
            then = at + (LETTERS_PAUSE if by is NoticeChannel.LETTER else _pause(waiting.tries))
            return DeliveryDelayed(delivery_id=id_, resident_id=resident, channel=by, reason=why, try_at=then)


def _pause(tries: int) -> timedelta:
    """How long to wait after so many tries that failed before."""
    grown: int = GROWTH ** min(tries, 10)
    return min(FIRST_PAUSE * grown, LONGEST_PAUSE)


DELIVERY: Decider[DeliveryCommand, Delivery, DeliveryEvent] = Decider(
    category="delivery", initial=Unprepared(), decide=decide, evolve=evolve
)
