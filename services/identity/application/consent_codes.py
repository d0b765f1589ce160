"""Codes by which residents confirm consents: sent to them, and told by them to whoever reads it to them."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from hmac import compare_digest

from libs.ledger.decider import Refusal
from libs.ledger.ids import new_id
from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Stream, Task
from libs.notify.channel import Channel, ChannelAway, NotSent, Outgoing, Refused, TryLater
from libs.query.ration import Rations
from libs.rules.phone_numbers import is_e164
from services.identity.application.contact import ContactStream
from services.identity.application.ports import Digests
from services.identity.domain import consent_codes, consent_refusals
from services.identity.domain.consent.events import ConsentGiven
from services.identity.domain.consent_codes import (
    AskConsentCode,
    ConsentCodeCommand,
    ConsentCodeEvent,
    SettleConsentCode,
    TryConsentCode,
)
from services.identity.domain.preferences import Choice, Language, NoticeChannel, NoticePreferencesSet
from services.identity.domain.reading_back import ReadOut, code_in_words, given_in_words
from services.identity.domain.resident import Registered

ConsentCodeStream = Stream[ConsentCodeCommand, consent_codes.Codes, ConsentCodeEvent]
Aside = Callable[[], AbstractContextManager[None]]
"""Entered while a call only waits (`libs.rpc.call.Call.aside`)."""
_DIGITS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """A code on its way to a resident's address."""

    asking: AskConsentCode
    resident_id: str
    channel: NoticeChannel
    address: str
    language: Language


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentCodes:
    """Makes and sends them. A code follows from the consent and our secret, so it is stored nowhere.

    `contacts` are the addresses that people proved to be theirs; `chosen` is how a person chose to be told of
    their cases; `rations` how many codes are sent for one caller; `told` hears what became of other messages.
    """

    stream: ConsentCodeStream
    digests: Digests
    contacts: ContactStream
    chosen: Callable[[str], NoticePreferencesSet | None]
    channels: Mapping[NoticeChannel, Channel]
    rations: Rations
    told: Callable[[NoticeChannel, str], None]

    def of(self, consent_id: str) -> str:
        """The code: eight digits."""
        digest = int(self.digests.digest("consent-code", consent_id), 16)
        return f"{digest % 10**_DIGITS:0{_DIGITS}}"

    def going(self, consent_id: str, resident_id: str, person: Registered, at: datetime, by: str) -> Going:
        """Where a code is to go. Refuses CODE_HAS_NO_ADDRESS, TOO_MANY_ATTEMPTS of this caller."""
        channel, address, language = self._address(resident_id, person)
        self.rations.take(by)
        return Going(
            asking=AskConsentCode(asked_id=new_id(), consent_id=consent_id, at=at),
            resident_id=resident_id,
            channel=channel,
            address=address,
            language=language,
        )

    def asking(self, going: Going, context: Context) -> Task:
        """What notes that it is to be sent. Refuses TOO_MANY_CODES."""
        return self.stream, going.resident_id, going.asking, alone(context)

    def send(self, going: Going, read: ReadOut, context: Context, aside: Aside) -> None:
        """Send it, and wait until it is on its way. Refuses CODE_HAS_NO_ADDRESS, CODE_NOT_SENT."""
        asked = going.asking
        title, text = code_in_words(self.of(asked.consent_id), read, going.channel)
        message = Outgoing(
            id=f"consent-{asked.asked_id}",
            address=going.address,
            language=going.language.value,
            title=getattr(title, going.language.value),
            text=getattr(text, going.language.value),
            written_at=asked.at,
        )
        try:
            with aside():
                self.channels[going.channel].send(message)
        except TryLater:  # it may have arrived all the same, so it counts as one of the few
            raise consent_refusals.code_is_not_sent() from None
        except NotSent as error:
            self._settle(going, context, sent=False)
            away = not isinstance(error, Refused)
            refusal = consent_refusals.code_is_not_sent if away else consent_refusals.code_has_no_address
            raise refusal() from None
        self._settle(going, context, sent=True)

    def tell(self, read: ReadOut, person: Registered, given: ConsentGiven, aside: Aside) -> None:
        """Tell the resident what was confirmed in their name, where that can be.

        What the channel does not take is counted and not tried again: the consent is listed.
        """
        try:
            channel, address, language = self._address(read.terms.resident_id, person)
        except Refusal:  # there is none
            return
        title, text = given_in_words(read, channel)
        message = Outgoing(
            id=f"consent-given-{given.consent_id}",
            address=address,
            language=language.value,
            title=getattr(title, language.value),
            text=getattr(text, language.value),
            written_at=given.confirmed_at,
        )
        try:
            with aside():
                self.channels[channel].send(message)
        except NotSent as error:
            self.told(channel, "away" if isinstance(error, ChannelAway) else "refused")
        else:
            self.told(channel, "sent")

    def trying(self, consent_id: str, resident_id: str, code: str, at: datetime, context: Context) -> Task:
        """What looks at a code. Refuses CODE_WAS_NOT_SENT, CODE_SPENT."""
        right = compare_digest(code.encode(), self.of(consent_id).encode())
        command = TryConsentCode(consent_id=consent_id, right=right, at=at)
        return self.stream, resident_id, command, alone(context)

    def _settle(self, going: Going, context: Context, *, sent: bool) -> None:
        asked = going.asking
        command = SettleConsentCode(asked_id=asked.asked_id, sent=sent, at=asked.at)
        self.stream.handle(going.resident_id, command, alone(context))

    def _address(self, resident_id: str, person: Registered) -> tuple[NoticeChannel, str, Language]:
        """Where only the resident reads it: not where staff said, on their word, that they read notices."""
        chosen = self._chosen(resident_id)
        language = chosen.language if chosen else Language.ZH
        proved = self.contacts.load(resident_id).state
        for channel in (NoticeChannel.SMS, NoticeChannel.EMAIL):
            if channel in self.channels and proved.at(channel):
                return channel, proved.at(channel), language
        if chosen is not None:
            by_channel = {NoticeChannel.EMAIL: chosen.email, NoticeChannel.SMS: chosen.phone}
            for channel in chosen.channels:
                if channel in self.channels and by_channel.get(channel):
                    return channel, by_channel[channel], language
        phone = person.phone.value or ""
        if NoticeChannel.SMS in self.channels and is_e164(phone):
            return NoticeChannel.SMS, phone, language
        raise consent_refusals.code_has_no_address()

    def _chosen(self, resident_id: str) -> Choice | None:
        chosen = self.chosen(resident_id)
        return chosen.choice if chosen is not None and chosen.by_themself else None


def alone(context: Context) -> Context:
    """Without the id of the request: a repetition sends another message, and is another try."""
    return replace(context, request_id=None, request_digest=None)
