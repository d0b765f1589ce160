"""Notices: what the reporter of a case is told, each once, and whether they have read it.

There is one stream for each case. A notice holds ids and facts, and no text of the case.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from libs.ledger.decider import Decider
from services.identity.domain import refusals
from services.identity.domain.noted import CaseNoted


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


# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeQueued:
    """There is something to tell the reporter of a case.

    `detail`: the word that the kind needs: why a case was rejected, closed or paused, which promise was
    broken, the public number of the case into which it was merged.
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


NoticeEvent = CaseNoted | NoticeQueued | NoticeRead


# Situations


@dataclass(frozen=True, slots=True)
class Unknown:
    """No case of a known reporter has this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A case, the notices about it, and when each that was read was read first."""

    case: CaseNoted
    notices: tuple[str, ...] = ()
    read: tuple[tuple[str, datetime], ...] = ()

    def read_at(self, notice_id: str) -> datetime | None:
        """When a notice was marked as read; None: it was not."""
        return next((at for each, at in self.read if each == notice_id), None)


NoticesOfCase = Unknown | Known


# Evolve


def evolve(notices: NoticesOfCase, event: NoticeEvent) -> NoticesOfCase:
    """The notices about a case after the event."""
    match event:
        case CaseNoted():
            return Known(case=event)
        case NoticeQueued():
            known = _known(notices)
            return replace(known, notices=(*known.notices, event.notice_id))
        case NoticeRead():
            known = _known(notices)
            return replace(known, read=(*known.read, (event.notice_id, event.read_at)))


def _known(notices: NoticesOfCase) -> Known:
    assert isinstance(notices, Known)  # noqa: S101  # the first event of the stream is CaseNoted
    return notices


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteCase:
    """Remember whose case it is."""

    case: CaseNoted


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueNotice:
    """Tell the reporter, if there is one. `notice_id` is derived from the event that it tells of.

    `late`: the event was recorded long after it happened. Of an imported case that is history, and no news.
    """

    notice_id: str
    kind: NoticeKind
    happened_at: datetime
    body_id: str = ""
    detail: str = ""
    until: datetime | None = None
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkRead:
    """Mark a notice as read. `by`: who read it."""

    notice_id: str
    by: str
    at: datetime


NoticeCommand = NoteCase | QueueNotice | MarkRead


# Decide


def decide(command: NoticeCommand, notices: NoticesOfCase) -> Sequence[NoticeEvent]:
    """A reporter is told of an event once; nobody reads what others are told."""
    match command:
        case NoteCase():
            return [command.case] if isinstance(notices, Unknown) else []
        case QueueNotice():
            if isinstance(notices, Unknown) or command.notice_id in notices.notices:
                return []
            if command.late and notices.case.imported:
                return []
            return [_queued(command, notices.case)]
        case MarkRead():
            return _marked(command, notices)


def _queued(command: QueueNotice, case: CaseNoted) -> NoticeQueued:
    return NoticeQueued(
        notice_id=command.notice_id,
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
    if command.by != notices.case.reporter_id:
        raise refusals.notice_is_unknown(command.notice_id)
    if notices.read_at(command.notice_id) is not None:
        return []
    return [NoticeRead(notice_id=command.notice_id, case_id=notices.case.case_id, read_at=command.at)]


NOTICE: Decider[NoticeCommand, NoticesOfCase, NoticeEvent] = Decider(
    category="notice", initial=Unknown(), decide=decide, evolve=evolve
)
