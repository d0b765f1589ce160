"""How each event leads from one situation of a case to the next."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from services.cases.domain.attached import attached_by
from services.cases.domain.case import events
from services.cases.domain.case.situations import (
    Accepted,
    Adjudication,
    Case,
    CaseFile,
    Closed,
    Confirmed,
    Duplicate,
    InProgress,
    Merged,
    NotOpened,
    Opened,
    PauseRequest,
    Rejected,
    Resolved,
    Routed,
    Submitted,
    Unresolved,
    Waiting,
    Withdrawn,
)
from services.cases.domain.case.terms import USUAL
from services.cases.domain.case.timekeeping import clocks_after, started
from services.cases.domain.values import PauseDecision

_NOT_NEEDED = (
    events.CaseResumed,
    events.CaseReassigned,
    events.CaseResolved,
    events.CaseRejected,
    events.CaseWithdrawn,
    events.CaseMerged,
)
"""Nobody needs the pause any more that a body has requested."""


def evolve(state: Case, event: events.CaseEvent) -> Case:  # noqa: C901  # one case for each event
    """The situation after one more event.

    Long on purpose: one `match` with a case for each event shows the whole life of a case at a glance.
    """
    if isinstance(event, events.CaseOpened):
        return Submitted(file=_file_of(event))
    if isinstance(state, NotOpened):
        raise TypeError(f"the history of a case begins with CaseOpened, not with {type(event).__name__}")
    if isinstance(event, events.CaseContentErased):  # beside the story: imported history goes on before it
        return replace(state, file=replace(state.file, content_erased=True))
    if isinstance(event, events.DuplicateAdded):
        state = _with_duplicate(state, event)
    if (clocks := clocks_after(state.file.clocks, event)) != state.file.clocks:
        state = replace(state, file=replace(state.file, clocks=clocks))
    file = state.file if event.at <= state.file.acted_at else replace(state.file, acted_at=event.at)
    file = _with_files(_with_decision(file, event), event)
    match event:
        case events.CaseRouted(body_id=body, decision=decision):
            return Routed(file=replace(file, affair_path=decision.question.affair_path), body_id=body)
        case events.CaseUnowned(decision=decision, deciding_path=path):
            file = replace(file, affair_path=decision.question.affair_path)
            return Submitted(file=replace(file, deciding_path=path or file.deciding_path))
        case events.CaseAccepted(body_id=body):
            return Accepted(file=_answered(file, body), body_id=body)
        case events.CaseReturned(returns=returns, response_void=void):
            file = replace(file, returns=returns)
            return Submitted(file=replace(file, answered_by=None) if void else file)
        case events.AdjudicationOpened(area_path=path):
            return Submitted(file=replace(file, adjudication=Adjudication.OPEN, deciding_path=path))
        case events.CaseReassigned(body_id=body):
            return Routed(file=_decided(file), body_id=body)
        case events.WorkStarted(body_id=body):
            return InProgress(file=_answered(file, body), body_id=body)
        case events.CasePaused(body_id=body, at=at):
            return Waiting(
                file=file,
                body_id=body,
                paused_at=at,
                warn_at=event.warn_at,
                until=event.until,
                later=event.resolution,
                approved=bool(event.pause_id),
            )
        case events.PauseRequested():
            return replace(state, file=_requested(file, event))
        case events.PauseApproved() | events.PauseRefused() | events.PauseRequestLapsed():
            return replace(state, file=file)
        case events.PauseWarned():
            return replace(state, file=file, warn_at=None) if isinstance(state, Waiting) else state
        case events.PauseLapsed(at=at):
            file = _paused(file, state, at)
            return replace(state, file=file, lapsed=True) if isinstance(state, Waiting) else state
        case events.CaseResumed(body_id=body, at=at):
            return InProgress(file=_paused(file, state, at), body_id=body)
        case events.NoteAdded():
            return replace(state, file=replace(file, notes=file.notes + 1))
        case events.ReporterAnswered(body_id=body):
            return replace(state, file=_answered(replace(file, notes=file.notes + 1), body))
        case events.CaseResolved(body_id=body, at=at, evidence=shown):
            file = replace(file, evidence=file.evidence | {each.digest for each in shown})
            file = replace(_answered(file, body), resolved_by=body)
            until = event.confirm_until or at + file.terms.confirmation
            return Resolved(file=file, body_id=body, outcome_code=event.outcome_code, confirm_until=until)
        case events.CaseConfirmed(body_id=body, at=at):
            until = state.confirm_until if isinstance(state, Resolved) else at
            return Confirmed(
                file=file,
                body_id=body,
                outcome_code=_outcome(state),
                confirm_until=until,
                by_all=not file.duplicates,
            )
        case events.CaseClosed(body_id=body, at=at, reopen_until=until):
            return Closed(
                file=replace(file, held=False),
                body_id=body,
                outcome_code=_outcome(state),
                ended_at=at,
                reopen_until=until,
            )
        case events.CaseRejected(body_id=had, at=at, reopen_until=until):
            return Rejected(file=replace(file, held=False), body_id=had, ended_at=at, reopen_until=until)
        case events.RejectionContested():
            return Submitted(file=replace(file, contested=True))
        case events.CaseWithdrawn(body_id=had, at=at):
            return Withdrawn(file=replace(file, held=False), body_id=had, ended_at=at)
        case events.CaseReopened(body_id=body, imported=imported):
            file = replace(file, reopenings=file.reopenings + 1, held=imported or file.held)
            return Accepted(file=file, body_id=body)
        case events.CaseMerged():
            return _merged(state, file, event)
        case events.CaseUnmerged():
            return replace(state.before, file=file) if isinstance(state, Merged) else state
        case events.DuplicateAdded():
            return replace(state, file=file)
        case events.DuplicateRemoved():
            return _without_duplicate(replace(state, file=file), event)
        case events.DeadlineWarned() | events.DeadlineBreached() | events.CaseEscalated():
            return state
        case events.EscalationAcknowledged():
            return replace(state, file=file)
        case events.MomentAnnulled():
            # What else the wrong clock dated into the future holds the case up no longer, either.
            return replace(state, file=replace(file, acted_at=event.at))
        case events.CaseReleased():
            return replace(state, file=replace(file, held=False))


def _outcome(state: Case) -> str:
    """The outcome that the body named last."""
    return state.outcome_code if isinstance(state, Resolved | Confirmed | Closed) else ""


def _file_of(event: events.CaseOpened) -> CaseFile:
    return CaseFile(
        case_id=event.case_id,
        public_id=event.public_id,
        affair_id=event.affair_id,
        affair_path=event.affair_id,
        area_path=event.area_path,
        channel=event.channel,
        reporter_id=event.reporter_id,
        anonymous=event.anonymous,
        assisted=event.assisted,
        external=event.external,
        opened_at=event.at,
        acted_at=event.at,
        clocks=started(event),
        held=event.imported,
        terms=event.terms or USUAL,
        receipt=event.receipt,
        follows=event.follows,
        evidence=frozenset(each.digest for each in event.attachments),
        deciding_path=event.area_path,
    )


def after(state: Opened, happened: Iterable[events.CaseEvent]) -> Opened:
    """The situation after some more events."""
    for event in happened:
        evolved = evolve(state, event)
        if isinstance(evolved, NotOpened):
            raise TypeError("no event makes a case unopened")
        state = evolved
    return state


def _with_files(file: CaseFile, event: events.CaseEvent) -> CaseFile:
    """With what came with an answer of a body, or with an objection."""
    if not isinstance(event, events.ReporterAnswered | events.CaseReopened | events.RejectionContested):
        return file
    owner = event.body_id if isinstance(event, events.ReporterAnswered) else None
    attached = attached_by(owner, event.attachments, event.at)
    return replace(file, attached=(*file.attached, *attached))


def _answered(file: CaseFile, body_id: str) -> CaseFile:
    """The first answer counts; later ones change nothing."""
    return replace(file, answered_by=file.answered_by or body_id)


def _merged(state: Opened, file: CaseFile, event: events.CaseMerged) -> Opened:
    """It stands still where it stood."""
    if not isinstance(state, Unresolved):
        raise TypeError(f"a {type(state).__name__} case is not merged")
    return Merged(
        file=file,
        body_id=event.body_id,
        into_case_id=event.into_case_id,
        into_public_id=event.into_public_id,
        ended_at=event.at,
        before=state,
    )


def _with_duplicate(state: Opened, event: events.DuplicateAdded) -> Opened:
    """One more. A pause that lasts goes on, and counts for the limits of both cases from now on."""
    file = _paused(state.file, state, event.at)
    if not file.duplicates:
        file = replace(file, own_clocks=event.own, own_at=event.at)
    added = Duplicate(
        case_id=event.case_id,
        public_id=event.public_id,
        reports=event.reports,
        since=event.opened_at,
        clocks=event.given,
        pauses=event.pauses,
        at=event.at,
    )
    shown = file.evidence | set(event.evidence)
    file = replace(file, duplicates=(*file.duplicates, added), evidence=shown)
    if isinstance(state, Waiting) and not state.lapsed:
        return replace(state, file=file, paused_at=event.at, later=event.later)
    return replace(state, file=file)


def _without_duplicate(state: Opened, event: events.DuplicateRemoved) -> Opened:
    left = tuple(each for each in state.file.duplicates if each.case_id != event.case_id)
    file = replace(state.file, duplicates=left)
    if not left:
        file = replace(file, own_clocks=(), own_at=None)
    if isinstance(state, Waiting) and not state.lapsed:
        return replace(state, file=file, later=event.later)
    return replace(state, file=file)


def _decided(file: CaseFile) -> CaseFile:
    if file.adjudication is Adjudication.NONE:
        return file
    return replace(file, adjudication=Adjudication.DECIDED)


def _paused(file: CaseFile, state: Case, at: datetime) -> CaseFile:
    """One more pause is over, unless it had lapsed before."""
    if not isinstance(state, Waiting) or state.lapsed:
        return file
    if state.approved:
        return replace(file, approved_pauses=(*file.approved_pauses, (state.paused_at, at)))
    return replace(file, pauses=(*file.pauses, (state.paused_at, at)))


def _requested(file: CaseFile, event: events.PauseRequested) -> CaseFile:
    """The body has requested one more pause."""
    request = PauseRequest(
        pause_id=event.pause_id,
        body_id=event.body_id,
        reason_code=event.reason_code,
        until=event.until,
        area_path=event.area_path,
        decide_by=event.decide_by,
        requested_by=event.requested_by,
        at=event.at,
    )
    return replace(file, pause_requests=(*file.pause_requests, request))


def _with_decision(file: CaseFile, event: events.CaseEvent) -> CaseFile:
    """What becomes of a request: decided, or void. One that is approved has ended the pause before it."""
    match event:
        case events.PauseApproved(pause_id=pause_id):
            decision = PauseDecision.APPROVED
        case events.PauseRefused(pause_id=pause_id):
            decision = PauseDecision.REFUSED
        case events.PauseRequestLapsed(pause_id=pause_id):
            decision = PauseDecision.LAPSED
        case _ if isinstance(event, _NOT_NEEDED) and file.pause_request is not None:
            pause_id, decision = file.pause_request.pause_id, PauseDecision.VOID
        case _:
            return file
    requests = (
        replace(each, decision=decision, decided_at=event.at) if each.pause_id == pause_id else each
        for each in file.pause_requests
    )
    return replace(file, pause_requests=tuple(requests))
