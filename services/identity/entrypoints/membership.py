"""The rpcs about who belongs to which body."""

from linli.identity.v1 import identity_staffing_pb2 as pb

from libs.query.freshness import Fresh
from libs.rpc.call import Call
from libs.rpc.moments import moment_of
from services.identity.application.app import App
from services.identity.entrypoints.access import granter_of
from services.identity.entrypoints.wire.staff import membership_shown


class MembershipApi:
    """Taking people into bodies, and letting them go."""

    def __init__(self, app: App) -> None:
        self._app = app

    def admit_member(self, request: pb.AdmitMemberRequest, call: Call) -> pb.AdmitMemberResponse:
        """Take a person into a body."""
        revision = self._app.memberships.admit(
            request.party_id,
            request.body_id,
            moment_of(request, "since_time") or call.at,
            moment_of(request, "until_time"),
            call.at,
            call.context(),
            call.permit,
        )
        return pb.AdmitMemberResponse(revision=revision)

    def end_membership(self, request: pb.EndMembershipRequest, call: Call) -> pb.EndMembershipResponse:
        """Let a member go."""
        context = call.context(reason=request.reason)
        revision = self._app.memberships.end(
            request.party_id, request.body_id, call.at, context, granter_of(call)
        )
        return pb.EndMembershipResponse(revision=revision)

    def list_memberships(self, request: pb.ListMembershipsRequest, call: Call) -> pb.ListMembershipsResponse:
        """Read a page of the memberships of a moment."""
        at = moment_of(request, "at_time") or call.now()
        rows, next_token = self._app.memberships.list(request, at, call.reach, Fresh.of(request, call))
        return pb.ListMembershipsResponse(memberships=map(membership_shown, rows), next_page_token=next_token)
