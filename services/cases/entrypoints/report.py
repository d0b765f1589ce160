"""The rpcs of those who report: taking in, taking back, objecting."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types

from libs.query.freshness import Fresh
from libs.query.reach import Jurisdiction, Limit, Permit, Reach
from libs.rpc.access import CLIENT, PERSON
from libs.rpc.call import Call, invalid
from libs.rpc.labels import label_of
from services.cases.application import permits
from services.cases.application.app import App
from services.cases.application.report import Report
from services.cases.domain import refusals
from services.cases.domain.case import commands
from services.cases.domain.values import Channel, ExternalReference
from services.cases.entrypoints.case import Answer, act
from services.cases.entrypoints.external_system import require_system_or_importer
from services.cases.entrypoints.wire import asked
from services.cases.entrypoints.wire.asked import IMPORT_SCOPE, dating
from services.cases.entrypoints.wire.case import case_listed, case_shown, case_shown_to
from services.cases.entrypoints.wire.record import my_case_shown
from services.cases.entrypoints.wire.words import CHANNELS, attachments_of, point_of

STAFF_SCOPES = ("cases.work", "cases.dispatch", IMPORT_SCOPE)
"""Whoever holds one reports for the record, not as a reporter."""
GRID_WORKER = "GRID_WORKER"
"""The role of those who are a channel of their own."""
REGISTERING_SCOPE = "parties.register"
"""People who hold it know residents by their papers, and report in their names."""

OF_PEOPLE = frozenset({Channel.WEB, Channel.MOBILE_APP})
OF_STAFF = frozenset({Channel.PHONE_OPERATOR, Channel.EMAIL, Channel.LETTER, Channel.DESK})
"""What people call, write or come to an office with, entered by whoever works there."""
OF_CLIENTS = OF_PEOPLE | {Channel.PARTNER_API, Channel.SMS_RELAY, Channel.EMAIL}
"""What programs pass on; nobody sits there."""


class ReportApi:
    """Reports, and what their reporters may do with them."""

    def __init__(self, app: App) -> None:
        self._app = app

    def open_case(self, request: pb.OpenCaseRequest, call: Call) -> pb.OpenCaseResponse:
        """Take in a report."""
        reporter_id = _reporter(request, call)
        report = report_of(request, call, reporter_id)
        report = replace(report, consent_id=request.consent_id, external=_external(request, call))
        if call.principal is not None and (request.anonymous or request.consent_id):
            raise invalid("anonymous", "a report by a consent names the resident, and the consent once")
        represented = request.on_behalf_of or (reporter_id if request.consent_id else None)
        context = call.context(on_behalf_of=represented, consent_id=request.consent_id)
        taken = self._app.reports.open(report, context, _opening(request, call))
        case, revision = case_shown(taken.handled.state), taken.handled.revision
        return pb.OpenCaseResponse(case=case, revision=revision, receipt_code=taken.receipt_code)

    def withdraw_case(self, request: pb.WithdrawCaseRequest, call: Call) -> pb.WithdrawCaseResponse:
        """The reporter takes the case back."""
        withdrawal = asked.withdraw_case(request, call)
        return act(self._app, request, call, *withdrawal, pb.WithdrawCaseResponse, reason="")

    def object_to_resolution(
        self, request: pb.ObjectToResolutionRequest, call: Call
    ) -> pb.ObjectToResolutionResponse:
        """The reporter says that the matter is not dealt with."""
        imported = call.occurred_at is not None
        command = commands.ReopenCase(
            by_reporter=True,
            imported=imported,
            reason=request.reason,
            attachments=attachments_of(request),
            subject=self._whose(call),
            at=call.at,
        )
        return self._reply(request, call, command, pb.ObjectToResolutionResponse)

    def confirm_resolution(
        self, request: pb.ConfirmResolutionRequest, call: Call
    ) -> pb.ConfirmResolutionResponse:
        """The reporter says that the matter is dealt with."""
        command = commands.ConfirmResolution(at=call.at)
        outside = permits.for_outsider(lambda: call.actor.reach("cases.work"))
        judge = asked.for_no_stand_in(call, self._app.cases.stood_in)
        check = permits.all_of(asked.for_reporter(call), outside, judge)
        return self._reply(request, call, command, pb.ConfirmResolutionResponse, check)

    def object_to_rejection(
        self, request: pb.ObjectToRejectionRequest, call: Call
    ) -> pb.ObjectToRejectionResponse:
        """The reporter says that it is a matter for this community."""
        command = commands.ContestRejection(
            reason=request.reason,
            attachments=attachments_of(request),
            subject=self._whose(call),
            at=call.at,
        )
        return self._reply(request, call, command, pb.ObjectToRejectionResponse)

    def _reply(
        self,
        request: Any,
        call: Call,
        command: commands.CaseCommand,
        answer: Callable[..., Answer],
        check: permits.Check | None = None,
    ) -> Answer:
        """What a reporter says about their report goes to the case in which that goes on."""
        handled = self._app.cases.act(
            self._app.cases.followed(request.case_id),
            command,
            call.context(),
            check or asked.for_reporter(call),
            request.if_revision,
        )
        case = case_shown_to(handled.state, call.caller.ids)
        return answer(case=case, revision=handled.revision)

    def _whose(self, call: Call) -> str:
        """Under whose key a reporter's words lie: their own; in imported history the case's."""
        return "" if call.occurred_at is not None else call.caller.subject

    def get_my_case(self, request: pb.GetMyCaseRequest, call: Call) -> pb.GetMyCaseResponse:
        """One of the caller's own reports, whole."""
        record = self._app.cases.one(request.case_id)
        call.require_self(record.state.file.reporter_id or "")
        call.require_within(record.state.file.area_path)
        return pb.GetMyCaseResponse(case=my_case_shown(record), revision=record.revision)

    def list_my_cases(self, request: pb.ListMyCasesRequest, call: Call) -> pb.ListMyCasesResponse:
        """A page of the caller's own reports."""
        mine, fresh, area = call.my_ids, Fresh.of(request, call), call.consented_area
        rows, token = self._app.reports.listed(request, mine, fresh, area)
        return pb.ListMyCasesResponse(cases=map(case_listed, rows), next_page_token=token)


def report_of(said: pb.OpenCaseRequest | pb.ImportedOpening, call: Call, reporter_id: str | None) -> Report:
    """What is told of a matter when it comes in, or came in."""
    return Report(
        affair_id=said.affair_id,
        channel=_channel(said, call),
        at=call.at,
        point=point_of(said),
        area_id=said.area_id,
        reporter_id=reporter_id,
        in_person=call.caller.kind == PERSON and reporter_id == call.caller.subject,
        anonymous=said.anonymous,
        assisted=said.assisted,
        attachments=attachments_of(said),
        description=said.description,
        address=said.address,
        contact=said.contact,
    )


def _opening(request: pb.OpenCaseRequest, call: Call) -> Permit:
    """A client that is kept to areas opens cases there; whoever dates back imports the area's history.

    Whoever names another person as the reporter may do so in the area of the case, or by a consent.
    """
    dated = dating(call)
    within = opening_within(call)
    by_right = _names_another(request, call) and not request.consent_id
    naming = call.caller.reach(*_naming_scopes(call)).by_area if by_right else None

    def permit(of: Jurisdiction) -> None:
        dated(of)
        if naming is not None:
            naming.require(area_path=of.area_path)
        within(of)

    return permit


def opening_within(call: Call) -> Permit:
    """A client that is kept to areas opens cases there only, by whatever channel."""

    def permit(of: Jurisdiction) -> None:
        if call.actor.kind == CLIENT:
            reach = call.actor.reach("cases.open")
            kept_to = Reach(tuple(Limit(path=limit.path) for limit in reach.limits))
            kept_to.require(area_path=of.area_path)

    return permit


def _channel(request: pb.OpenCaseRequest | pb.ImportedOpening, call: Call) -> Channel:
    """The way it came in, which must be one of the caller's. Refuses CHANNEL_NOT_YOURS."""
    channel = CHANNELS.from_wire(request.channel)
    if not _may_name(channel, call):
        name = types.Channel.Name(request.channel)
        raise refusals.channel_not_yours(name, label_of(types.Channel, request.channel).zh)
    return channel


def _may_name(channel: Channel, call: Call) -> bool:
    """Whether it is one of the caller's channels; in history those of others, too. No caller is a sensor."""
    if call.occurred_at is not None:
        return channel is not Channel.SENSOR
    who = call.actor  # by whatever consent: it is they who sit there
    person = who.kind == PERSON
    held = (
        (OF_PEOPLE, person),
        (OF_STAFF, person and any(who.has(scope) for scope in STAFF_SCOPES)),
        ((Channel.GRID_WORKER,), person and GRID_WORKER in who.roles),
        ((Channel.FIELD_REPORT,), who.has("cases.work")),
        (OF_CLIENTS, who.kind == CLIENT),
        ((Channel.IMPORT,), call.has(IMPORT_SCOPE)),
    )
    return any(theirs and channel in channels for channels, theirs in held)


def _external(request: pb.OpenCaseRequest, call: Call) -> ExternalReference | None:
    """The number in another system, which only a client or an importer may claim."""
    if not request.HasField("external_reference"):
        if call.occurred_at is not None:
            raise invalid("external_reference", "imported history names the system it comes from")
        return None
    require_system_or_importer(call)
    reference = request.external_reference
    return ExternalReference(system=reference.system, number=reference.number)


def _reporter(request: pb.OpenCaseRequest, call: Call) -> str | None:
    """Whose report it is: a person without an office reports in their own name, or in none."""
    caller = call.caller
    if request.consent_id or any(caller.has(scope) for scope in STAFF_SCOPES):
        return request.reporter_id or request.on_behalf_of or None
    reports_in_person = caller.kind == PERSON and not request.anonymous
    return caller.subject if reports_in_person else request.reporter_id or None


def _names_another(request: pb.OpenCaseRequest, call: Call) -> bool:
    """Whether the report is made in the name of somebody who is not the caller."""
    themself = ("", *call.caller.ids)
    return request.reporter_id not in themself or request.on_behalf_of not in themself


def _naming_scopes(call: Call) -> tuple[str, ...]:
    """The scopes by which the caller may report in another's name. Refuses REPORTER_IS_SOMEBODY_ELSE."""
    may = (IMPORT_SCOPE,) if call.caller.kind == CLIENT else (REGISTERING_SCOPE, IMPORT_SCOPE)
    held = tuple(scope for scope in may if call.has(scope))
    if not held:
        raise refusals.reporter_is_somebody_else()
    return held
