"""The rpcs about powers that one body lets another one use."""

from linli.identity.v1 import identity_delegation_pb2 as pb

from libs.query.freshness import Fresh
from libs.rpc.call import Call
from libs.rpc.moments import moment, moment_of
from services.identity.application.app import App
from services.identity.application.delegation import DelegationHandled, NewDelegation
from services.identity.domain.delegation import Delegated
from services.identity.entrypoints.access import granter_of
from services.identity.entrypoints.wire.delegation import delegation_shown
from services.identity.entrypoints.wire.words import POWERS


class DelegationApi:
    """Which body lets which other one act in its place."""

    def __init__(self, app: App) -> None:
        self._app = app

    def delegate_power(self, request: pb.DelegatePowerRequest, call: Call) -> pb.DelegatePowerResponse:
        """Let another body act."""
        new = NewDelegation(
            power=POWERS.from_wire(request.power),
            from_body_id=request.from_body_id,
            to_body_id=request.to_body_id,
            under_id=request.under_delegation_id,
            area_id=request.area_id,
            affair_ids=tuple(request.affair_ids),
            since=moment_of(request, "since_time") or call.at,
            until=moment(request.until_time),
            at=call.at,
        )
        works_for = frozenset(grant.body for grant in call.caller.grants if grant.body)
        handled = self._app.delegations.delegate(new, call.context(), granter_of(call), works_for)
        return pb.DelegatePowerResponse(delegation=_shown(handled), revision=handled.revision)

    def end_delegation(self, request: pb.EndDelegationRequest, call: Call) -> pb.EndDelegationResponse:
        """Let it act no more."""
        handled = self._app.delegations.end(request.delegation_id, call.at, call.context(), granter_of(call))
        return pb.EndDelegationResponse(delegation=_shown(handled), revision=handled.revision)

    def list_delegations(self, request: pb.ListDelegationsRequest, call: Call) -> pb.ListDelegationsResponse:
        """All delegations."""
        found, token = self._app.delegations.reads.page(request, Fresh.of(request, call))
        return pb.ListDelegationsResponse(delegations=map(delegation_shown, found), next_page_token=token)


def _shown(handled: DelegationHandled) -> pb.Delegation:
    assert isinstance(handled.state, Delegated)  # noqa: S101  # every command leaves it so
    return delegation_shown(handled.state)
