"""What may be done with a case in which situation, and what comes of it."""

from datetime import datetime, timedelta

from libs.ledger.decider import Decider
from libs.ledger.personal import Personal
from libs.rules.areas import id_of, ids_of
from libs.rules.routing import Question, Responsibility, route
from libs.rules.terms import Level
from services.cases.domain import refusals
from services.cases.domain.attached import once
from services.cases.domain.case import adjudicating, approving, commands, ending, events, merging, pausing
from services.cases.domain.case.alarms import acknowledge, annul
from services.cases.domain.case.evolve import after, evolve
from services.cases.domain.case.moments import passed
from services.cases.domain.case.situations import (
    Accepted,
    Adjudication,
    Case,
    CaseFile,
    Closed,
    Confirmed,
    InProgress,
    NotOpened,
    Opened,
    Rejected,
    Resolved,
    Routed,
    Submitted,
    Waiting,
    body_of,
)
from services.cases.domain.clocks import promise
from services.cases.domain.escalation import area_of
from services.cases.domain.values import said

RETURNS_BEFORE_ADJUDICATION = 2
CLOCK_SKEW = timedelta(seconds=5)
"""How far the clocks of two machines may differ before a live command counts as out of order."""


def decide(command: commands.CaseCommand, state: Case) -> list[events.CaseEvent]:
    """What comes of a command; may refuse. First of all the moments before the command pass."""
    if isinstance(command, commands.OpenCase):
        if not isinstance(state, NotOpened):
            raise refusals.case_exists(state.file.public_id)
        return _open(command)
    if isinstance(state, NotOpened):
        raise refusals.case_not_found()
    if isinstance(command, commands.PassMoments) and state.file.held:
        return []
    if isinstance(command, commands.EraseContent):
        return _erase(command, state.file)
    if isinstance(command, commands.AnnulMoment):
        return annul(command, state)
    merging.require_at_home(command, state)
    at = _in_order(command, state.file)
    moments = passed(state, at)
    return [*moments, *_act(command, after(state, moments), at)]


def _open(command: commands.OpenCase) -> list[events.CaseEvent]:
    """The report as a case, on its way to the body that must answer, if the list names one."""
    facts = command.facts
    affair_id = id_of(facts.affair_path)
    if command.anonymous and (command.reporter_id or command.contact):
        raise refusals.anonymous_with_name()
    if command.anonymous and not facts.anonymous_allowed:
        raise refusals.anonymous_not_allowed(affair_id)
    if command.reporter_id is not None and not command.reporter_known:
        raise refusals.reporter_unknown(command.reporter_id)
    subject = command.reporter_id or command.case_id
    routed = _routed(command)
    owned = isinstance(routed, events.CaseRouted)
    opened = events.CaseOpened(
        case_id=command.case_id,
        public_id=command.public_id,
        affair_id=affair_id,
        area_path=facts.area_path,
        channel=command.channel,
        at=command.at,
        deadlines=promise(facts.commitment, facts.calendar, command.at, facts.tree, owned=owned),
        terms=facts.terms,
        reporter_id=command.reporter_id,
        anonymous=command.anonymous,
        assisted=command.assisted,
        imported=command.imported,
        external=command.external,
        receipt=command.receipt,
        follows=command.follows,
        attachments=once(command.attachments),
        redrawn=facts.redrawn,
        place=said(subject, command.point.in_words()) if command.point else None,
        description=said(subject, command.description),
        address=said(subject, command.address),
        contact=said(subject, command.contact),
    )
    return [opened, routed]


def _routed(command: commands.OpenCase) -> events.CaseRouted | events.CaseUnowned:
    facts = command.facts
    question = Question(
        affair_path=facts.affair_path, area_path=facts.area_path, at=command.at, known=facts.known
    )
    decision = route(facts.responsibilities, question)
    if decision.body_id is None:
        district = area_of(Level.DISTRICT, facts.tree) if facts.tree else None
        return events.CaseUnowned(decision=decision, deciding_path=district, at=command.at)
    return events.CaseRouted(body_id=decision.body_id, decision=decision, at=command.at)


def _act(command: commands.CaseCommand, state: Opened, at: datetime) -> list[events.CaseEvent]:  # noqa: C901  # a table
    """The table of the service: which command in which situation leads to what."""
    match command, state:
        case commands.AcceptCase(), Routed(body_id=body):
            return [events.CaseAccepted(body_id=body, at=at)]
        case commands.ReturnCase(), Routed(body_id=body) | Accepted(body_id=body):
            return _return(command, state, body, at)
        case commands.ReassignCase(), Submitted() | Routed() | Accepted() | InProgress():
            return [_reassign(command, state, at)]
        case commands.ReassignCase(), Waiting():
            moved = _reassign(command, state, at)
            return [pausing.resume(state, command.calendars, at), moved]
        case commands.StartWork(), Routed(body_id=body) | Accepted(body_id=body):
            return [events.WorkStarted(body_id=body, at=at)]
        case commands.PauseCase(), InProgress():
            return [pausing.pause(command, state, at)]
        case commands.ResumeCase(), Waiting():
            return [pausing.resume(state, command.calendars, at)]
        case commands.RequestPause(), InProgress() | Waiting():
            return [approving.request(command, state, at)]
        case commands.ApprovePause(), InProgress() | Waiting():
            return approving.approve(command, state, at)
        case commands.RefusePause(), InProgress() | Waiting():
            return [approving.refuse(command, state, at)]
        case commands.AnswerReporter(), (
            Routed(body_id=body)
            | Accepted(body_id=body)
            | InProgress(body_id=body)
            | Waiting(body_id=body)
            | Resolved(body_id=body)
            | Confirmed(body_id=body)
            | Closed(body_id=body)
        ):
            return [_answer(command, state.file, body, at)]
        case commands.AddNote(), _:
            return [_note(command, state.file, at)]
        case commands.ResolveCase(), Routed(body_id=body) | Accepted(body_id=body) | InProgress(body_id=body):
            return ending.resolve(command, state.file, body, at)
        case commands.ConfirmResolution(), Resolved():
            return ending.confirm(state, at)
        case commands.CloseCase(), Resolved() | Confirmed():
            return ending.close(state, at)
        case commands.WithdrawCase(), Submitted() | Routed() | Accepted() | InProgress() | Waiting():
            merging.require_alone(state.file)
            reason = said(state.file.subject, command.reason)
            return [events.CaseWithdrawn(body_id=body_of(state), at=at, reason=reason)]
        case commands.RejectCase(), Submitted() | Routed() | Accepted() | InProgress() | Waiting():
            return ending.reject(command, state, at)
        case commands.ContestRejection(), Rejected():
            return ending.contest(command, state, at)
        case commands.ReopenCase(), Resolved() | Confirmed() | Closed():
            return ending.reopen(command, state, at)
        case commands.MergeCase(), Submitted() | Routed() | Accepted() | InProgress() | Waiting():
            return merging.merge(command, state, at)
        case commands.AddDuplicate(), Submitted() | Routed() | Accepted() | InProgress() | Waiting():
            return merging.add(command, state, at)
        case commands.UnmergeCase(), _:
            return merging.unmerge(state, at)
        case commands.RemoveDuplicate(), _:
            return merging.remove(command, state, at)
        case commands.ConfirmResolution(), Confirmed(by_all=False):
            return []  # another reporter has said so before
        case commands.PassMoments(), _:
            return []
        case commands.AcknowledgeEscalation(), _:
            return acknowledge(command, state.file, at)
        case commands.ReleaseCase(), _:
            return _release(state, at)
        case _:
            raise refusals.state_forbids(commands.rpc_of(command), type(state).__name__)


def _release(state: Opened, at: datetime) -> list[events.CaseEvent]:
    """History is complete: what the running clocks would have done until then is done."""
    if not state.file.held:
        return []
    released = events.CaseReleased(at=at)
    return [released, *passed(after(state, [released]), at)]


def _erase(command: commands.EraseContent, file: CaseFile) -> list[events.CaseEvent]:
    if file.reporter_id is not None:
        raise refusals.content_is_the_reporters(file.reporter_id)
    if file.content_erased:
        return []
    return [events.CaseContentErased(case_id=file.case_id, at=command.at)]


def _return(
    command: commands.ReturnCase, state: Routed | Accepted, body_id: str, at: datetime
) -> list[events.CaseEvent]:
    file = state.file
    if file.adjudication is Adjudication.DECIDED:
        raise refusals.decided_by_adjudication(file.deciding_path)
    if file.resolved_by == body_id and not file.held:
        raise refusals.resolved_before()
    void = file.answered_by == body_id
    returned: list[events.CaseEvent] = [
        events.CaseReturned(body_id=body_id, returns=file.returns + 1, response_void=void, at=at)
    ]
    if file.returns + 1 >= RETURNS_BEFORE_ADJUDICATION:
        returned.append(adjudicating.opened(file, command.calendars, at))
    # While it claimed to have answered, moments may have passed that the body could have prevented.
    return [*returned, *passed(after(state, returned), at, body_id)]


def _reassign(command: commands.ReassignCase, state: Opened, at: datetime) -> events.CaseReassigned:
    from_body = body_of(state)
    if not command.body_known:
        raise refusals.body_unknown(command.body_id)
    if command.body_id == from_body:
        raise refusals.body_has_case(command.body_id)
    cited = _cited(command, state.file)
    return events.CaseReassigned(
        from_body_id=from_body,
        body_id=command.body_id,
        item_id=cited.item_id if cited else None,
        item_version=cited.version if cited else 0,
        legal_basis=command.legal_basis,
        at=at,
    )


def _cited(command: commands.ReassignCase, file: CaseFile) -> Responsibility | None:
    """The item by which the body is responsible; None if there is another legal basis."""
    if bool(command.item_id) == bool(command.legal_basis):
        raise refusals.basis_missing()
    if not command.item_id:
        return None
    cited = command.cited
    if (
        cited is None
        or cited.body_id != command.body_id
        or cited.area_id not in ids_of(file.area_path)
        or cited.affair_id not in ids_of(file.affair_path)
    ):
        raise refusals.item_not_applicable(command.item_id)
    return cited


def _answer(
    command: commands.AnswerReporter, file: CaseFile, body_id: str, at: datetime
) -> events.ReporterAnswered:
    if not file.reporter_reads:
        raise refusals.reporter_cannot_read()
    text = Personal(file.subject, command.text)
    return events.ReporterAnswered(
        note_id=_next_note(file),
        body_id=body_id,
        text=text,
        attachments=once(command.attachments),
        at=at,
    )


def _next_note(file: CaseFile) -> str:
    return f"note-{file.notes + 1}"


def _note(command: commands.AddNote, file: CaseFile, at: datetime) -> events.NoteAdded:
    return events.NoteAdded(
        note_id=_next_note(file),
        text=Personal(file.subject, command.text),
        to_reporter=command.to_reporter,
        at=at,
    )


def _in_order(command: commands.CaseCommand, file: CaseFile) -> datetime:
    """The moment of the command, which never lies before the last thing that happened."""
    if command.at >= file.last_at:
        return command.at
    if isinstance(command, commands.ReleaseCase) or (
        not file.held and file.last_at - command.at <= CLOCK_SKEW
    ):
        return file.last_at
    raise refusals.out_of_order(command.at, file.last_at)


CASE: Decider[commands.CaseCommand, Case, events.CaseEvent] = Decider(
    category="case", initial=NotOpened(), decide=decide, evolve=evolve
)
