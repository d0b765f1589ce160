"""The commands of CasesService: requests become commands, states become answers."""

from collections.abc import Callable
from typing import Any, TypeVar

from linli.cases.v1 import cases_service_pb2 as pb

from libs.query.freshness import Fresh
from libs.rpc.access import PERSON
from libs.rpc.call import Call, invalid
from libs.rpc.moments import moment
from services.cases.application.app import App
from services.cases.application.report import Report
from services.cases.domain import commands, refusals
from services.cases.domain.values import ExternalReference
from services.cases.entrypoints import messages, permits
from services.cases.entrypoints.permits import IMPORT_SCOPE

Answer = TypeVar("Answer")

STAFF_SCOPES = ("cases.work", "cases.dispatch", IMPORT_SCOPE)
"""Whoever holds one may report in the name of others."""


class Commands:
    """What changes cases."""

    def __init__(self, app: App) -> None:
        self._app = app

    def open_case(self, request: pb.OpenCaseRequest, call: Call) -> pb.OpenCaseResponse:
        """Take in a report."""
        reporter_id = _reporter(request, call)
        report = Report(
            affair_id=request.affair_id,
            channel=messages.channel_of[request.channel],
            at=call.at,
            point=messages.point(request),
            area_id=request.area_id,
            reporter_id=reporter_id,
            in_person=call.caller.kind == PERSON and reporter_id == call.caller.subject,
            anonymous=request.anonymous,
            assisted=request.assisted,
            external=_external(request, call),
            description=request.description,
            address=request.address,
            contact=request.contact,
        )
        context = call.context(on_behalf_of=request.on_behalf_of)
        handled = self._app.open(report, context, permits.dating(call))
        return pb.OpenCaseResponse(case=messages.case_of_state(handled.state), revision=handled.revision)

    def accept_case(self, request: pb.AcceptCaseRequest, call: Call) -> pb.AcceptCaseResponse:
        """The body accepts."""
        command = commands.AcceptCase(at=call.at)
        return self._act(request, call, command, permits.for_body(call), pb.AcceptCaseResponse)

    def return_case(self, request: pb.ReturnCaseRequest, call: Call) -> pb.ReturnCaseResponse:
        """The body sends the case back."""
        command = commands.ReturnCase(at=call.at)
        return self._act(request, call, command, permits.for_body(call), pb.ReturnCaseResponse)

    def reassign_case(self, request: pb.ReassignCaseRequest, call: Call) -> pb.ReassignCaseResponse:
        """A dispatcher names another body."""
        handled = self._app.reassign(
            request.case_id,
            request.body_id,
            call.at,
            call.context(reason=request.reason),
            permits.for_deciding_area(call),
            request.if_revision,
        )
        return pb.ReassignCaseResponse(case=messages.case_of_state(handled.state), revision=handled.revision)

    def start_work(self, request: pb.StartWorkRequest, call: Call) -> pb.StartWorkResponse:
        """Work begins."""
        command = commands.StartWork(at=call.at)
        return self._act(request, call, command, permits.for_body(call), pb.StartWorkResponse)

    def pause_case(self, request: pb.PauseCaseRequest, call: Call) -> pb.PauseCaseResponse:
        """Work waits."""
        command = commands.PauseCase(at=call.at)
        return self._act(request, call, command, permits.for_body(call), pb.PauseCaseResponse)

    def resume_case(self, request: pb.ResumeCaseRequest, call: Call) -> pb.ResumeCaseResponse:
        """Work goes on."""
        handled = self._app.resume(
            request.case_id,
            call.at,
            call.context(reason=request.reason),
            permits.for_body(call),
            request.if_revision,
        )
        return pb.ResumeCaseResponse(case=messages.case_of_state(handled.state), revision=handled.revision)

    def add_note(self, request: pb.AddNoteRequest, call: Call) -> pb.AddNoteResponse:
        """Write a note."""
        command = commands.AddNote(text=request.text, to_reporter=request.to_reporter, at=call.at)
        return self._act(request, call, command, permits.for_area_or_body(call), pb.AddNoteResponse)

    def resolve_case(self, request: pb.ResolveCaseRequest, call: Call) -> pb.ResolveCaseResponse:
        """The matter is dealt with."""
        command = commands.ResolveCase(outcome=request.outcome, at=call.at)
        return self._act(request, call, command, permits.for_body(call), pb.ResolveCaseResponse)

    def close_case(self, request: pb.CloseCaseRequest, call: Call) -> pb.CloseCaseResponse:
        """End a resolved case."""
        command = commands.CloseCase(at=call.at)
        return self._act(request, call, command, permits.for_area_or_body(call), pb.CloseCaseResponse)

    def withdraw_case(self, request: pb.WithdrawCaseRequest, call: Call) -> pb.WithdrawCaseResponse:
        """The reporter takes the case back."""
        command = commands.WithdrawCase(reason=request.reason, at=call.at)
        return self._act(
            request, call, command, permits.for_reporter(call), pb.WithdrawCaseResponse, reason=""
        )

    def reject_case(self, request: pb.RejectCaseRequest, call: Call) -> pb.RejectCaseResponse:
        """A dispatcher ends what is not a matter for this community."""
        command = commands.RejectCase(at=call.at)
        return self._act(request, call, command, permits.for_deciding_area(call), pb.RejectCaseResponse)

    def reopen_case(self, request: pb.ReopenCaseRequest, call: Call) -> pb.ReopenCaseResponse:
        """A dispatcher takes a case up again."""
        command = commands.ReopenCase(by_reporter=False, imported=call.occurred_at is not None, at=call.at)
        return self._act(request, call, command, permits.for_deciding_area(call), pb.ReopenCaseResponse)

    def object_to_resolution(
        self, request: pb.ObjectToResolutionRequest, call: Call
    ) -> pb.ObjectToResolutionResponse:
        """The reporter says that the matter is not dealt with."""
        imported = call.occurred_at is not None
        command = commands.ReopenCase(by_reporter=True, imported=imported, reason=request.reason, at=call.at)
        permit = permits.for_reporter(call)
        return self._act(request, call, command, permit, pb.ObjectToResolutionResponse, reason="")

    def erase_case_content(
        self, request: pb.EraseCaseContentRequest, call: Call
    ) -> pb.EraseCaseContentResponse:
        """Forget what a case without a registered reporter tells."""
        command = commands.EraseContent(at=call.at)
        return self._act(request, call, command, permits.for_area(call), pb.EraseCaseContentResponse)

    def finish_import(self, request: pb.FinishImportRequest, call: Call) -> pb.FinishImportResponse:
        """Hand imported cases over to the running clocks."""
        as_of = moment(request.as_of_time)
        if as_of > call.now():
            raise invalid("as_of_time", "history lies in the past: give a moment that has passed")
        fresh = Fresh.of(request, call)
        done = self._app.finish_import(call.reach, request.system, as_of, fresh, call.context())
        return pb.FinishImportResponse(
            released=done.released, remaining=done.remaining, revision=done.revision
        )

    def _act(
        self,
        request: Any,
        call: Call,
        command: commands.Command,
        permit: permits.Permit,
        answer: Callable[..., Answer],
        reason: str | None = None,
    ) -> Answer:
        """What all commands on a case have in common; `reason` (that of the request) is kept in clear."""
        context = call.context(reason=getattr(request, "reason", "") if reason is None else reason)
        revision = getattr(request, "if_revision", "")
        handled = self._app.act(request.case_id, command, context, permit, revision)
        return answer(case=messages.case_of_state(handled.state), revision=handled.revision)


def _external(request: pb.OpenCaseRequest, call: Call) -> ExternalReference | None:
    """The number in another system, which only a client or an importer may claim."""
    if not request.HasField("external_reference"):
        if call.occurred_at is not None:
            raise invalid("external_reference", "imported history names the system it comes from")
        return None
    if call.caller.kind == PERSON and not call.has(IMPORT_SCOPE):
        raise refusals.external_reference_not_allowed()
    reference = request.external_reference
    return ExternalReference(system=reference.system, number=reference.number)


def _reporter(request: pb.OpenCaseRequest, call: Call) -> str | None:
    """Whose report it is: a person without an office reports in their own name, or in none."""
    caller = call.caller
    if any(caller.has(scope) for scope in STAFF_SCOPES):
        return request.reporter_id or request.on_behalf_of or None
    if request.reporter_id not in ("", caller.subject) or request.on_behalf_of not in ("", caller.subject):
        raise refusals.reporter_is_somebody_else()
    reports_in_person = caller.kind == PERSON and not request.anonymous
    return caller.subject if reports_in_person else request.reporter_id or None
