"""The rpcs about nominations."""

from linli.identity.v1 import identity_service_pb2 as pb

from libs.query.freshness import Fresh
from libs.rpc.call import Call
from services.identity.application.app import App
from services.identity.application.nomination import NewNomination
from services.identity.domain.nomination import Made
from services.identity.entrypoints.access import granter_of
from services.identity.entrypoints.wire.right import grant_shown, nomination_shown, nomination_state_shown
from services.identity.entrypoints.wire.words import ROLES


class NominationApi:
    """Roles that take two persons."""

    def __init__(self, app: App) -> None:
        self._app = app

    def nominate_for_role(self, request: pb.NominateForRoleRequest, call: Call) -> pb.NominateForRoleResponse:
        """Propose a party for a role."""
        new = NewNomination(
            party_id=request.party_id,
            role=ROLES.from_wire(request.role),
            area_id=request.area_id,
            body_id=request.body_id,
            reason=request.reason,
            at=call.at,
        )
        decided = self._app.nominations.nominate(new, call.context(), granter_of(call))
        shown = _shown(decided.nomination, call)
        return pb.NominateForRoleResponse(nomination=shown, revision=decided.revision)

    def approve_nomination(
        self, request: pb.ApproveNominationRequest, call: Call
    ) -> pb.ApproveNominationResponse:
        """Approve one, and grant the role."""
        decided = self._app.nominations.approve(
            request.nomination_id, request.reason, call.at, call.context(), granter_of(call)
        )
        return pb.ApproveNominationResponse(
            nomination=_shown(decided.nomination, call),
            grant=grant_shown(decided.grant),
            revision=decided.revision,
        )

    def refuse_nomination(
        self, request: pb.RefuseNominationRequest, call: Call
    ) -> pb.RefuseNominationResponse:
        """Refuse one."""
        decided = self._app.nominations.refuse(
            request.nomination_id, request.reason, call.at, call.context(), granter_of(call)
        )
        shown = _shown(decided.nomination, call)
        return pb.RefuseNominationResponse(nomination=shown, revision=decided.revision)

    def withdraw_nomination(
        self, request: pb.WithdrawNominationRequest, call: Call
    ) -> pb.WithdrawNominationResponse:
        """Take one's own back."""
        decided = self._app.nominations.withdraw(
            request.nomination_id, request.reason, call.at, call.context(), granter_of(call)
        )
        shown = _shown(decided.nomination, call)
        return pb.WithdrawNominationResponse(nomination=shown, revision=decided.revision)

    def get_nomination(self, request: pb.GetNominationRequest, call: Call) -> pb.GetNominationResponse:
        """Read one, with its reasons."""
        known = self._app.nominations.get(request.nomination_id, call.permit)
        return pb.GetNominationResponse(nomination=_shown(known, call, full=True))

    def list_nominations(self, request: pb.ListNominationsRequest, call: Call) -> pb.ListNominationsResponse:
        """Read a page of nominations."""
        fresh = Fresh.of(request, call)
        rows, next_token = self._app.nominations.list(request, call.reach, fresh)
        shown = [nomination_shown(row, call.now()) for row in rows]
        call.showing(*(each.party_id for each in shown))
        return pb.ListNominationsResponse(nominations=shown, next_page_token=next_token)


def _shown(nomination: Made, call: Call, *, full: bool = False) -> pb.Nomination:
    """A nomination, and whose reasons it may have."""
    shown = nomination_state_shown(nomination, call.now(), full=full)
    call.showing(shown.party_id)
    return shown
