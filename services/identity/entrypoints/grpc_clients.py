"""The rpcs about clients and signing keys."""

from linli.identity.v1 import identity_service_pb2 as pb

from libs.query.freshness import Fresh
from libs.rpc.call import Call
from libs.rpc.moments import stamp
from services.identity.application.app import App
from services.identity.application.clients import MayGive
from services.identity.domain.values import Within
from services.identity.entrypoints import protos


class ClientsApi:
    """Programs, their tokens, and the keys that sign tokens."""

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
            protos.permit(call),
            _may_give(call),
        )
        return pb.RegisterClientResponse(
            client=protos.client_state(handled.state), client_secret=secret, revision=handled.revision
        )

    def change_client_secret(
        self, request: pb.ChangeClientSecretRequest, call: Call
    ) -> pb.ChangeClientSecretResponse:
        """Replace a client's secret."""
        handled, secret = self._app.clients.change_secret(
            request.client_id, call.at, call.context(), protos.permit(call), _may_give(call)
        )
        return pb.ChangeClientSecretResponse(client_secret=secret, revision=handled.revision)

    def retire_client(self, request: pb.RetireClientRequest, call: Call) -> pb.RetireClientResponse:
        """End a client."""
        handled = self._app.clients.retire(request.client_id, call.at, call.context(), protos.permit(call))
        return pb.RetireClientResponse(client=protos.client_state(handled.state), revision=handled.revision)

    def list_clients(self, request: pb.ListClientsRequest, call: Call) -> pb.ListClientsResponse:
        """Read a page of clients."""
        fresh = Fresh.of(request, call)
        clients, next_token = self._app.clients.list(request, call.reach, fresh)
        return pb.ListClientsResponse(clients=map(protos.client_shown, clients), next_page_token=next_token)

    def issue_client_token(
        self, request: pb.IssueClientTokenRequest, call: Call
    ) -> pb.IssueClientTokenResponse:
        """Give a program a token."""
        token = self._app.clients.issue_token(
            request.client_id, request.client_secret, call.now(), call.address
        )
        return pb.IssueClientTokenResponse(token=protos.token_shown(token))

    def rotate_signing_key(
        self, request: pb.RotateSigningKeyRequest, call: Call
    ) -> pb.RotateSigningKeyResponse:
        """Introduce a new key. It is everybody's: a grant within limits is not enough."""
        call.require()
        handled = self._app.keys.rotate(request.retire_earlier, call.at, call.context())
        newest = handled.state.newest
        return pb.RotateSigningKeyResponse(key_id=newest.key_id if newest else "", revision=handled.revision)

    def get_key_set(self, _request: pb.GetKeySetRequest, call: Call) -> pb.GetKeySetResponse:
        """Give the public keys."""
        key_set = self._app.keys.key_set(call.now())
        return pb.GetKeySetResponse(
            keys=[pb.PublicKey(key_id=key.key_id, x=key.public_key) for key in key_set.keys],
            revocations=[
                pb.Revocation(concealed_subject=concealed, before_time=stamp(before))
                for concealed, before in key_set.revocations.items()
            ],
        )


def _may_give(call: Call) -> MayGive:
    """Asks whether the caller holds a scope as far as some limits."""

    def holds(scope: str, within: Within) -> bool:
        reach = call.caller.reach(scope)
        return reach.covers(area_path=within.area_path or None, body=within.body_id or None)

    return holds
