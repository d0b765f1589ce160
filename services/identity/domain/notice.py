"""Notices: what the reporter of a case is told, each once, and whether they have read it.

There is one stream for each case. A notice holds ids and facts, and no text of the case. Where other cases
were merged into it, their reporters are told what happens to it, too, each by the number of their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from libs.ledger.decider import Decider
from services.identity.domain import refusals
from services.identity.domain.noted import CaseNoted

NEWS = timedelta(days=3)
"""What is heard of later than this after it happened is in the web inbox, and is not sent."""


class NoticeKind(StrEnum):
    """What a notice tells."""

    RECEIVED = "received"
    ROUTED = "routed"
    ANSWERED = "answered"
    MESSAGE = "message"
    ASKED_TO_CONFIRM = "asked_to_confirm"
    REJECTED = "rejected"
    CLOSED = "closed"
    REOPENED = "reopened"
    OVERDUE = "overdue"
    CORRECTED = "corrected"
    MERGED = "merged"
    UNMERGED = "unmerged"
    UNOWNED = "unowned"
    RETURNED = "returned"
    ADJUDICATION = "adjudication"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"
    PAUSE_REQUESTED = "pause_requested"
    PAUSE_APPROVED = "pause_approved"
    PAUSED = "paused"
    PAUSE_REFUSED = "pause_refused"
    PAUSE_LAPSED = "pause_lapsed"
    RESUMED = "resumed"
    JOINED = "joined"
    PARTED = "parted"


# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeQueued:
    """There is something to tell the reporter of a case.

    `detail`: the word that the kind needs: why a case was rejected, closed or paused, which promise was
    broken, the public number of the case into which it was merged, the id of the area that refused a pause.
    `until`: until when they may act on it, a pause lasts, or a decision is due.
    """

    notice_id: str
    resident_id: str
    case_id: str
    public_id: str
    kind: NoticeKind
    body_id: str
    detail: str
    until: datetime | None
    happened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRead:
    """They marked it as read."""

    notice_id: str
    case_id: str
    read_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportsJoined:
    """A case was merged into this one, `case_id`: whoever reported it is told, too, from now on."""

    case_id: str
    duplicate_case_id: str
    reports: tuple[CaseNoted, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportsParted:
    """That case goes on by itself again."""

    case_id: str
    duplicate_case_id: str


NoticeEvent = CaseNoted | NoticeQueued | NoticeRead | ReportsJoined | ReportsParted


# Situations


@dataclass(frozen=True, slots=True)
class Unknown:
    """No case of a known reporter has this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A case, the notices about it, and when each that was read was read first.

    `joined`: the reports of the cases that were merged into it. `told`: whom each notice is for.
    """

    case: CaseNoted
    notices: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    joined: tuple[ReportsJoined, ...] = ()
    read: tuple[tuple[str, datetime], ...] = ()

    def read_at(self, notice_id: str) -> datetime | None:
        """When a notice was marked as read; None: it was not."""
        return next((at for each, at in self.read if each == notice_id), None)

    def is_for(self, resident_id: str, notice_id: str) -> bool:
        """Whether a notice is for somebody."""
        return (notice_id, resident_id) in zip(self.notices, self.told, strict=True)


NoticesOfCase = Unknown | Known


# Evolve


def evolve(notices: NoticesOfCase, event: NoticeEvent) -> NoticesOfCase:
    """The notices about a case after the event."""
    match event:
        case CaseNoted():
            return Known(case=event)
        case NoticeQueued():
            known = _known(notices)
            told = (*known.told, event.resident_id)
            return replace(known, notices=(*known.notices, event.notice_id), told=told)
        case NoticeRead():
            known = _known(notices)
            return replace(known, read=(*known.read, (event.notice_id, event.read_at)))
        case ReportsJoined():
            if isinstance(notices, Unknown):  # a case that names no reporter
                notices = Known(case=CaseNoted(case_id=event.case_id, public_id="", reporter_id=""))
            return replace(notices, joined=(*notices.joined, event))
        case ReportsParted():
            known = _known(notices)
            left = (one for one in known.joined if one.duplicate_case_id != event.duplicate_case_id)
            return replace(known, joined=tuple(left))


def _known(notices: NoticesOfCase) -> Known:
    assert isinstance(notices, Known)  # noqa: S101  # a stream begins with CaseNoted or ReportsJoined
    return notices


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteCase:
    """Remember whose case it is."""

    case: CaseNoted


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueNotice:
    """Tell the reporter, if there is one. `notice_id` is derived from the event that it tells of.

    `theirs_alone`: it is about what only the reporter of the case itself reads or did.
    `late`: the event was recorded long after it happened. Of an imported case that is history, and no news.
    """

    notice_id: str
    kind: NoticeKind
    happened_at: datetime
    body_id: str = ""
    detail: str = ""
    until: datetime | None = None
    late: bool = False
    theirs_alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinReports:
    """Tell these, too, for another case was merged into this one."""

    joined: ReportsJoined


@dataclass(frozen=True, slots=True, kw_only=True)
class PartReports:
    """Tell them no more: it goes on by itself again."""

    parted: ReportsParted


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkRead:
    """Mark a notice as read. `by`: who read it."""

    notice_id: str
    by: str
    at: datetime


NoticeCommand = NoteCase | QueueNotice | MarkRead | JoinReports | PartReports


# Decide


def decide(command: NoticeCommand, notices: NoticesOfCase) -> Sequence[NoticeEvent]:
    """A reporter is told of an event once; nobody reads what others are told."""
    match command:
        case NoteCase():
            return [command.case] if isinstance(notices, Unknown) else []
        case QueueNotice():
            return [] if isinstance(notices, Unknown) else _queued(command, notices)
        case MarkRead():
            return _marked(command, notices)
        case JoinReports(joined=joined):
            return [] if _has_joined(notices, joined.duplicate_case_id) else [joined]
        case PartReports(parted=parted):
            return [parted] if _has_joined(notices, parted.duplicate_case_id) else []


def _has_joined(notices: NoticesOfCase, duplicate_case_id: str) -> bool:
    joined = notices.joined if isinstance(notices, Known) else ()
    return any(each.duplicate_case_id == duplicate_case_id for each in joined)


def _queued(command: QueueNotice, notices: Known) -> list[NoticeQueued]:
    own, told = notices.case, list[NoticeQueued]()
    if own.reporter_id and not (command.late and own.imported):
        told.append(_queued_for(own, command, command.notice_id))
    if not command.theirs_alone:
        for report in (report for each in notices.joined for report in each.reports):
            derived = sha256(f"{command.notice_id}/{report.case_id}".encode()).hexdigest()[:32]
            told.append(_queued_for(report, command, derived))
    return [each for each in told if each.notice_id not in notices.notices]


def _queued_for(case: CaseNoted, command: QueueNotice, notice_id: str) -> NoticeQueued:
    return NoticeQueued(
        notice_id=notice_id,
        resident_id=case.reporter_id,
        case_id=case.case_id,
        public_id=case.public_id,
        kind=command.kind,
        body_id=command.body_id,
        detail=command.detail,
        until=command.until,
        happened_at=command.happened_at,
    )


def _marked(command: MarkRead, notices: NoticesOfCase) -> Sequence[NoticeEvent]:
    if isinstance(notices, Unknown) or command.notice_id not in notices.notices:
        raise refusals.notice_is_unknown(command.notice_id)
    if not notices.is_for(command.by, command.notice_id):
        raise refusals.notice_is_unknown(command.notice_id)
    if notices.read_at(command.notice_id) is not None:
        return []
    return [NoticeRead(notice_id=command.notice_id, case_id=notices.case.case_id, read_at=command.at)]


NOTICE: Decider[NoticeCommand, NoticesOfCase, NoticeEvent] = Decider(
    category="notice", initial=Unknown(), decide=decide, evolve=evolve
)
