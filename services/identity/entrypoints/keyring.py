"""The rpcs about the keys that sign tokens."""

from linli.identity.v1 import identity_service_pb2 as pb

from libs.rpc.call import Call
from libs.rpc.moments import stamp
from services.identity.application.app import App


class KeyringApi:
    """Rotating keys, and reading those that count."""

    def __init__(self, app: App) -> None:
        self._app = app

    def rotate_signing_key(
        self, request: pb.RotateSigningKeyRequest, call: Call
    ) -> pb.RotateSigningKeyResponse:
        """Introduce a new key. It is everybody's: a grant within limits is not enough."""
        call.require()
        handled = self._app.keyring.rotate(request.retire_earlier, call.at, call.context())
        newest = handled.state.newest
        return pb.RotateSigningKeyResponse(key_id=newest.key_id if newest else "", revision=handled.revision)

    def get_key_set(self, _request: pb.GetKeySetRequest, call: Call) -> pb.GetKeySetResponse:
        """Give the public keys."""
        key_set = self._app.keyring.key_set(call.now())
        return pb.GetKeySetResponse(
            keys=[pb.PublicKey(key_id=key.key_id, x=key.public_key) for key in key_set.keys],
            revocations=[
                pb.Revocation(concealed_subject=concealed, before_time=stamp(before))
                for concealed, before in key_set.revocations.items()
            ],
        )
