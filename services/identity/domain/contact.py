"""A contact: the e-mail address and the phone number that a person proved to be theirs, one of each.

No two people have the same: the event claims it, and lets go of the one before.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.decider import Decider
from libs.ledger.personal import Personal
from services.identity.domain.preferences import NoticeChannel

# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailConfirmed:
    """A person reads what is sent to an address."""

    party_id: str
    address: Personal
    digest: Personal
    confirmed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneConfirmed:
    """A person reads what is sent to a number."""

    party_id: str
    address: Personal
    digest: Personal
    confirmed_at: datetime


ContactEvent = EmailConfirmed | PhoneConfirmed


# Situations


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Where a person is reached, as far as they proved it."""

    email: Personal | None = None
    phone: Personal | None = None

    def at(self, channel: NoticeChannel) -> str:
        """The address for a channel; nothing where there is none, or the person was erased."""
        known = self.email if channel is NoticeChannel.EMAIL else self.phone
        return (known.value or "") if known else ""


# Evolve


def evolve(contact: Contact, event: ContactEvent) -> Contact:
    """The contact after the event."""
    match event:
        case EmailConfirmed():
            return replace(contact, email=event.address)
        case PhoneConfirmed():
            return replace(contact, phone=event.address)


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmContact:
    """Note that a person proved an address to be theirs. `digest`: what it is claimed by."""

    party_id: str
    channel: NoticeChannel
    address: str
    digest: str
    at: datetime


# Decide


def decide(command: ConfirmContact, contact: Contact) -> Sequence[ContactEvent]:
    """The one before is replaced; the same again changes nothing."""
    if contact.at(command.channel) == command.address:
        return []
    address, digest = (Personal(command.party_id, each) for each in (command.address, command.digest))
    confirmed = EmailConfirmed if command.channel is NoticeChannel.EMAIL else PhoneConfirmed
    return [confirmed(party_id=command.party_id, address=address, digest=digest, confirmed_at=command.at)]


CONTACT: Decider[ConfirmContact, Contact, ContactEvent] = Decider(
    category="contact", initial=Contact(), decide=decide, evolve=evolve
)
