"""What supervision does about the events of cases: it notes each as a fact of the case's record."""

from google.protobuf.timestamp_pb2 import Timestamp
from linli.cases.v1 import cases_events_pb2 as cases
from linli.cases.v1 import cases_types_pb2 as types

from libs.messaging.reactions import Fact, Reaction, Reactions
from libs.rpc.moments import moment
from services.supervision.domain import events
from services.supervision.domain.case_record import CASE_RECORD
from services.supervision.domain.commands import NoteFact
from services.supervision.domain.values import ClockKind, Origin

CHANNELS = {
    number: name.removeprefix("CHANNEL_").lower() for name, number in types.Channel.items()
}  # 1: "web", …
"""What a channel is called in facts and on the scoreboard."""

_CLOCKS = {
    types.CLOCK_KIND_FIRST_RESPONSE: ClockKind.FIRST_RESPONSE,
    types.CLOCK_KIND_RESOLUTION: ClockKind.RESOLUTION,
}


def when_case_opened(event: cases.CaseOpened, fact: Fact) -> Reactions:
    """A record begins, with what was promised."""
    due = {deadline.clock: moment(deadline.due_time) for deadline in event.deadlines}
    opening = events.OpeningNoted(
        case_id=event.case_id,
        public_id=event.public_id,
        affair_id=event.affair_id,
        area_path=event.area_path,
        channel=CHANNELS.get(event.channel, str(event.channel)),
        anonymous=event.anonymous,
        assisted=event.assisted,
        origin=_origin(fact, event.opened_time),
        reporter_id=event.reporter_id or None,
        external_system=event.external_reference.system or None,
        external_number=event.external_reference.number or None,
        first_response_due_at=due.get(types.CLOCK_KIND_FIRST_RESPONSE),
        due_at=due.get(types.CLOCK_KIND_RESOLUTION),
    )
    return _note(event.case_id, opening)


def when_case_routed(event: cases.CaseRouted, fact: Fact) -> Reactions:
    """A body must answer."""
    return _note(
        event.case_id, events.RoutingNoted(body_id=event.body_id, origin=_origin(fact, event.routed_time))
    )


def when_case_unowned(event: cases.CaseUnowned, fact: Fact) -> Reactions:
    """No body must answer."""
    return _note(event.case_id, events.NoOwnerNoted(origin=_origin(fact, event.found_time)))


def when_case_accepted(event: cases.CaseAccepted, fact: Fact) -> Reactions:
    """The body answered."""
    return _note(
        event.case_id,
        events.AcceptanceNoted(body_id=event.body_id, origin=_origin(fact, event.accepted_time)),
    )


def when_case_returned(event: cases.CaseReturned, fact: Fact) -> Reactions:
    """The body sent it back."""
    return _note(
        event.case_id, events.ReturnNoted(body_id=event.body_id, origin=_origin(fact, event.returned_time))
    )


def when_adjudication_opened(event: cases.AdjudicationOpened, fact: Fact) -> Reactions:
    """The area one up decides."""
    return _note(
        event.case_id,
        events.AdjudicationNoted(area_id=event.area_id, origin=_origin(fact, event.opened_time)),
    )


def when_case_reassigned(event: cases.CaseReassigned, fact: Fact) -> Reactions:
    """Another body must answer."""
    reassignment = events.ReassignmentNoted(
        from_body_id=event.from_body_id or None,
        body_id=event.body_id,
        origin=_origin(fact, event.reassigned_time),
    )
    return _note(event.case_id, reassignment)


def when_work_started(event: cases.WorkStarted, fact: Fact) -> Reactions:
    """The body is at work."""
    return _note(
        event.case_id, events.WorkNoted(body_id=event.body_id, origin=_origin(fact, event.started_time))
    )


def when_case_paused(event: cases.CasePaused, fact: Fact) -> Reactions:
    """Work waits."""
    return _note(
        event.case_id, events.PauseNoted(body_id=event.body_id, origin=_origin(fact, event.paused_time))
    )


def when_case_resumed(event: cases.CaseResumed, fact: Fact) -> Reactions:
    """Work goes on, with another due moment."""
    due = moment(event.resolution.due_time) if event.HasField("resolution") else None
    return _note(
        event.case_id,
        events.ResumptionNoted(body_id=event.body_id, due_at=due, origin=_origin(fact, event.resumed_time)),
    )


def when_note_added(event: cases.NoteAdded, fact: Fact) -> Reactions:
    """Somebody wrote something down."""
    return _note(
        event.case_id,
        events.RemarkNoted(to_reporter=event.to_reporter, origin=_origin(fact, event.added_time)),
    )


def when_case_resolved(event: cases.CaseResolved, fact: Fact) -> Reactions:
    """The body says that it is dealt with. Whether in time is judged here, by the due moment noted."""
    return _note(
        event.case_id,
        events.ResolutionNoted(body_id=event.body_id, origin=_origin(fact, event.resolved_time)),
    )


def when_case_closed(event: cases.CaseClosed, fact: Fact) -> Reactions:
    """It has ended."""
    return _note(
        event.case_id, events.ClosingNoted(body_id=event.body_id, origin=_origin(fact, event.closed_time))
    )


def when_case_withdrawn(event: cases.CaseWithdrawn, fact: Fact) -> Reactions:
    """The reporter took it back."""
    return _note(
        event.case_id,
        events.WithdrawalNoted(body_id=event.body_id or None, origin=_origin(fact, event.withdrawn_time)),
    )


def when_case_rejected(event: cases.CaseRejected, fact: Fact) -> Reactions:
    """It is not a matter for this community."""
    return _note(
        event.case_id,
        events.RejectionNoted(body_id=event.body_id or None, origin=_origin(fact, event.rejected_time)),
    )


def when_case_reopened(event: cases.CaseReopened, fact: Fact) -> Reactions:
    """It was taken up again."""
    reopening = events.ReopeningNoted(
        body_id=event.body_id, by_reporter=event.by_reporter, origin=_origin(fact, event.reopened_time)
    )
    return _note(event.case_id, reopening)


def when_deadline_warned(event: cases.DeadlineWarned, fact: Fact) -> Reactions:
    """Three quarters of a limit are used up."""
    warning = events.WarningNoted(
        clock=_CLOCKS[event.clock], body_id=event.body_id or None, origin=_origin(fact, event.warned_time)
    )
    return _note(event.case_id, warning)


def when_deadline_breached(event: cases.DeadlineBreached, fact: Fact) -> Reactions:
    """A limit is used up."""
    breach = events.BreachNoted(
        clock=_CLOCKS[event.clock], body_id=event.body_id or None, origin=_origin(fact, event.breached_time)
    )
    return _note(event.case_id, breach)


def _note(case_id: str, fact: events.NotedFact) -> Reactions:
    return [Reaction(CASE_RECORD, case_id, NoteFact(fact=fact))]


def _origin(fact: Fact, at: Timestamp) -> Origin:
    """The moment is the event's own: that of a breach lies before the command that noticed it."""
    return Origin(
        source=fact.source,
        sequence=fact.sequence,
        version=fact.subject_version,
        event_id=fact.event_id,
        at=moment(at),
        recorded_at=fact.recorded_time,
        actor=fact.actor,
        on_behalf_of=fact.on_behalf_of or None,
        consent_id=fact.consent_id or None,
        reason=fact.reason or None,
        correlation_id=fact.correlation_id or None,
        causation_id=fact.causation_id or None,
        traceparent=fact.traceparent or None,
    )
