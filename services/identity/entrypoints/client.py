"""The rpcs about clients."""

from linli.identity.v1 import identity_service_pb2 as pb

from libs.query.freshness import Fresh
from libs.query.reach import Jurisdiction
from libs.rpc.call import Call
from services.identity.application.app import App
from services.identity.application.client import MayGive
from services.identity.entrypoints.wire.client import (
    client_shown,
    client_state_shown,
    quota_of,
    quota_shown,
    token_shown,
)


class ClientApi:
    """Programs and their tokens."""

    def __init__(self, app: App) -> None:
        self._app = app

    def register_client(self, request: pb.RegisterClientRequest, call: Call) -> pb.RegisterClientResponse:
        """Let a program ask for tokens."""
        handled, secret = self._app.clients.register(
            request.name,
            request.scopes,
            request.area_id,
            request.body_id,
            call.at,
            call.context(),
            call.permit,
            _may_give(call),
            quota_of(request),
        )
        return pb.RegisterClientResponse(
            client=client_state_shown(handled.state), client_secret=secret, revision=handled.revision
        )

    def change_client_secret(
        self, request: pb.ChangeClientSecretRequest, call: Call
    ) -> pb.ChangeClientSecretResponse:
        """Replace a client's secret."""
        handled, secret = self._app.clients.change_secret(
            request.client_id, call.at, call.context(), call.permit, _may_give(call)
        )
        return pb.ChangeClientSecretResponse(client_secret=secret, revision=handled.revision)

    def set_client_quota(self, request: pb.SetClientQuotaRequest, call: Call) -> pb.SetClientQuotaResponse:
        """Replace a client's quota."""
        handled = self._app.clients.set_quota(
            request.client_id, quota_of(request), call.at, call.context(), call.permit, _may_give(call)
        )
        return pb.SetClientQuotaResponse(client=client_state_shown(handled.state), revision=handled.revision)

    def get_my_quota(self, request: pb.GetMyQuotaRequest, call: Call) -> pb.GetMyQuotaResponse:
        """Read the caller's own quota."""
        return pb.GetMyQuotaResponse(quota=quota_shown(call.quota))

    def retire_client(self, request: pb.RetireClientRequest, call: Call) -> pb.RetireClientResponse:
        """End a client."""
        handled = self._app.clients.retire(
            request.client_id, call.at, call.context(), call.permit, _may_give(call)
        )
        return pb.RetireClientResponse(client=client_state_shown(handled.state), revision=handled.revision)

    def list_clients(self, request: pb.ListClientsRequest, call: Call) -> pb.ListClientsResponse:
        """Read a page of clients."""
        fresh = Fresh.of(request, call)
        clients, next_token = self._app.clients.list(request, call.reach, fresh)
        return pb.ListClientsResponse(clients=map(client_shown, clients), next_page_token=next_token)

    def issue_client_token(
        self, request: pb.IssueClientTokenRequest, call: Call
    ) -> pb.IssueClientTokenResponse:
        """Give a program a token."""
        token = self._app.clients.issue_token(
            request.client_id, request.client_secret, call.now(), call.address
        )
        return pb.IssueClientTokenResponse(token=token_shown(token))


def _may_give(call: Call) -> MayGive:
    """Asks whether the caller holds a scope as far as some limits."""

    def holds(scope: str, within: Jurisdiction) -> bool:
        return call.caller.reach(scope).covers(area_path=within.area_path, body=within.body_id)

    return holds
