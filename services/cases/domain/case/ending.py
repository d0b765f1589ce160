"""How a case ends: what a body must show, what the reporter is asked, and how it begins again.

A body says that the matter is dealt with, and by which outcome. The reporter confirms it or objects;
their silence closes the case when the time to answer is over. Nobody closes it before.
"""

from datetime import datetime

from services.cases.domain import refusals
from services.cases.domain.attached import once
from services.cases.domain.case import adjudicating, commands, events
from services.cases.domain.case.evolve import after
from services.cases.domain.case.moments import passed
from services.cases.domain.case.situations import (
    CaseFile,
    Closed,
    Confirmed,
    Opened,
    Rejected,
    Resolved,
    body_of,
)
from services.cases.domain.clocks import ClockKind
from services.cases.domain.values import Closing, said


def resolve(
    command: commands.ResolveCase, file: CaseFile, body_id: str, at: datetime
) -> list[events.CaseEvent]:
    """The body names an outcome of the affair's list, and shows what the commitment demands."""
    if command.outcome_code not in file.terms.outcomes:
        raise refusals.outcome_not_listed(command.outcome_code, file.terms.outcomes)
    if not file.held:  # another system's history is taken as it is told
        _require_evidence(command, file, body_id)
    on_time = all(clock.on_time for clock in file.clocks if clock.deadline.clock is ClockKind.RESOLUTION)
    return [
        events.CaseResolved(
            body_id=body_id,
            on_time=on_time,
            outcome_code=command.outcome_code,
            evidence=command.evidence,
            outcome=said(file.subject, command.outcome),
            confirm_until=at + file.terms.confirmation,
            at=at,
        )
    ]


def _require_evidence(command: commands.ResolveCase, file: CaseFile, body_id: str) -> None:
    """Each piece counts once. What did not convince before, or what others attached first, does not count."""
    void = file.shown_before(body_id, command.attached)
    kinds = {each.digest: each.kind for each in command.evidence if each.digest not in void}
    missing = [kind for kind in file.terms.evidence if kind not in kinds.values()]
    if missing:
        named = [each for each in command.evidence if each.kind in missing]
        shown = [each.digest for each in named if each.digest in void]
        twice = [each.digest for each in named if kinds.get(each.digest, each.kind) is not each.kind]
        raise refusals.evidence_missing([kind.value for kind in missing], shown, twice)


def confirm(state: Resolved, at: datetime) -> list[events.CaseEvent]:
    """The reporter says that the matter is dealt with."""
    return [events.CaseConfirmed(body_id=state.body_id, at=at)]


def close(state: Resolved | Confirmed, at: datetime) -> list[events.CaseEvent]:
    """The case ends after its confirmation; in history also without, as another system had it.

    Where several have reported the matter, one of them does not confirm it for all: their time goes on.
    """
    if isinstance(state, Confirmed):
        if not state.by_all:
            raise refusals.confirmation_pending(state.confirm_until)
        cause = Closing.CONFIRMED
    elif state.file.held:
        cause = Closing.HISTORY
    else:
        raise refusals.confirmation_pending(state.confirm_until)
    reopen_until = at + state.file.terms.reopening
    return [events.CaseClosed(body_id=state.body_id, cause=cause, reopen_until=reopen_until, at=at)]


def reject(command: commands.RejectCase, state: Opened, at: datetime) -> list[events.CaseEvent]:
    """A dispatcher ends it, for a reason of the commitment's list."""
    terms = state.file.terms
    if command.reason_code not in terms.reject_reasons:
        raise refusals.reject_reason_not_listed(command.reason_code, terms.reject_reasons)
    return [
        events.CaseRejected(
            body_id=body_of(state), reason_code=command.reason_code, reopen_until=at + terms.reopening, at=at
        )
    ]


def reopen(
    command: commands.ReopenCase, state: Resolved | Confirmed | Closed, at: datetime
) -> list[events.CaseEvent]:
    """The same body goes on. Only closing starts the window within which this can be asked."""
    if isinstance(state, Closed):
        _require_window(state.reopen_until, state.ended_at, at)
    # Held are only cases that `FinishImport` finds, by their number in the other system, and releases.
    imported = command.imported and state.file.external is not None
    reopened = events.CaseReopened(
        body_id=state.body_id,
        by_reporter=command.by_reporter,
        imported=imported,
        at=at,
        reason=said(command.subject or state.file.subject, command.reason),
        attachments=once(command.attachments),
    )
    # The clocks go on as if they had never stopped: what would have passed meanwhile has passed.
    return [reopened, *passed(after(state, [reopened]), at)]


def contest(command: commands.ContestRejection, state: Rejected, at: datetime) -> list[events.CaseEvent]:
    """The reporter objects, once: not who rejected it, but the next area up decides now."""
    file = state.file
    if file.contested:
        raise refusals.rejection_upheld(file.deciding_path)
    _require_window(state.reopen_until, state.ended_at, at)
    reason = said(command.subject or file.subject, command.reason)
    contested = events.RejectionContested(
        responded=file.answered_by is not None,
        reason=reason,
        attachments=once(command.attachments),
        at=at,
    )
    # What passed while it was rejected, those who rejected it could have stopped.
    missed = passed(after(state, [contested]), at)
    return [contested, *missed, adjudicating.opened(file, command.calendars, at)]


def _require_window(until: datetime | None, ended_at: datetime, at: datetime) -> None:
    if until is not None and at > until:
        raise refusals.reopening_window_over(ended_at)
