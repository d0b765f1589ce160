"""The rpcs about who holds a post."""

from linli.identity.v1 import identity_staffing_pb2 as pb

from libs.rpc.call import Call
from libs.rpc.moments import moment_of
from services.identity.application.app import App
from services.identity.entrypoints.access import granter_of


class AppointmentApi:
    """Appointing people, moving the ends of their terms, and ending them."""

    def __init__(self, app: App) -> None:
        self._app = app

    def appoint_holder(self, request: pb.AppointHolderRequest, call: Call) -> pb.AppointHolderResponse:
        """Appoint a qualified person."""
        handled = self._app.appointments.appoint(
            request.post_id,
            request.party_id,
            moment_of(request, "since_time") or call.at,
            moment_of(request, "until_time"),
            call.at,
            call.context(),
            granter_of(call),
        )
        return pb.AppointHolderResponse(revision=handled.revision)

    def change_term(self, request: pb.ChangeTermRequest, call: Call) -> pb.ChangeTermResponse:
        """Move the end of a term."""
        handled = self._app.appointments.change_term(
            request.post_id,
            request.party_id,
            moment_of(request, "until_time"),
            call.at,
            call.context(),
            granter_of(call),
        )
        return pb.ChangeTermResponse(revision=handled.revision)

    def end_appointment(self, request: pb.EndAppointmentRequest, call: Call) -> pb.EndAppointmentResponse:
        """End an appointment now."""
        context = call.context(reason=request.reason)
        handled = self._app.appointments.end(
            request.post_id, request.party_id, call.at, context, granter_of(call)
        )
        return pb.EndAppointmentResponse(revision=handled.revision)
