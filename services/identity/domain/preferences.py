"""Preferences: how a person is told about the cases that they reported."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from libs.ledger.decider import Decider
from libs.ledger.personal import Personal
from libs.rules.quiet_hours import QuietHours
from libs.rules.zones import is_zone
from services.identity.domain import refusals
from services.identity.domain.notice import NoticeKind

_MAILBOX = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)
"""The address of a mailbox (RFC 5321) without quotes, comments or letters beyond ASCII."""


class NoticeChannel(StrEnum):
    """How notices reach a person."""

    WEB_INBOX = "web_inbox"
    EMAIL = "email"


class Language(StrEnum):
    """The language of what is sent."""

    ZH = "zh"
    EN = "en"


# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticePreferencesSet:
    """A person is told like this from now on. No `kinds`: they are told everything.

    `by_themself`: they set it, and not a member of staff on their word.
    """

    resident_id: str
    channels: tuple[NoticeChannel, ...]
    language: Language
    time_zone: str
    quiet_hours: QuietHours | None
    kinds: tuple[NoticeKind, ...]
    by_themself: bool
    set_at: datetime
    email: Personal | None = None  # not in older events

    @property
    def address(self) -> str:
        """Their e-mail address; "" if they gave none, or were erased."""
        return (self.email.value if self.email else None) or ""

    def undisturbed(self, at: datetime) -> datetime:
        """The first moment, `at` or later, at which something may be sent."""
        return at if self.quiet_hours is None else self.quiet_hours.over(at)


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
    channels: tuple[NoticeChannel, ...]
    language: Language
    time_zone: str
    quiet_hours: QuietHours | None
    kinds: tuple[NoticeKind, ...]
    email: Personal
    by: str
    at: datetime


PreferencesCommand = SetPreferences


# Decide


def decide(command: PreferencesCommand, preferences: Preferences) -> Sequence[PreferencesEvent]:  # noqa: ARG001
    """All is replaced."""
    if not is_zone(command.time_zone):
        raise refusals.time_zone_is_unknown(command.time_zone)
    quiet = command.quiet_hours
    if quiet is not None and quiet.from_minute == quiet.until_minute:
        raise refusals.quiet_hours_are_unfit()
    if not _fits(command):
        raise refusals.email_is_unfit()
    chosen = NoticePreferencesSet(
        resident_id=command.resident_id,
        channels=tuple(dict.fromkeys(command.channels)),
        language=command.language,
        time_zone=command.time_zone,
        quiet_hours=quiet,
        kinds=tuple(dict.fromkeys(command.kinds)),
        by_themself=command.by == command.resident_id,
        set_at=command.at,
        email=command.email if command.email.value else None,
    )
    return [chosen]


def _fits(command: SetPreferences) -> bool:
    """Whether the address is that of a mailbox; or there is none, and none is needed."""
    email = command.email.value or ""
    if not email:
        return NoticeChannel.EMAIL not in command.channels
    return _MAILBOX.fullmatch(email) is not None


PREFERENCES: Decider[PreferencesCommand, Preferences, PreferencesEvent] = Decider(
    category="preferences", initial=Usual(), decide=decide, evolve=evolve
)
