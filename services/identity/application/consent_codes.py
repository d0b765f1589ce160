"""Codes by which residents confirm consents: sent to them, and told by them to whoever reads it to them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from libs.notify.channel import Channel, NotSent, Outgoing, Refused
from libs.rules.phone_numbers import is_e164
from services.identity.application.contact import ContactStream
from services.identity.application.ports import Digests
from services.identity.domain import consent_refusals
from services.identity.domain.preferences import Choice, Language, NoticeChannel, NoticePreferencesSet
from services.identity.domain.reading_back import code_in_words
from services.identity.domain.resident import Registered


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentCodes:
    """Makes and sends them. A code follows from the consent and our secret, so it is stored nowhere.

    `contacts` are the addresses that people proved to be theirs; `chosen` is how a person chose to be told of
    their cases.
    """

    digests: Digests
    contacts: ContactStream
    chosen: Callable[[str], NoticePreferencesSet | None]
    channels: Mapping[NoticeChannel, Channel]

    def of(self, consent_id: str) -> str:
        """The code: six digits."""
        return f"{int(self.digests.digest('consent-code', consent_id), 16) % 1_000_000:06}"

    def send(self, consent_id: str, resident_id: str, person: Registered, at: datetime) -> None:
        """Send it, and wait until it is on its way. Refuses CODE_HAS_NO_ADDRESS, CODE_NOT_SENT."""
        kind, address, language = self._address(resident_id, person)
        title, text = code_in_words(self.of(consent_id))
        message = Outgoing(
            id=f"consent-{consent_id}",
            address=address,
            language=language.value,
            title=getattr(title, language.value),
            text=getattr(text, language.value),
            written_at=at,
        )
        try:
            self.channels[kind].send(message)
        except Refused:
            raise consent_refusals.code_has_no_address() from None
        except NotSent:
            raise consent_refusals.code_is_not_sent() from None

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
