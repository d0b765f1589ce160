"""What cases tells its neighbours and partners about a stored event: ids and facts, no texts.

Noted facts, releases, sensors and their alarms stay inside.
"""

from typing import Any

from google.protobuf.message import Message
from linli.cases.v1 import cases_events_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types

from libs.forgetting import telling
from libs.ledger.recorded import Recorded
from libs.messaging.published import Published
from libs.rpc.moments import stamp, stamp_or_none
from libs.rules.areas import id_of
from services.cases.domain import case_areas, conversation
from services.cases.domain.case import events
from services.cases.domain.clocks import Deadline
from services.cases.entrypoints.wire import words
from services.cases.entrypoints.wire.areas import located_told
from services.cases.entrypoints.wire.merges import Merge, merge_told
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
    | events.PauseWarned
    | events.PauseLapsed
    | events.CaseResumed
    | events.NoteAdded
    | events.ReporterAnswered
    | events.CaseResolved
)
PauseRequest = events.PauseRequested | events.PauseApproved | events.PauseRefused | events.PauseRequestLapsed
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
        return telling.told(recorded)
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
    if isinstance(event, PauseRequest):
        return _pause_request(case_id, event)
    if isinstance(event, Ending):
        return _ending(case_id, event)
    if isinstance(event, Moment):
        return moment_told(case_id, event)
    if isinstance(event, Merge):
        return merge_told(case_id, event)
    if isinstance(event, conversation.MessageSent | conversation.MessageOverdue):
        return _message_in_conversation(event)
    if isinstance(event, events.CaseContentErased):
        return pb.CaseContentErased(case_id=case_id, erased_time=stamp(event.at))
    return located_told(event) if isinstance(event, case_areas.CaseLocated) else None


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
        follows_case_id=event.follows or "",
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
        case events.AdjudicationOpened(area_path=path, deadline=deadline, at=at):
            due, opened = stamp_or_none(deadline.due_at if deadline else None), stamp(at)
            return pb.AdjudicationOpened(
                case_id=case_id, area_id=id_of(path), opened_time=opened, due_time=due
            )
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
    whose: Any = {"case_id": case_id, "body_id": getattr(event, "body_id", "")}
    match event:
        case events.CaseAccepted(at=at):
            return pb.CaseAccepted(**whose, accepted_time=stamp(at))
        case events.WorkStarted(at=at):
            return pb.WorkStarted(**whose, started_time=stamp(at))
        case events.CasePaused(reason_code=code, until=until, at=at):
            why: Any = {"reason_code": code, "pause_id": event.pause_id}
            return pb.CasePaused(**whose, **why, lapse_until_time=stamp_or_none(until), paused_time=stamp(at))
        case events.PauseWarned(until=until, at=at):
            return pb.PauseWarned(**whose, lapse_until_time=stamp(until), warned_time=stamp(at))
        case events.PauseLapsed(resolution=resolution, at=at):
            return pb.PauseLapsed(**whose, resolution=_later(resolution), lapsed_time=stamp(at))
        case events.CaseResumed(resolution=resolution, at=at):
            return pb.CaseResumed(**whose, resolution=_later(resolution), resumed_time=stamp(at))
        case events.NoteAdded(note_id=note, to_reporter=to_reporter, at=at):
            return pb.NoteAdded(case_id=case_id, note_id=note, to_reporter=to_reporter, added_time=stamp(at))
        case events.ReporterAnswered(note_id=note, at=at):
            return pb.ReporterAnswered(**whose, note_id=note, answered_time=stamp(at))
        case events.CaseResolved(on_time=on_time, confirm_until=until, at=at):
            return pb.CaseResolved(
                **whose,
                on_time=on_time,
                resolved_time=stamp(at),
                outcome_code=event.outcome_code,
                evidence=map(words.evidence_shown, event.evidence),
                confirm_until_time=stamp_or_none(until),
            )


def _pause_request(case_id: str, event: PauseRequest) -> Message:
    """A request for a pause beyond its limit, and what is decided."""
    area_id, at = id_of(event.area_path), stamp(event.at)
    whose: Any = {"case_id": case_id, "body_id": event.body_id, "pause_id": event.pause_id}
    whose["deciding_area_id"] = area_id
    match event:
        case events.PauseRequested(reason_code=code, until=until, decide_by=decide_by):
            return pb.PauseRequested(
                **whose,
                reason_code=code,
                until_time=stamp(until),
                decide_until_time=stamp(decide_by),
                requested_time=at,
            )
        case events.PauseApproved(until=until):
            return pb.PauseApproved(**whose, until_time=stamp(until), approved_time=at)
        case events.PauseRefused():
            return pb.PauseRefused(**whose, refused_time=at)
        case events.PauseRequestLapsed():
            return pb.PauseRequestLapsed(**whose, lapsed_time=at)


def _later(deadline: Deadline | None) -> types.Deadline | None:
    return words.deadline_shown(deadline) if deadline else None


def _ending(case_id: str, event: Ending) -> Message:
    """How it ends, and that it begins again."""
    whose: Any = {"case_id": case_id, "body_id": getattr(event, "body_id", None) or ""}
    until = stamp_or_none(getattr(event, "reopen_until", None))
    match event:
        case events.CaseConfirmed(at=at):
            return pb.CaseConfirmed(**whose, confirmed_time=stamp(at))
        case events.CaseClosed(cause=closing, at=at):
            cause = words.CLOSINGS.to_wire(closing)
            return pb.CaseClosed(**whose, cause=cause, reopen_until_time=until, closed_time=stamp(at))
        case events.CaseWithdrawn(at=at):
            return pb.CaseWithdrawn(**whose, withdrawn_time=stamp(at))
        case events.CaseRejected(reason_code=code, at=at):
            time = stamp(at)
            return pb.CaseRejected(**whose, reason_code=code, reopen_until_time=until, rejected_time=time)
        case events.RejectionContested(responded=responded, at=at):
            return pb.RejectionContested(case_id=case_id, responded=responded, contested_time=stamp(at))
        case events.CaseReopened(by_reporter=by_reporter, at=at):
            return pb.CaseReopened(**whose, by_reporter=by_reporter, reopened_time=stamp(at))


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
