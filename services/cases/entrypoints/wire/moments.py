"""The moments of clocks as others hear of them."""

from google.protobuf.message import Message
from linli.cases.v1 import cases_events_pb2 as pb

from libs.rpc.moments import stamp
from libs.rules.areas import id_of
from services.cases.domain.case import events
from services.cases.entrypoints.wire import words

Moment = (
    events.DeadlineWarned
    | events.DeadlineBreached
    | events.CaseEscalated
    | events.EscalationAcknowledged
    | events.MomentAnnulled
)


def moment_told(case_id: str, event: Moment) -> Message:
    """That a promised moment is near, or has passed, or that this was said too early."""
    clock, at = words.CLOCKS.to_wire(event.clock), stamp(event.at)
    if isinstance(event, events.EscalationAcknowledged):
        return pb.EscalationAcknowledged(
            case_id=case_id, clock=clock, level=event.level, acknowledged_time=at
        )
    body = event.body_id or ""
    match event:
        case events.DeadlineWarned(due_at=due_at, deciding_path=path):
            return pb.DeadlineWarned(
                case_id=case_id,
                clock=clock,
                body_id=body,
                deciding_area_id=id_of(path or ""),
                warned_time=at,
                due_time=stamp(due_at),
            )
        case events.DeadlineBreached(deciding_path=path):
            return pb.DeadlineBreached(
                case_id=case_id,
                clock=clock,
                body_id=body,
                deciding_area_id=id_of(path or ""),
                breached_time=at,
            )
        case events.CaseEscalated():
            return pb.CaseEscalated(
                case_id=case_id,
                clock=clock,
                level=event.level,
                recipient=words.RECIPIENTS.to_wire(event.recipient),
                area_id=id_of(event.area_path),
                area_path=event.area_path,
                body_id=body,
                sooner=event.sooner,
                escalated_time=at,
            )
        case events.MomentAnnulled(moment=moment, moment_at=moment_at):
            return pb.MomentAnnulled(
                case_id=case_id,
                clock=clock,
                moment=words.MOMENTS.to_wire(moment),
                body_id=body,
                moment_time=stamp(moment_at),
                annulled_time=at,
            )
