"""What identity does about its neighbours' events: it tells the reporters of cases, and webhooks.

A notice is derived from one event, so whatever is heard again is told once. Nobody is told the history of a
case that was imported. What is only recorded late is told: a breach that was found after an outage, for
example. The past that is read when identity hears of a kind of event for the first time is told in the web
inbox only (`adapters/views/outbox.py` says what is sent).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from google.protobuf.message import Message
from linli.cases.v1 import cases_events_pb2 as cases
from linli.cases.v1 import cases_types_pb2 as types

from libs.ledger.ids import derived_id
from libs.messaging.reactions import Fact, Reaction, Reactions, Subscriptions, When
from libs.rpc.moments import moment_of
from services.identity.domain.noted import CaseNoted
from services.identity.domain.notice import (
    NOTICE,
    JoinReports,
    NoteCase,
    NoticeCommand,
    NoticeKind,
    PartReports,
    QueueNotice,
    ReportsParted,
)
from services.identity.entrypoints.receipt import FORGET, FORGOTTEN
from services.identity.entrypoints.wire.notice import joined_of
from services.identity.entrypoints.wire.webhook import with_webhooks
from services.identity.entrypoints.wire.words import CLOCKS, CLOSINGS

PROMPT = timedelta(days=1)
"""What is recorded later than this after it happened is late; a case that is opened late is imported."""


def when_case_opened(event: cases.CaseOpened, fact: Fact) -> Reactions:
    """Whose case it is is remembered, and the reporter is told that it was received."""
    if not event.reporter_id:
        return []
    case = CaseNoted(
        case_id=event.case_id,
        public_id=event.public_id,
        reporter_id=event.reporter_id,
        imported=_is_late(fact),
    )
    noted: Reaction[NoticeCommand] = Reaction(NOTICE, event.case_id, NoteCase(case=case))
    return [noted, *_tell(event.case_id, fact, NoticeKind.RECEIVED)]


def when_case_routed(event: cases.CaseRouted | cases.CaseReassigned, fact: Fact) -> Reactions:
    """Who has the case."""
    return _tell(event.case_id, fact, NoticeKind.ROUTED, event.body_id)


def when_case_unowned(event: cases.CaseUnowned, fact: Fact) -> Reactions:
    """That nobody has it yet."""
    return _tell(event.case_id, fact, NoticeKind.UNOWNED)


def when_case_returned(event: cases.CaseReturned, fact: Fact) -> Reactions:
    """Who sent it back."""
    return _tell(event.case_id, fact, NoticeKind.RETURNED, event.body_id)


def when_adjudication_opened(event: cases.AdjudicationOpened, fact: Fact) -> Reactions:
    """That the next area up decides, and by when; this also follows an objection."""
    return _tell(event.case_id, fact, NoticeKind.ADJUDICATION, until=moment_of(event, "due_time"))


def when_pause_requested(event: cases.PauseRequested, fact: Fact) -> Reactions:
    """Why work is to wait, and until when."""
    until, why = moment_of(event, "until_time"), event.reason_code
    return _tell(event.case_id, fact, NoticeKind.PAUSE_REQUESTED, event.body_id, detail=why, until=until)


def when_case_paused(event: cases.CasePaused, fact: Fact) -> Reactions:
    """Why work waits, and until when; whether somebody had to approve it."""
    kind = NoticeKind.PAUSE_APPROVED if event.pause_id else NoticeKind.PAUSED
    until, why = moment_of(event, "lapse_until_time"), event.reason_code
    return _tell(event.case_id, fact, kind, event.body_id, detail=why, until=until)


def when_pause_refused(event: cases.PauseRefused | cases.PauseRequestLapsed, fact: Fact) -> Reactions:
    """That work does not wait, and which area refused it, or did not decide in time."""
    return _tell(event.case_id, fact, NoticeKind.PAUSE_REFUSED, event.body_id, detail=event.deciding_area_id)


def when_pause_lapsed(event: cases.PauseLapsed, fact: Fact) -> Reactions:
    """That the time limit runs again."""
    return _tell(event.case_id, fact, NoticeKind.PAUSE_LAPSED, event.body_id)


def when_case_resumed(event: cases.CaseResumed, fact: Fact) -> Reactions:
    """That work goes on."""
    return _tell(event.case_id, fact, NoticeKind.RESUMED, event.body_id)


def when_reporter_answered(event: cases.ReporterAnswered, fact: Fact) -> Reactions:
    """That the body wrote, and not what."""
    return _tell(event.case_id, fact, NoticeKind.ANSWERED, event.body_id)


def when_note_added(event: cases.NoteAdded, fact: Fact) -> Reactions:
    """That somebody else wrote a note that the reporter may read."""
    return _tell(event.case_id, fact, NoticeKind.MESSAGE) if event.to_reporter else []


def when_message_sent(event: cases.MessageSent, fact: Fact) -> Reactions:
    """That somebody wrote to the reporter, and by when they are to answer."""
    if event.addressee != types.CASE_PARTY_RESIDENT:
        return []
    until = moment_of(event, "due_time")
    return _tell(event.case_id, fact, NoticeKind.MESSAGE, until=until, theirs_alone=True)


def when_case_resolved(event: cases.CaseResolved, fact: Fact) -> Reactions:
    """The reporter is asked whether the matter is dealt with."""
    until = moment_of(event, "confirm_until_time")
    return _tell(event.case_id, fact, NoticeKind.ASKED_TO_CONFIRM, event.body_id, until=until)


def when_case_confirmed(event: cases.CaseConfirmed, fact: Fact) -> Reactions:
    """What was done in their name, perhaps by a helper."""
    return _tell(event.case_id, fact, NoticeKind.CONFIRMED, event.body_id, theirs_alone=True)


def when_case_withdrawn(event: cases.CaseWithdrawn, fact: Fact) -> Reactions:
    """What was done in their name, perhaps by a helper."""
    return _tell(event.case_id, fact, NoticeKind.WITHDRAWN, event.body_id, theirs_alone=True)


def when_case_rejected(event: cases.CaseRejected, fact: Fact) -> Reactions:
    """Why, and until when they may object."""
    until, why = moment_of(event, "reopen_until_time"), event.reason_code
    return _tell(event.case_id, fact, NoticeKind.REJECTED, event.body_id, detail=why, until=until)


def when_case_closed(event: cases.CaseClosed, fact: Fact) -> Reactions:
    """How it ended, and until when it may be reopened."""
    until, how = moment_of(event, "reopen_until_time"), CLOSINGS.word(event.cause)
    return _tell(event.case_id, fact, NoticeKind.CLOSED, event.body_id, detail=how, until=until)


def when_case_reopened(event: cases.CaseReopened, fact: Fact) -> Reactions:
    """It goes on."""
    return _tell(event.case_id, fact, NoticeKind.REOPENED, event.body_id)


def when_deadline_breached(event: cases.DeadlineBreached, fact: Fact) -> Reactions:
    """Which promise was not kept."""
    clock = CLOCKS.word(event.clock)
    return _tell(event.case_id, fact, NoticeKind.OVERDUE, event.body_id, detail=clock)


def when_moment_annulled(event: cases.MomentAnnulled, fact: Fact) -> Reactions:
    """Which promise they were wrongly told was not kept."""
    if event.moment != types.MOMENT_KIND_BREACH:
        return []
    clock = CLOCKS.word(event.clock)
    return _tell(event.case_id, fact, NoticeKind.CORRECTED, event.body_id, detail=clock)


def when_case_merged(event: cases.CaseMerged, fact: Fact) -> Reactions:
    """In which case it goes on."""
    return _tell(event.case_id, fact, NoticeKind.MERGED, event.body_id, detail=event.into_public_id)


def when_case_unmerged(event: cases.CaseUnmerged, fact: Fact) -> Reactions:
    """It goes on by itself again."""
    return _tell(event.case_id, fact, NoticeKind.UNMERGED, event.body_id, detail=event.from_public_id)


def when_duplicate_added(event: cases.DuplicateAdded, fact: Fact) -> Reactions:
    """That others reported it, too: they are told what happens to it, as well, from now on."""
    news = _tell(event.case_id, fact, NoticeKind.JOINED, event.body_id, theirs_alone=True)
    joined = joined_of(event)
    return [Reaction(NOTICE, event.case_id, JoinReports(joined=joined)), *news] if joined.reports else news


def when_duplicate_removed(event: cases.DuplicateRemoved, fact: Fact) -> Reactions:
    """They are told no more."""
    news = _tell(event.case_id, fact, NoticeKind.PARTED, theirs_alone=True)
    parted = ReportsParted(case_id=event.case_id, duplicate_case_id=event.duplicate_case_id)
    return [Reaction(NOTICE, event.case_id, PartReports(parted=parted)), *news]


def _is_late(fact: Fact) -> bool:
    return fact.recorded_time - fact.time > PROMPT


def _tell(
    case_id: str,
    fact: Fact,
    kind: NoticeKind,
    body_id: str = "",
    *,
    detail: str = "",
    until: datetime | None = None,
    theirs_alone: bool = False,
) -> Sequence[Reaction[NoticeCommand]]:
    command = QueueNotice(
        notice_id=derived_id(fact.source, fact.event_id),
        kind=kind,
        happened_at=fact.time,
        body_id=body_id,
        detail=detail,
        until=until,
        late=_is_late(fact),
        theirs_alone=theirs_alone,
    )
    return [Reaction(NOTICE, case_id, command)]


TOLD: Mapping[type[Message], When] = {
    cases.CaseOpened: when_case_opened,
    cases.CaseRouted: when_case_routed,
    cases.CaseReassigned: when_case_routed,
    cases.CaseUnowned: when_case_unowned,
    cases.CaseReturned: when_case_returned,
    cases.AdjudicationOpened: when_adjudication_opened,
    cases.PauseRequested: when_pause_requested,
    cases.CasePaused: when_case_paused,
    cases.PauseRefused: when_pause_refused,
    cases.PauseRequestLapsed: when_pause_refused,
    cases.PauseLapsed: when_pause_lapsed,
    cases.CaseResumed: when_case_resumed,
    cases.ReporterAnswered: when_reporter_answered,
    cases.NoteAdded: when_note_added,
    cases.MessageSent: when_message_sent,
    cases.CaseResolved: when_case_resolved,
    cases.CaseConfirmed: when_case_confirmed,
    cases.CaseWithdrawn: when_case_withdrawn,
    cases.CaseRejected: when_case_rejected,
    cases.CaseClosed: when_case_closed,
    cases.CaseReopened: when_case_reopened,
    cases.DeadlineBreached: when_deadline_breached,
    cases.MomentAnnulled: when_moment_annulled,
    cases.CaseMerged: when_case_merged,
    cases.CaseUnmerged: when_case_unmerged,
    cases.DuplicateAdded: when_duplicate_added,
    cases.DuplicateRemoved: when_duplicate_removed,
}
"""What the reporters of cases are told."""

_FORGOTTEN = dict.fromkeys(FORGET, FORGOTTEN)
SUBSCRIPTIONS: Subscriptions = {**_FORGOTTEN, "cases": {**with_webhooks(TOLD), **FORGOTTEN}}
