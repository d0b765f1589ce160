"""Preferences: how a person is told about the cases that they reported."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from libs.ledger.decider import Decider
from libs.ledger.personal import Personal
from libs.rules.phone_numbers import is_e164
from libs.rules.quiet_hours import QuietHours
from libs.rules.zones import is_zone
from services.identity.domain import refusals
from services.identity.domain.notice import NoticeKind
from services.identity.domain.values import MAILBOX


class NoticeChannel(StrEnum):
    """How notices reach a person."""

    WEB_INBOX = "web_inbox"
    EMAIL = "email"
    SMS = "sms"
    LETTER = "letter"


class Language(StrEnum):
    """The language of what is sent."""

    ZH = "zh"
    EN = "en"


# What is chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """How somebody wants to be told. No `kinds`: of everything; no zone: that of the installation.

    It is personal as a whole: when a person sleeps, and which language they read, is told to nobody.
    """

    channels: tuple[NoticeChannel, ...]
    language: Language
    time_zone: str
    quiet_hours: QuietHours | None
    kinds: tuple[NoticeKind, ...]
    email: str = field(repr=False)
    phone: str = field(default="", repr=False)
    postal_address: str = field(default="", repr=False)

    @property
    def sends(self) -> bool:
        """Whether anything is to be sent: the web inbox needs no sending."""
        return any(channel is not NoticeChannel.WEB_INBOX for channel in self.channels)

    def wants(self, kind: str) -> bool:
        """Whether they are sent notices of a kind."""
        return not self.kinds or kind in self.kinds

    def undisturbed(self, at: datetime) -> datetime:
        """The first moment, `at` or later, at which something may be sent. A letter disturbs nobody."""
        sent = (channel for channel in self.channels if channel is not NoticeChannel.WEB_INBOX)
        if self.quiet_hours is None or next(sent, None) is NoticeChannel.LETTER:
            return at
        return self.quiet_hours.over(at)

    def sealed(self, resident_id: str) -> Personal:
        """All of it as one personal text."""
        quiet = self.quiet_hours
        told = {
            "channels": self.channels,
            "language": self.language,
            "time_zone": self.time_zone,
            "quiet": quiet and (quiet.from_minute, quiet.until_minute),
            "kinds": self.kinds,
            "email": self.email,
            "phone": self.phone,
            "postal_address": self.postal_address,
        }
        return Personal(resident_id, json.dumps(told, ensure_ascii=False))


def by_letter(zone: str) -> Choice:
    """How somebody is told who chose nothing and has no login."""
    return Choice(
        channels=(NoticeChannel.LETTER,),
        language=Language.ZH,
        time_zone=zone,
        quiet_hours=None,
        kinds=(),
        email="",
    )


def _opened(text: str) -> Choice:
    told = json.loads(text)
    zone, quiet = told["time_zone"], told["quiet"]
    return Choice(
        channels=tuple(map(NoticeChannel, told["channels"])),
        language=Language(told["language"]),
        time_zone=zone,
        quiet_hours=quiet and QuietHours(zone=zone, from_minute=quiet[0], until_minute=quiet[1]),
        kinds=tuple(map(NoticeKind, told["kinds"])),
        email=told["email"],
        phone=told["phone"],
        postal_address=told.get("postal_address", ""),  # the release before knows none
    )


# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticePreferencesSet:
    """A person is told like this from now on.

    In clear is only whether anything is to be sent. `by_themself`: they set it, and not a member of staff
    on their word.
    """

    resident_id: str
    sends: bool
    chosen: Personal
    by_themself: bool
    set_at: datetime

    @property
    def choice(self) -> Choice | None:
        """What they chose; None: they were erased."""
        text = self.chosen.value
        return None if text is None else _opened(text)


PreferencesEvent = NoticePreferencesSet


# Situations


@dataclass(frozen=True, slots=True)
class Usual:
    """Nothing was set: the web inbox only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What was set."""

    chosen: NoticePreferencesSet


Preferences = Usual | Chosen


# Evolve


def evolve(preferences: Preferences, event: PreferencesEvent) -> Preferences:  # noqa: ARG001  # it says all
    """The preferences after the event."""
    return Chosen(chosen=event)


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPreferences:
    """Set them. `by`: who does."""

    resident_id: str
    choice: Choice
    by: str
    at: datetime


PreferencesCommand = SetPreferences


# Decide


def decide(command: PreferencesCommand, preferences: Preferences) -> Sequence[PreferencesEvent]:  # noqa: ARG001
    """All is replaced."""
    choice = command.choice
    if not is_zone(choice.time_zone):
        raise refusals.time_zone_is_unknown(choice.time_zone)
    quiet = choice.quiet_hours
    if quiet is not None and quiet.from_minute == quiet.until_minute:
        raise refusals.quiet_hours_are_unfit()
    if not _fits(choice.email, is_mailbox, needed=NoticeChannel.EMAIL in choice.channels):
        raise refusals.email_is_unfit()
    if not _fits(choice.phone, is_e164, needed=NoticeChannel.SMS in choice.channels):
        raise refusals.phone_is_unfit()
    kept = replace(
        choice,
        channels=tuple(dict.fromkeys(choice.channels)),
        kinds=tuple(dict.fromkeys(choice.kinds)),
    )
    chosen = NoticePreferencesSet(
        resident_id=command.resident_id,
        sends=kept.sends,
        chosen=kept.sealed(command.resident_id),
        by_themself=command.by == command.resident_id,
        set_at=command.at,
    )
    return [chosen]


def _fits(address: str, has_form: Callable[[str], bool], *, needed: bool) -> bool:
    """Whether an address has its form; or there is none, and none is needed."""
    return has_form(address) if address else not needed


def is_mailbox(address: str) -> bool:
    """Whether a text is the address of a mailbox."""
    return MAILBOX.fullmatch(address) is not None


PREFERENCES: Decider[PreferencesCommand, Preferences, PreferencesEvent] = Decider(
    category="preferences", initial=Usual(), decide=decide, evolve=evolve
)
