"""A dispatch: up to where events were sent to one webhook, and which messages its endpoint refused.

Messages go out one after the other, in the order in which their events were heard. An endpoint that takes
nothing at the moment is waited for; a message that it refuses again and again is parked, and the next goes
out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.decider import Decider
from services.identity.domain import webhook_refusals as refusals

MOST_PARKED = 200
"""So many messages of a webhook are parked at most: then its endpoint is out of order, and the next waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """A message that an endpoint refused. `place`: that of its event in the ledger; `reason`: a word."""

    message_id: str
    place: int
    kind: str
    case_id: str
    reason: str
    parked_at: datetime


# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagesTaken:
    """The endpoint accepted so many; all that it may have up to this place in the ledger was sent."""

    webhook_id: str
    until: int
    count: int
    taken_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointFailed:
    """The endpoint takes nothing at the moment."""

    webhook_id: str
    reason: str
    failed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageParked:
    """The endpoint refused a message too often."""

    webhook_id: str
    parked: Parked


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagesReplayed:
    """The client has parked messages sent again."""

    webhook_id: str
    message_ids: tuple[str, ...]
    replayed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayTaken:
    """The endpoint took a message that had been parked."""

    webhook_id: str
    message_id: str
    taken_at: datetime


DispatchEvent = MessagesTaken | EndpointFailed | MessageParked | MessagesReplayed | ReplayTaken


# Situations


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """`failed`: since when, and why, the endpoint takes nothing. `again`: what is to be sent once more."""

    until: int = 0
    failed: EndpointFailed | None = None
    parked: tuple[Parked, ...] = ()
    again: tuple[Parked, ...] = ()


# Evolve


def evolve(dispatch: Dispatch, event: DispatchEvent) -> Dispatch:
    """The dispatch after the event."""
    match event:
        case MessagesTaken():
            failed = None if event.count else dispatch.failed
            return replace(dispatch, until=max(dispatch.until, event.until), failed=failed)
        case EndpointFailed():
            return replace(dispatch, failed=event)
        case MessageParked(parked=parked):
            return replace(
                dispatch,
                until=max(dispatch.until, parked.place),
                failed=None,  # it does answer
                parked=(*dispatch.parked, parked),
                again=_without(dispatch.again, parked.message_id),
            )
        case MessagesReplayed():
            chosen = tuple(each for each in dispatch.parked if each.message_id in event.message_ids)
            return replace(
                dispatch,
                parked=_without(dispatch.parked, *event.message_ids),
                again=(*dispatch.again, *chosen),
            )
        case ReplayTaken():
            return replace(dispatch, failed=None, again=_without(dispatch.again, event.message_id))


def _without(messages: tuple[Parked, ...], *message_ids: str) -> tuple[Parked, ...]:
    return tuple(each for each in messages if each.message_id not in message_ids)


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordTaken:
    """It accepted so many, and everything up to this place was sent."""

    taken: MessagesTaken


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFailure:
    """It takes nothing at the moment."""

    failed: EndpointFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkMessage:
    """Send this one no more."""

    parked: MessageParked


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayMessages:
    """Send parked ones again; no ids: all of them."""

    webhook_id: str
    message_ids: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordReplayTaken:
    """It took one that had been parked."""

    taken: ReplayTaken


DispatchCommand = RecordTaken | RecordFailure | ParkMessage | ReplayMessages | RecordReplayTaken


# Decide


def decide(command: DispatchCommand, dispatch: Dispatch) -> Sequence[DispatchEvent]:
    """Nothing is recorded twice; a failure only where it is news."""
    match command:
        case RecordTaken(taken=taken):
            return [taken] if taken.until > dispatch.until else []
        case RecordFailure(failed=failed):
            is_known = dispatch.failed is not None and dispatch.failed.reason == failed.reason
            return [] if is_known else [failed]
        case ParkMessage(parked=parked):
            others = (*dispatch.parked, *_without(dispatch.again, parked.parked.message_id))
            return [parked] if len(others) < MOST_PARKED else []
        case ReplayMessages():
            return _replayed(command, dispatch)
        case RecordReplayTaken(taken=replayed):
            waits = any(each.message_id == replayed.message_id for each in dispatch.again)
            return [replayed] if waits else []


def _replayed(command: ReplayMessages, dispatch: Dispatch) -> Sequence[DispatchEvent]:
    there = tuple(each.message_id for each in dispatch.parked)
    if missing := [each for each in command.message_ids if each not in there]:
        raise refusals.webhook_message_is_not_parked(missing[0])
    chosen = command.message_ids or there
    if not chosen:
        return []
    return [MessagesReplayed(webhook_id=command.webhook_id, message_ids=chosen, replayed_at=command.at)]


DISPATCH: Decider[DispatchCommand, Dispatch, DispatchEvent] = Decider(
    category="dispatch", initial=Dispatch(), decide=decide, evolve=evolve
)
