"""The rpcs of those who work on cases and dispatch them."""

from collections.abc import Callable
from typing import Any, TypeVar

from linli.cases.v1 import cases_service_pb2 as pb

from libs.query.freshness import Fresh
from libs.query.reach import permitting
from libs.rpc.call import Call
from libs.rpc.moments import moment_of
from services.cases.application import permits
from services.cases.application.app import App
from services.cases.application.case import Named
from services.cases.domain.case import commands
from services.cases.domain.case.situations import Opened
from services.cases.domain.values import Channel
from services.cases.entrypoints.wire import asked
from services.cases.entrypoints.wire.case import case_listed, case_shown, public_case_shown
from services.cases.entrypoints.wire.history import authors, history_entry_shown
from services.cases.entrypoints.wire.record import full_case_shown
from services.cases.entrypoints.wire.sensor import incident_shown
from services.cases.entrypoints.wire.words import attachments_of

Answer = TypeVar("Answer")

TEXT_SCOPES = ("cases.work", "cases.dispatch")
"""Whoever holds one reads the texts of the cases that it covers, and finds them by their words."""


class CaseApi:
    """What is done with open cases, and who reads them."""

    def __init__(self, app: App) -> None:
        self._app = app

    def accept_case(self, request: pb.AcceptCaseRequest, call: Call) -> pb.AcceptCaseResponse:
        """The body accepts."""
        command = commands.AcceptCase(at=call.at)
        return act(self._app, request, call, command, asked.for_body(call), pb.AcceptCaseResponse)

    def return_case(self, request: pb.ReturnCaseRequest, call: Call) -> pb.ReturnCaseResponse:
        """The body sends the case back."""
        command = commands.ReturnCase(at=call.at)
        return act(self._app, request, call, command, asked.for_body(call), pb.ReturnCaseResponse)

    def reassign_case(self, request: pb.ReassignCaseRequest, call: Call) -> pb.ReassignCaseResponse:
        """A dispatcher names another body."""
        handled = self._app.cases.reassign(
            request.case_id,
            Named(body_id=request.body_id, item_id=request.item_id, legal_basis=request.legal_basis),
            call.at,
            call.context(reason=request.reason),
            asked.within(call, permits.deciding),
            request.if_revision,
        )
        return pb.ReassignCaseResponse(case=case_shown(handled.state), revision=handled.revision)

    def start_work(self, request: pb.StartWorkRequest, call: Call) -> pb.StartWorkResponse:
        """Work begins."""
        return act(self._app, request, call, *asked.start_work(request, call), pb.StartWorkResponse)

    def pause_case(self, request: pb.PauseCaseRequest, call: Call) -> pb.PauseCaseResponse:
        """Work waits."""
        return act(self._app, request, call, *asked.pause_case(request, call), pb.PauseCaseResponse)

    def resume_case(self, request: pb.ResumeCaseRequest, call: Call) -> pb.ResumeCaseResponse:
        """Work goes on."""
        return act(self._app, request, call, *asked.resume_case(request, call), pb.ResumeCaseResponse)

    def answer_reporter(self, request: pb.AnswerReporterRequest, call: Call) -> pb.AnswerReporterResponse:
        """The body writes to the reporter."""
        command = commands.AnswerReporter(text=request.text, attachments=attachments_of(request), at=call.at)
        return act(self._app, request, call, command, asked.for_body(call), pb.AnswerReporterResponse)

    def add_note(self, request: pb.AddNoteRequest, call: Call) -> pb.AddNoteResponse:
        """Write a note."""
        command = commands.AddNote(text=request.text, to_reporter=request.to_reporter, at=call.at)
        check = asked.within(call, permits.area_and_body)
        return act(self._app, request, call, command, check, pb.AddNoteResponse)

    def resolve_case(self, request: pb.ResolveCaseRequest, call: Call) -> pb.ResolveCaseResponse:
        """The matter is dealt with."""
        return act(self._app, request, call, *asked.resolve_case(request, call), pb.ResolveCaseResponse)

    def close_case(self, request: pb.CloseCaseRequest, call: Call) -> pb.CloseCaseResponse:
        """End a case whose resolution is confirmed."""
        return act(self._app, request, call, *asked.close_case(request, call), pb.CloseCaseResponse)

    def reject_case(self, request: pb.RejectCaseRequest, call: Call) -> pb.RejectCaseResponse:
        """A dispatcher ends what is not a matter for this community."""
        return act(self._app, request, call, *asked.reject_case(request, call), pb.RejectCaseResponse)

    def reopen_case(self, request: pb.ReopenCaseRequest, call: Call) -> pb.ReopenCaseResponse:
        """A dispatcher or a supervisor takes a case up again."""
        command = commands.ReopenCase(by_reporter=False, imported=call.occurred_at is not None, at=call.at)
        return act(self._app, request, call, command, asked.within(call, permits.area), pb.ReopenCaseResponse)

    def erase_case_content(
        self, request: pb.EraseCaseContentRequest, call: Call
    ) -> pb.EraseCaseContentResponse:
        """Forget what a case without a registered reporter tells."""
        command = commands.EraseContent(at=call.at)
        return act(
            self._app,
            request,
            call,
            command,
            permitting(call.permit, permits.area),
            pb.EraseCaseContentResponse,
        )

    def get_case(self, request: pb.GetCaseRequest, call: Call) -> pb.GetCaseResponse:
        """One case, for staff."""
        record = self._app.cases.one(request.case_id)
        call.permit(permits.area_and_body(record.state))
        call.showing(record.state.file.subject)
        shown = full_case_shown(record, masked_for(call, record.state))
        if record.state.file.channel is Channel.SENSOR:
            shown.incident.CopyFrom(incident_shown(self._app.sensors.incident(request.case_id)))
        return shown

    def get_public_case(self, request: pb.GetPublicCaseRequest, call: Call) -> pb.GetPublicCaseResponse:
        """The public face of a case."""
        row = self._app.cases.public(request.public_id, Fresh.of(request, call))
        area_path = self._app.following.public_area(row["area_path"])
        return pb.GetPublicCaseResponse(case=public_case_shown(row, area_path))

    def list_cases(self, request: pb.ListCasesRequest, call: Call) -> pb.ListCasesResponse:
        """A page of the cases that the caller may read."""
        fresh = Fresh.of(request, call).past(moment_of(request, "as_of_time"), call.now())
        cases, order = self._app.cases, request.order_by
        if request.text:
            readable = call.caller.reach(*TEXT_SCOPES)
            rows, token = cases.found(request, order, request.text, call.reach, readable, fresh)
            call.showing(*(row.get("reporter_id") or row["case_id"] for row in rows))  # what their texts say
        else:
            rows, token = cases.listed(request, order, call.reach, fresh)
        return pb.ListCasesResponse(cases=map(case_listed, rows), next_page_token=token)

    def get_case_history(self, request: pb.GetCaseHistoryRequest, call: Call) -> pb.GetCaseHistoryResponse:
        """Everything that happened to a case."""
        record = self._app.cases.one(request.case_id)
        call.permit(permits.area_and_body(record.state))
        masked = masked_for(call, record.state)
        call.showing(record.state.file.subject, *authors(record.history, masked))
        return pb.GetCaseHistoryResponse(
            entries=[history_entry_shown(recorded, masked) for recorded in record.history]
        )


def act(
    app: App,
    request: Any,
    call: Call,
    command: commands.CaseCommand,
    check: permits.Check,
    answer: Callable[..., Answer],
    reason: str | None = None,
) -> Answer:
    """What all commands on a case have in common; `reason` (that of the request) is kept in clear."""
    context = call.context(reason=getattr(request, "reason", "") if reason is None else reason)
    revision = getattr(request, "if_revision", "")
    handled = app.cases.act(request.case_id, command, context, check, revision)
    return answer(case=case_shown(handled.state), revision=handled.revision)


def masked_for(call: Call, state: Opened) -> bool:
    """Whether personal data is hidden: the caller neither works on the case nor dispatches it."""
    of = permits.area_and_body(state)
    return not call.caller.reach(*TEXT_SCOPES).covers(area_path=of.area_path, body=of.body_id)
