"""Deliveries: notices on their way to people, each of whom chose how to be told.

What is to be sent is recorded before it is sent, and what became of it afterwards. A process that dies in
between sends the same delivery again under the same id: at least once, and never two deliveries for a notice.
One thread decides what goes out; messages are carried in lanes, so that a slow channel holds up no other.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from threading import Lock

from libs.ledger.decider import Refusal
from libs.ledger.ids import derived_id
from libs.ledger.recorded import Context
from libs.ledger.revision import newer
from libs.ledger.streams.stream import Stream
from libs.notify.channel import Channel, ChannelAway, NotSent, Outgoing, Refused
from services.identity.application.lanes import Lanes, Round
from services.identity.application.notice import Notices
from services.identity.application.notice_ports import DeliveryReads, OpenDelivery, OutboxReads, Ready
from services.identity.application.resident import ResidentStream
from services.identity.domain import delivery, resident, wording
from services.identity.domain.delivery import (
    KEEP_TRYING,
    DelayDelivery,
    DeliveryCommand,
    DeliveryEvent,
    DropCause,
    DropDelivery,
    GiveChannelUp,
    PrepareDelivery,
    RecordDelivered,
    ReplayDelivery,
    Waiting,
)
from services.identity.domain.notice import NEWS
from services.identity.domain.preferences import Choice, NoticeChannel

DeliveryStream = Stream[DeliveryCommand, delivery.Delivery, DeliveryEvent]
Leads = Callable[[], None]
Told = Callable[[NoticeChannel, str], None]
"""What is counted: the channel, and `sent`, `delayed`, `refused` or `away`."""

_AT_ONCE = 200
_AGAIN = timedelta(minutes=1)
"""When a person who was not to be disturbed is looked at again; until then others have their turn."""
_CONTEXT = Context(actor="notices")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliveries:
    """What is done about what waits."""

    stream: DeliveryStream
    residents: ResidentStream
    notices: Notices
    outbox: OutboxReads
    reads: DeliveryReads
    channels: Mapping[NoticeChannel, Channel]
    clock: Callable[[], datetime]
    told: Told
    _lanes: Lanes = field(default_factory=Lanes)
    _lock: Lock = field(default_factory=Lock)
    _seen: list[str] = field(default_factory=lambda: [""])
    _left: dict[str, datetime] = field(default_factory=dict)  # choices, persons and deliveries, until when

    def work(self, leads: Leads) -> int:
        """Prepare and send what is due; answers how much was done. `leads` raises once another may send."""
        try:
            return self._work(leads)
        except Refusal as refused:
            if refused.code != "HISTORY_CHANGED":
                raise
            self._seen[0] = ""  # the ledger lost it with its end: go by what there is
            return 0

    def _work(self, leads: Leads) -> int:
        now = self.clock()
        for each in [each for each, until in self._left.items() if until <= now]:
            del self._left[each]
        limit = _AT_ONCE + len(self._left)
        ready = [*self.outbox.ready(now, limit, self._seen[0])]
        if NoticeChannel.LETTER in self.notices.offered:
            ready += self.outbox.ready(now, limit, self._seen[0], letters=True)
        done = sum(self._prepare(each) for each in ready if each.key not in self._left)
        round_ = Round()
        for delivery_id in self.reads.due(self.clock(), limit, self._seen[0]):
            if delivery_id not in self._left:
                leads()
                done += self._send(delivery_id, round_)
        self._lanes.settle(round_)
        return done

    def drain(self) -> None:
        """Wait for what is under way, so that nobody else sends it too."""
        self._lanes.drain()

    def close(self) -> None:
        """Send nothing more; waits for what is under way."""
        self._lanes.close()

    def open(self, limit: int, *, parked: bool) -> Sequence[OpenDelivery]:
        """What has not arrived; `parked`: only what nobody tries any more."""
        return self.reads.open(limit, parked=parked)

    def gathering(self) -> int:
        """For how many persons notices wait that are not prepared yet, so in no list."""
        return self.outbox.gathering(letters=NoticeChannel.LETTER in self.notices.offered)

    def replay(self, delivery_id: str, at: datetime) -> None:
        """Have a parked delivery tried again. Refuses DELIVERY_NOT_PARKED."""
        command = ReplayDelivery(delivery_id=delivery_id, at=at)
        self.stream.handle(delivery_id, command, Context(actor="machine"))

    def _prepare(self, ready: Ready) -> bool:
        now = self.clock()
        chosen = self.notices.choice_of(ready.resident_id)
        begin = chosen.undisturbed(now) if chosen else now + _AGAIN
        if chosen is None or begin > now:
            self._left[ready.key] = begin
            return False
        if ready.chosen:
            wanted = tuple(notice_id for notice_id, kind in ready.notices if chosen.wants(kind))
        else:
            wanted = self._news(ready, now)
        delivery_id = derived_id(ready.resident_id, ready.notices[0][0])
        command = PrepareDelivery(
            delivery_id=delivery_id,
            resident_id=ready.resident_id,
            notice_ids=wanted,
            count=len(wanted),
            until=ready.until,
            at=now,
        )
        return self._record(delivery_id, command)

    def _news(self, ready: Ready, now: datetime) -> tuple[str, ...]:
        """What to write of to somebody who chose nothing: nothing old, and nothing if there is no address."""
        person = self.residents.load(ready.resident_id).state
        if not isinstance(person, resident.Registered) or not person.address.value:
            return ()
        told = self.notices.reads.of([notice_id for notice_id, _ in ready.notices], self._seen[0])
        return tuple(each.notice_id for each in told if now - each.happened_at <= NEWS)

    def _send(self, delivery_id: str, round_: Round) -> bool:
        """Send a delivery by the first channel that may take it; whether anything happens."""
        state, now = self.stream.load(delivery_id).state, self.clock()
        if not isinstance(state, Waiting):
            return False
        resident_id = state.prepared.resident_id
        waits = resident_id in self._left or self._lanes.waits(resident_id, round_)
        if waits or self.stream.load(delivery_id).state != state:  # a lane may just have recorded and left
            return False
        person = self.residents.load(resident_id).state
        chosen = self.notices.choice_of(resident_id)
        if not isinstance(person, resident.Registered) or person.name.value is None:
            return self._record(delivery_id, DropDelivery(cause=DropCause.ERASED, at=now))
        reached = self.reached(chosen, person, state) if chosen else None
        if chosen is None or reached is None:
            return self._record(delivery_id, DropDelivery(cause=DropCause.NO_CHANNEL, at=now))
        channel, address = reached
        if channel is NoticeChannel.LETTER:
            delay = DelayDelivery(channel=channel, reason="waits for the next letters", at=now)
            return self._record(delivery_id, delay)
        if now >= state.since + KEEP_TRYING:
            return self._record(delivery_id, DropDelivery(cause=DropCause.TOO_LATE, at=now))
        if chosen.undisturbed(now) > now:
            self._left[delivery_id] = now + _AGAIN
            return False
        if (later := self._lanes.opens(channel, now)) is not None:
            self._left[delivery_id] = later
            return False
        carry = partial(self._by, channel, self._written(state, chosen, address))
        full = self._lanes.begin(channel, resident_id, carry, round_)
        if full is not None:
            self._left[delivery_id] = self._left[resident_id] = now + full  # what comes later waits too
        return full is None

    def _by(self, channel: NoticeChannel, message: Outgoing) -> None:
        began = self.clock()
        try:
            self.channels[channel].send(message)
        except ChannelAway:
            self._lanes.away.mark(channel, began, self.clock())
            self.told(channel, "away")
            return
        except Refused as refused:
            self.told(channel, "refused")
            command: DeliveryCommand = GiveChannelUp(channel=channel, reason=refused.reason, at=self.clock())
        except NotSent as failed:
            self.told(channel, "delayed")
            command = DelayDelivery(channel=channel, reason=failed.reason, at=self.clock())
        else:
            self.told(channel, "sent")
            command = RecordDelivered(channel=channel, at=self.clock())
        self._lanes.away.back(channel)
        self._record(message.id, command)

    def reached(
        self, chosen: Choice, person: resident.Registered, state: Waiting
    ) -> tuple[NoticeChannel, str] | None:
        """The first channel that the person wants now, that did not refuse this, and their address there."""
        for channel in chosen.channels:
            address = address_at(channel, chosen, person)
            if channel in self.notices.offered and channel not in state.given_up and address:
                return channel, address
        return None

    def _written(self, state: Waiting, chosen: Choice, address: str) -> Outgoing:
        prepared, tongue = state.prepared, chosen.language.value
        said = self.notices.in_words(prepared.notice_ids, chosen.time_zone, self._seen[0])
        whole = wording.gathered(said, prepared.count)
        return Outgoing(
            id=prepared.delivery_id,
            address=address,
            language=tongue,
            title=getattr(whole.title, tongue),
            text=getattr(whole.text, tongue),
            written_at=prepared.prepared_at,
        )

    def _record(self, delivery_id: str, command: DeliveryCommand) -> bool:
        handled = self.stream.handle(delivery_id, command, _CONTEXT)
        with self._lock:
            self._seen[0] = newer(self._seen[0], handled.revision)
        return bool(handled.events)


def address_at(channel: NoticeChannel, chosen: Choice, person: resident.Registered) -> str:
    """Where a person is reached by a channel; nothing where they cannot be."""
    match channel:
        case NoticeChannel.EMAIL:
            return chosen.email
        case NoticeChannel.SMS:
            return chosen.phone
        case NoticeChannel.LETTER:
            return (chosen.postal_address or person.address.value or "").strip()
        case NoticeChannel.WEB_INBOX:
            return ""
