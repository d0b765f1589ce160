"""The rpcs about clocks: why they fall due, who lets them wait, who knows, and what a wrong clock did."""

from linli.cases.v1 import cases_service_pb2 as pb

from libs.query.freshness import Fresh
from libs.query.reach import not_covered, permitting
from libs.rpc.call import Call, invalid
from libs.rpc.moments import moment, stamp
from libs.rules.areas import id_of
from libs.rules.terms import Recipient
from services.cases.application import permits
from services.cases.application.app import App
from services.cases.domain.case.commands import (
    AcknowledgeEscalation,
    AnnulMoment,
    ApprovePause,
    RefusePause,
    RequestPause,
)
from services.cases.domain.case.events import PauseRequested
from services.cases.domain.case.situations import Opened
from services.cases.entrypoints.case import act
from services.cases.entrypoints.conversation import reader_of
from services.cases.entrypoints.wire import asked
from services.cases.entrypoints.wire.case import case_shown, early_case_shown
from services.cases.entrypoints.wire.explaining import answer_explained, clock_explained
from services.cases.entrypoints.wire.words import CLOCKS, MOMENTS

TOLD_BY = {Recipient.DISPATCHER: "cases.dispatch", Recipient.SUPERVISOR: "cases.supervise"}
"""The scope of those who are told."""


class ClockApi:
    """Acknowledging and explaining; what passed too early, and taking it back."""

    def __init__(self, app: App) -> None:
        self._app = app

    def acknowledge_escalation(
        self, request: pb.AcknowledgeEscalationRequest, call: Call
    ) -> pb.AcknowledgeEscalationResponse:
        """A level that was told says that it knows."""
        clock = CLOCKS.from_wire(request.clock)
        handled = self._app.cases.act(
            request.case_id,
            AcknowledgeEscalation(clock=clock, level=request.level, at=call.now()),
            call.context(),
            permits.all_of(
                permits.for_addressee(
                    lambda recipient: call.caller.reach(TOLD_BY[recipient]),
                    lambda: call.reach,
                    clock,
                    request.level,
                ),
                permits.for_outsider(lambda: call.caller.reach("cases.work")),
                asked.for_no_stand_in(call, self._app.cases.stood_in),
            ),
            request.if_revision,
        )
        case = case_shown(handled.state, told=True)
        return pb.AcknowledgeEscalationResponse(case=case, revision=handled.revision)

    def request_pause(self, request: pb.RequestPauseRequest, call: Call) -> pb.RequestPauseResponse:
        """The body requests a pause beyond the limit."""
        context = call.context(reason=request.reason)
        command = RequestPause(
            reason_code=request.reason_code,
            until=moment(request.until_time),
            requested_by=context.actor,
            at=call.now(),
        )
        check = permits.for_body(lambda: call.reach)
        handled = self._app.cases.act(request.case_id, command, context, check, request.if_revision)
        (made,) = (event for event in handled.events if isinstance(event, PauseRequested))
        return pb.RequestPauseResponse(
            case=case_shown(handled.state),
            pause_id=made.pause_id,
            deciding_area_id=id_of(made.area_path),
            decide_until_time=stamp(made.decide_by),
            revision=handled.revision,
        )

    def approve_pause(self, request: pb.ApprovePauseRequest, call: Call) -> pb.ApprovePauseResponse:
        """The next area up lets work wait."""
        actor = call.context().actor
        command = ApprovePause(pause_id=request.pause_id, decided_by=actor, at=call.now())
        return act(self._app, request, call, command, self._for_pause(call), pb.ApprovePauseResponse)

    def refuse_pause(self, request: pb.RefusePauseRequest, call: Call) -> pb.RefusePauseResponse:
        """It does not."""
        actor = call.context().actor
        command = RefusePause(pause_id=request.pause_id, decided_by=actor, at=call.now())
        return act(self._app, request, call, command, self._for_pause(call), pb.RefusePauseResponse)

    def _for_pause(self, call: Call) -> permits.Check:
        """The caller decides for the next area up, and does not work for the body that requested."""
        return permits.all_of(
            permits.for_pause(lambda: call.reach, lambda: call.caller.reach("cases.work")),
            asked.for_no_stand_in(call, self._app.cases.stood_in),
        )

    def explain_deadline(self, request: pb.ExplainDeadlineRequest, call: Call) -> pb.ExplainDeadlineResponse:
        """What the deadline of a clock, or the limit for an answer, was counted by."""
        if request.clock and not request.message_id:
            record, kind = self._app.cases.one(request.case_id), CLOCKS.from_wire(request.clock)
            as_reporter = _reads_as_reporter(call, record.state)
            whole = not as_reporter or self._app.clocks.reporter_of(record, kind) in call.my_ids
            explanation = self._app.clocks.explain(record, kind)
            return clock_explained(explanation, record.state.file, whole=whole)
        reader_of(call, self._app.conversations.case(request.case_id))
        if request.clock or not request.message_id:
            raise invalid("clock", "name either a clock or a message_id")
        return answer_explained(self._app.conversations.explain(request.case_id, request.message_id))

    def annul_moment(self, request: pb.AnnulMomentRequest, call: Call) -> pb.AnnulMomentResponse:
        """An operator takes back what a wrong clock recorded too early."""
        command = AnnulMoment(
            clock=CLOCKS.from_wire(request.clock), moment=MOMENTS.from_wire(request.moment), at=call.now()
        )
        check = permitting(call.permit, permits.area)
        return act(self._app, request, call, command, check, pb.AnnulMomentResponse)

    def list_early_moments(
        self, request: pb.ListEarlyMomentsRequest, call: Call
    ) -> pb.ListEarlyMomentsResponse:
        """A page of the cases with moments that passed and are not due yet."""
        fresh = Fresh.of(request, call)
        found, token = self._app.clocks.early(request, call.reach, call.now(), fresh)
        return pb.ListEarlyMomentsResponse(cases=map(early_case_shown, found), next_page_token=token)


def _reads_as_reporter(call: Call, case: Opened) -> bool:
    """Whether it is the right of a reporter of the case, and no office, by which the caller reads it.

    Refuses OUT_OF_REACH. A resident's own grant covers the area, too: it does not count here.
    """
    of, mine = permits.area_and_body(case), call.my_ids
    reading = call.caller.reach("cases.read")
    if reading.covers(area_path=of.area_path, body=of.body_id):
        return False
    if not call.has("cases.report") or all(each.reporter_id not in mine for each in case.file.reports):
        raise not_covered(of.area_path, of.body_id)
    return True
