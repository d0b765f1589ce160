"""Notices: how a person is told about the cases that they reported, and what they were told."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Handled, Stream
from libs.ledger.text import Text
from libs.query.freshness import Fresh, ListQuery
from services.identity.application.area import AreaStream
from services.identity.application.body import BodyStream
from services.identity.application.consent import MayFor
from services.identity.application.notice_ports import ListedNotice, NoticeReads
from services.identity.application.resident import ResidentStream, registered
from services.identity.domain import body, letter_refusals, notice, preferences, refusals
from services.identity.domain.area.situations import Defined
from services.identity.domain.notice import MarkRead, NoticeCommand, NoticeEvent, NoticeKind, NoticeQueued
from services.identity.domain.preferences import (
    Choice,
    NoticeChannel,
    NoticePreferencesSet,
    Preferences,
    PreferencesCommand,
    PreferencesEvent,
    SetPreferences,
    by_letter,
)
from services.identity.domain.wording import NO_TEXT, Worded, worded

NoticeStream = Stream[NoticeCommand, notice.NoticesOfCase, NoticeEvent]
PreferencesStream = Stream[PreferencesCommand, Preferences, PreferencesEvent]
Label = Callable[[NoticeQueued], Text]
"""What the detail of a notice is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of somebody's notices, in words."""

    notices: Sequence[tuple[ListedNotice, Worded]]
    next_token: str
    unread: int
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notices:
    """What can be done with notices. `zone` is where the installation is, `offered` what it sends by."""

    stream: NoticeStream
    preferences: PreferencesStream
    residents: ResidentStream
    areas: AreaStream
    bodies: BodyStream
    reads: NoticeReads
    label: Label
    zone: str
    offered: frozenset[NoticeChannel]

    def set(
        self, resident_id: str, choice: Choice, at: datetime, context: Context, may_for: MayFor
    ) -> Handled[Preferences, PreferencesEvent]:
        """Set how a person is told."""
        person = registered(self.residents, resident_id)
        may_for([resident_id], person.area_path)
        for channel in choice.channels:
            if channel not in self.offered:
                offered = sorted(each.value for each in self.offered)
                raise refusals.channel_is_not_offered(channel.value, offered)
        if NoticeChannel.LETTER in choice.channels and not (choice.postal_address or person.address.value):
            raise letter_refusals.postal_address_is_missing()
        zone, quiet = choice.time_zone or self.zone, choice.quiet_hours
        hours = replace(quiet, zone=zone) if quiet is not None else None
        command = SetPreferences(
            resident_id=resident_id,
            choice=replace(choice, time_zone=zone, quiet_hours=hours),
            by=context.actor,
            at=at,
        )
        return self.preferences.handle(resident_id, command, replace(context, area=person.area_path or None))

    def of(self, resident_id: str) -> NoticePreferencesSet | None:
        """How a person chose to be told; None: they did not. Refuses PARTY_UNKNOWN."""
        registered(self.residents, resident_id)
        state = self.preferences.load(resident_id).state
        return state.chosen if isinstance(state, preferences.Chosen) else None

    def choice_of(self, resident_id: str) -> Choice | None:
        """How a person is told: by letter, if they chose nothing and letters are offered.

        None: the web inbox is all that there is, or they were erased.
        """
        state = self.preferences.load(resident_id).state
        if isinstance(state, preferences.Chosen):
            return state.chosen.choice
        return by_letter(self.zone) if NoticeChannel.LETTER in self.offered else None

    def list(self, query: ListQuery, resident_ids: Sequence[str], fresh: Fresh) -> Page:
        """A page of what somebody was told, whichever of their ids it was for; their own comes first."""
        rows, next_token, unread = self.reads.page(query, resident_ids, fresh)
        chosen = chosen_by(self.preferences, resident_ids[0])
        zone = chosen.time_zone if chosen else self.zone
        said = self._worded([row.notice for row in rows], zone)
        return Page(notices=[*zip(rows, said, strict=True)], next_token=next_token, unread=unread, zone=zone)

    def mark_read(
        self, notice_id: str, reader_ids: Sequence[str], at: datetime, context: Context
    ) -> tuple[datetime, str]:
        """Mark a notice as read; answers when it was read first, and the revision."""
        found = ((each, self.reads.case_of(notice_id, each)) for each in reader_ids)
        reader_id, case_id = next((one for one in found if one[1] is not None), ("", None))
        if case_id is None:
            raise refusals.notice_is_unknown(notice_id)
        handled = self.stream.handle(case_id, MarkRead(notice_id=notice_id, by=reader_id, at=at), context)
        state = handled.state
        first = state.read_at(notice_id) if isinstance(state, notice.Known) else None
        return first or at, handled.revision

    def in_words(self, notice_ids: Sequence[str], zone: str, at_least: str) -> Sequence[Worded]:
        """Some notices in words, in the order in which they were queued."""
        return self._worded(self.reads.of(notice_ids, at_least), zone)

    def _worded(self, queued: Sequence[NoticeQueued], zone: str) -> Sequence[Worded]:
        names = {body_id: self._name_of(body_id) for body_id in {each.body_id for each in queued}}
        return [
            worded(each, body=names[each.body_id], detail=self._detail(each), zone=zone) for each in queued
        ]

    def _detail(self, queued: NoticeQueued) -> Text:
        if queued.kind is not NoticeKind.PAUSE_REFUSED:
            return self.label(queued)
        decided_by = self.areas.load(queued.detail).state if queued.detail else None
        return decided_by.name if isinstance(decided_by, Defined) else NO_TEXT

    def _name_of(self, body_id: str) -> Text:
        state = self.bodies.load(body_id).state if body_id else None
        return state.name if isinstance(state, body.Registered) else NO_TEXT


def chosen_by(stream: PreferencesStream, resident_id: str) -> Choice | None:
    """How a person chose to be told; None: they did not, or were erased."""
    state = stream.load(resident_id).state
    return state.chosen.choice if isinstance(state, preferences.Chosen) else None
