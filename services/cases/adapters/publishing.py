"""What cases tells its neighbours and partners about a stored event: ids and facts, no texts.

Noted facts and releases stay inside.
"""

from typing import Any

from google.protobuf.message import Message
from linli.cases.v1 import cases_events_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types

from libs.ledger.recorded import Recorded
from libs.messaging.published import Published
from libs.rpc.moments import stamp, stamp_or_none
from libs.rules.areas import id_of
from services.cases.domain import conversation
from services.cases.domain.case import events
from services.cases.entrypoints.wire import words
from services.cases.entrypoints.wire.moments import Moment, moment_told

Routing = (
    events.CaseRouted
    | events.CaseUnowned
    | events.CaseReturned
    | events.AdjudicationOpened
    | events.CaseReassigned
)
Work = (
    events.CaseAccepted
    | events.WorkStarted
    | events.CasePaused
    | events.CaseResumed
    | events.NoteAdded
    | events.ReporterAnswered
    | events.CaseResolved
)
Ending = (
    events.CaseConfirmed
    | events.CaseClosed
    | events.CaseWithdrawn
    | events.CaseRejected
    | events.RejectionContested
    | events.CaseReopened
)


def publish(recorded: Recorded[Any]) -> Published | None:
    """The published message of a stored event, or None for what stays inside."""
    message = _message(recorded.subject_id, recorded.event)
    if message is None:
        return None
    area_path = recorded.metadata.area or ""
    bodies = (getattr(message, "body_id", ""), getattr(message, "from_body_id", ""))
    return Published(
        message=message,
        area_path=area_path,
        area_id=id_of(area_path),
        body_ids=tuple(body for body in bodies if body),
        occurred_at=recorded.event.at,
    )


def _message(case_id: str, event: object) -> Message | None:
    if isinstance(event, events.CaseOpened):
        return _opened(event)
    if isinstance(event, Routing):
        return _routing(case_id, event)
    if isinstance(event, Work):
        return _work(case_id, event)
    if isinstance(event, Ending):
        return _ending(case_id, event)
    if isinstance(event, Moment):
        return moment_told(case_id, event)
    if isinstance(event, conversation.MessageSent | conversation.MessageOverdue):
        return _message_in_conversation(event)
    if isinstance(event, events.CaseContentErased):
        return pb.CaseContentErased(case_id=case_id, erased_time=stamp(event.at))
    return None


def _opened(event: events.CaseOpened) -> pb.CaseOpened:
    external = event.external
    return pb.CaseOpened(
        case_id=event.case_id,
        public_id=event.public_id,
        affair_id=event.affair_id,
        area_id=id_of(event.area_path),
        area_path=event.area_path,
        channel=words.CHANNELS.to_wire(event.channel),
        anonymous=event.anonymous,
        assisted=event.assisted,
        opened_time=stamp(event.at),
        deadlines=map(words.deadline_shown, event.deadlines),
        external_reference=types.ExternalReference(system=external.system, number=external.number)
        if external
        else None,
        reporter_id=event.reporter_id or "",
    )


def _routing(case_id: str, event: Routing) -> Message:
    """Who must answer."""
    match event:
        case events.CaseRouted(body_id=body, decision=decision, at=at):
            return pb.CaseRouted(
                case_id=case_id,
                body_id=body,
                item_id=decision.item_id or "",
                item_version=decision.item_version,
                routed_time=stamp(at),
            )
        case events.CaseUnowned(at=at, deciding_path=path):
            return pb.CaseUnowned(case_id=case_id, found_time=stamp(at), deciding_area_id=id_of(path or ""))
        case events.CaseReturned(body_id=body, returns=returns, response_void=void, at=at):
            return pb.CaseReturned(
                case_id=case_id, body_id=body, returns=returns, response_void=void, returned_time=stamp(at)
            )
        case events.AdjudicationOpened(area_path=path, at=at):
            return pb.AdjudicationOpened(case_id=case_id, area_id=id_of(path), opened_time=stamp(at))
        case events.CaseReassigned(from_body_id=had, body_id=body, item_id=item, item_version=version, at=at):
            return pb.CaseReassigned(
                case_id=case_id,
                from_body_id=had or "",
                body_id=body,
                item_id=item or "",
                item_version=version,
                reassigned_time=stamp(at),
            )


def _work(case_id: str, event: Work) -> Message:
    """What the body that must answer does."""
    match event:
        case events.CaseAccepted(body_id=body, at=at):
            return pb.CaseAccepted(case_id=case_id, body_id=body, accepted_time=stamp(at))
        case events.WorkStarted(body_id=body, at=at):
            return pb.WorkStarted(case_id=case_id, body_id=body, started_time=stamp(at))
        case events.CasePaused(body_id=body, at=at):
            return pb.CasePaused(case_id=case_id, body_id=body, paused_time=stamp(at))
        case events.CaseResumed(body_id=body, resolution=resolution, at=at):
            later = words.deadline_shown(resolution) if resolution else None
            return pb.CaseResumed(case_id=case_id, body_id=body, resolution=later, resumed_time=stamp(at))
        case events.NoteAdded(note_id=note, to_reporter=to_reporter, at=at):
            return pb.NoteAdded(case_id=case_id, note_id=note, to_reporter=to_reporter, added_time=stamp(at))
        case events.ReporterAnswered(note_id=note, body_id=body, at=at):
            return pb.ReporterAnswered(case_id=case_id, note_id=note, body_id=body, answered_time=stamp(at))
        case events.CaseResolved(body_id=body, on_time=on_time, confirm_until=until, at=at):
            return pb.CaseResolved(
                case_id=case_id,
                body_id=body,
                on_time=on_time,
                resolved_time=stamp(at),
                outcome_code=event.outcome_code,
                evidence=map(words.evidence_shown, event.evidence),
                confirm_until_time=stamp_or_none(until),
            )


def _ending(case_id: str, event: Ending) -> Message:
    """How it ends, and that it begins again."""
    match event:
        case events.CaseConfirmed(body_id=body, at=at):
            return pb.CaseConfirmed(case_id=case_id, body_id=body, confirmed_time=stamp(at))
        case events.CaseClosed(body_id=body, cause=cause, reopen_until=until, at=at):
            return pb.CaseClosed(
                case_id=case_id,
                body_id=body,
                cause=words.CLOSINGS.to_wire(cause),
                reopen_until_time=stamp_or_none(until),
                closed_time=stamp(at),
            )
        case events.CaseWithdrawn(body_id=had, at=at):
            return pb.CaseWithdrawn(case_id=case_id, body_id=had or "", withdrawn_time=stamp(at))
        case events.CaseRejected(body_id=had, reason_code=code, reopen_until=until, at=at):
            return pb.CaseRejected(
                case_id=case_id,
                body_id=had or "",
                reason_code=code,
                reopen_until_time=stamp_or_none(until),
                rejected_time=stamp(at),
            )
        case events.RejectionContested(responded=responded, at=at):
            return pb.RejectionContested(case_id=case_id, responded=responded, contested_time=stamp(at))
        case events.CaseReopened(body_id=body, by_reporter=by_reporter, at=at):
            return pb.CaseReopened(
                case_id=case_id, body_id=body, by_reporter=by_reporter, reopened_time=stamp(at)
            )


def _message_in_conversation(event: conversation.ConversationEvent) -> Message:
    """That a party wrote to another, or was silent."""
    match event:
        case conversation.MessageSent():
            return pb.MessageSent(
                case_id=event.case_id,
                message_id=event.message_id,
                sender=words.PARTIES.to_wire(event.sender),
                addressee=words.PARTIES.to_wire(event.addressee),
                answers_message_id=event.answers or "",
                body_id=event.body_id or "",
                due_time=stamp_or_none(event.due_at),
                sent_time=stamp(event.at),
            )
        case conversation.MessageOverdue():
            return pb.MessageOverdue(
                case_id=event.case_id,
                message_id=event.message_id,
                addressee=words.PARTIES.to_wire(event.addressee),
                body_id=event.body_id or "",
                escalated_area_id=id_of(event.escalated_to),
                due_time=stamp(event.at),
            )
