"""Notices, and how people choose to be told."""

from linli.cases.v1 import cases_events_pb2 as events
from linli.cases.v1 import cases_types_pb2 as cases
from linli.identity.v1 import identity_service_pb2 as pb

from libs.ledger.text import Text
from libs.rpc.labels import label_of
from libs.rpc.moments import stamp, stamp_or_none
from libs.rpc.texts import localized
from libs.rules.quiet_hours import QuietHours
from libs.rules.terms import PAUSE_REASONS, REJECT_REASONS
from services.identity.application.notice_ports import ListedNotice
from services.identity.domain.noted import CaseNoted
from services.identity.domain.notice import NoticeKind, NoticeQueued, ReportsJoined
from services.identity.domain.preferences import Choice, Language, NoticeChannel, NoticePreferencesSet
from services.identity.domain.wording import NO_TEXT, Worded
from services.identity.entrypoints.wire.words import (
    CLOCKS,
    CLOSINGS,
    LANGUAGES,
    NOTICE_CHANNELS,
    NOTICE_KINDS,
)

_REJECTED, _PAUSED = (
    {reason.code: Text(zh=reason.zh, en=reason.en) for reason in reasons}
    for reasons in (REJECT_REASONS, PAUSE_REASONS)
)


def label(notice: NoticeQueued) -> Text:
    """What the detail of a notice is called; empty where this release has no name for it."""
    match notice.kind:
        case NoticeKind.CLOSED:
            return label_of(cases.Closing, CLOSINGS.number(notice.detail))
        case NoticeKind.OVERDUE | NoticeKind.CORRECTED:
            return label_of(cases.ClockKind, CLOCKS.number(notice.detail))
        case NoticeKind.MERGED | NoticeKind.UNMERGED:  # the number of the other case
            return Text(zh=notice.detail, en=notice.detail)
        case NoticeKind.REJECTED:
            return _REJECTED.get(notice.detail, NO_TEXT)
        case NoticeKind.PAUSE_REQUESTED | NoticeKind.PAUSE_APPROVED | NoticeKind.PAUSED:
            return _PAUSED.get(notice.detail, NO_TEXT)
        case _:
            return NO_TEXT


def choice_of(request: pb.SetNoticePreferencesRequest) -> Choice:
    """How somebody wants to be told."""
    quiet = request.quiet_hours
    hours = QuietHours(zone=request.time_zone, from_minute=quiet.from_minute, until_minute=quiet.until_minute)
    return Choice(
        channels=tuple(map(NOTICE_CHANNELS.from_wire, request.channels)),
        language=LANGUAGES.from_wire(request.language) if request.language else Language.ZH,
        time_zone=request.time_zone,
        quiet_hours=hours if request.HasField("quiet_hours") else None,
        kinds=tuple(map(NOTICE_KINDS.from_wire, request.kinds)),
        email=request.email,
        phone=request.phone,
        postal_address=request.postal_address,
    )


def preferences_shown(
    resident_id: str, latest: NoticePreferencesSet | None, zone: str
) -> pb.NoticePreferences:
    """How a person is told; by the usual in the installation's zone, if they did not choose."""
    chosen = latest.choice if latest else None
    if latest is None or chosen is None:
        language = LANGUAGES.to_wire(Language.ZH)
        return pb.NoticePreferences(resident_id=resident_id, language=language, time_zone=zone)
    quiet = chosen.quiet_hours
    hours = None
    if quiet is not None:
        hours = pb.QuietHours(from_minute=quiet.from_minute, until_minute=quiet.until_minute)
    return pb.NoticePreferences(
        resident_id=resident_id,
        channels=[
            NOTICE_CHANNELS.to_wire(each) for each in chosen.channels if each is not NoticeChannel.WEB_INBOX
        ],
        language=LANGUAGES.to_wire(chosen.language),
        time_zone=chosen.time_zone,
        quiet_hours=hours,
        kinds=map(NOTICE_KINDS.to_wire, chosen.kinds),
        set_time=stamp(latest.set_at),
        set_by_themself=latest.by_themself,
        email=chosen.email,
        phone=chosen.phone,
        postal_address=chosen.postal_address,
    )


def notice_shown(row: ListedNotice, worded: Worded) -> pb.Notice:
    """A notice in words."""
    queued = row.notice
    return pb.Notice(
        notice_id=queued.notice_id,
        kind=NOTICE_KINDS.to_wire(queued.kind),
        case_id=queued.case_id,
        public_id=queued.public_id,
        title=localized(worded.title),
        text=localized(worded.text),
        happened_time=stamp(queued.happened_at),
        until_time=stamp_or_none(queued.until),
        body_id=queued.body_id,
        read_time=stamp_or_none(row.read_at),
    )


def joined_of(event: events.DuplicateAdded) -> ReportsJoined:
    """Whose reports go on in another case: those of people who are known."""
    reports = tuple(
        CaseNoted(case_id=each.case_id, public_id=each.public_id, reporter_id=each.reporter_id)
        for each in event.reports
        if each.reporter_id
    )
    return ReportsJoined(case_id=event.case_id, duplicate_case_id=event.duplicate_case_id, reports=reports)
