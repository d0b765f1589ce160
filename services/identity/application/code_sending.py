"""Sending one-time codes, and forgetting afterwards where they went.

A code that the channel does not take in time is not sent any more: whoever waits asks for another.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from libs.ledger.decider import Refusal
from libs.ledger.ids import derived_id
from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Stream
from libs.notify.channel import Channel, ChannelAway, NotSent, Outgoing, Refused
from libs.query.ration import Rations
from services.identity.application.code import IN_ALL, Address, CodeStream, digits_of
from services.identity.application.join_ports import CodeReads
from services.identity.application.lanes import Lanes, Round
from services.identity.application.ports import Digests
from services.identity.domain.code import LASTS, CodeRequested, ReleaseCode, SettleCode
from services.identity.domain.code_hour import LATE, AddressesForgotten, CodeHour, ForgetAddresses
from services.identity.domain.code_wording import code_text
from services.identity.domain.preferences import NoticeChannel

CodeHourStream = Stream[ForgetAddresses, CodeHour, AddressesForgotten]
Leads = Callable[[], None]
_AT_ONCE = 200
_AGAIN = timedelta(seconds=5)
"""When a message is tried again that was not taken."""
_CONTEXT = Context(actor="codes")


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSending:
    """What is done about codes that wait. `reached`: where somebody is who has confirmed an address.

    It is done without any channel, too: addresses are forgotten, and codes of a channel that is gone settled.
    `rations`: how many go to those who are known, in all. `clear` removes what lies in a folder from before
    a moment.
    """

    stream: CodeStream
    hours: CodeHourStream
    digests: Digests
    reads: CodeReads
    channels: Mapping[NoticeChannel, Channel]
    clock: Callable[[], datetime]
    told: Callable[[NoticeChannel, str], None]
    reached: Callable[[Address], str]
    rations: Rations
    clear: Callable[[datetime], None]
    _lanes: Lanes = field(default_factory=Lanes)
    _left: dict[str, datetime] = field(default_factory=dict)

    def work(self, leads: Leads) -> int:
        """Send what is due, and forget what is over; answers how much was done."""
        now = self.clock()
        for each in [each for each, until in self._left.items() if until <= now]:
            del self._left[each]
        round_, done = Round(), 0
        for code_id, address_id in self.reads.due(_AT_ONCE + len(self._left)):
            if code_id not in self._left:
                leads()
                done += self._send(code_id, address_id, round_)
        over = self.reads.over(now)
        for keeping in over:
            forgetting = ForgetAddresses(keeping=keeping, at=now)
            done += bool(self.hours.handle(keeping, forgetting, _CONTEXT).events)
        if over:
            self.clear(now - LASTS - LATE)
        self._lanes.settle(round_)
        return done

    def drain(self) -> None:
        """Wait for what is under way, so that nobody else sends it too."""
        self._lanes.drain()

    def close(self) -> None:
        """Send nothing more; waits for what is under way."""
        self._lanes.close()

    def _send(self, code_id: str, address_id: str, round_: Round) -> bool:
        """Begin to send a code; whether anything happens."""
        known, now = self.stream.load(address_id).state.code(code_id), self.clock()
        if known is None or known.settled or self._lanes.waits(code_id, round_):
            return False
        asked = known.requested
        if asked.channel not in self.channels:
            return self._settle(code_id, address_id, "the channel was switched off")
        address = asked.address.value
        if now >= asked.expires_at or not address:
            return self._settle(code_id, address_id, "too late")
        if asked.purpose.for_known and not (address := self.reached(Address(asked.channel, address))):
            return self._settle(code_id, address_id, "nobody here has the address")
        if self._lanes.opens(asked.channel, now) is not None:
            return False
        if asked.purpose.for_known and not known.released and not self._release(code_id, address_id):
            self.told(asked.channel, "delayed")
            self._left[code_id] = now + _AGAIN
            return False
        carry = partial(self._carry, asked, address_id, self._written(asked, address))
        full = self._lanes.begin(asked.channel, code_id, carry, round_)
        self._left[code_id] = now + (full or _AGAIN)
        return full is None

    def _release(self, code_id: str, address_id: str) -> bool:
        """Let a code count before it is sent; whether there is any left of the ration of all."""
        try:
            self.rations.take(IN_ALL)
        except Refusal:
            return False
        self.stream.handle(address_id, ReleaseCode(code_id=code_id, at=self.clock()), _CONTEXT)
        return True

    def _carry(self, asked: CodeRequested, address_id: str, message: Outgoing) -> None:
        channel, began = asked.channel, self.clock()
        try:
            self.channels[channel].send(message)
        except ChannelAway:
            self._lanes.away.mark(channel, began, self.clock())
            self.told(channel, "away")
            return
        except Refused as refused:
            self.told(channel, "refused")
            self._settle(asked.code_id, address_id, refused.reason)
        except NotSent:
            self.told(channel, "delayed")
        else:
            self.told(channel, "sent")
            self._settle(asked.code_id, address_id, "")
        self._lanes.away.back(channel)

    def _written(self, asked: CodeRequested, address: str) -> Outgoing:
        """The message. Its id is not that of the code, which counts as a half of the proof."""
        digits = digits_of(self.digests, asked.code_id)
        said = code_text(asked.purpose, digits, asked.language, asked.channel)
        return Outgoing(
            id=derived_id(asked.code_id, "message"),
            address=address,
            language=asked.language.value,
            title=said.title,
            text=said.text,
            written_at=asked.requested_at,
        )

    def _settle(self, code_id: str, address_id: str, reason: str) -> bool:
        command = SettleCode(code_id=code_id, reason=reason, at=self.clock())
        return bool(self.stream.handle(address_id, command, _CONTEXT).events)
