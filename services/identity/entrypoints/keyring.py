"""The rpcs about the keys that sign tokens."""

from collections.abc import Callable
from datetime import UTC, datetime

from linli.identity.v1 import identity_service_pb2 as pb

from libs.rpc.call import Call
from libs.rpc.keys import Jwks
from libs.rpc.moments import stamp
from services.identity.application.app import App


class KeyringApi:
    """Rotating keys, and reading those that count."""

    def __init__(self, app: App, published: Callable[[], Jwks]) -> None:
        """`published` gives the key set as `/keys.json` serves it: signed."""
        self._app = app
        self._published = published

    def rotate_signing_key(
        self, request: pb.RotateSigningKeyRequest, call: Call
    ) -> pb.RotateSigningKeyResponse:
        """Introduce a new key. It is everybody's: a grant within limits is not enough."""
        call.require()
        handled = self._app.keyring.rotate(request.retire_earlier, call.at, call.context())
        newest = handled.state.newest
        return pb.RotateSigningKeyResponse(key_id=newest.key_id if newest else "", revision=handled.revision)

    def get_key_set(self, _request: pb.GetKeySetRequest, call: Call) -> pb.GetKeySetResponse:
        """Give the public keys, and the same signed."""
        published = self._published()
        return pb.GetKeySetResponse(
            keys=[pb.PublicKey(key_id=key["kid"], x=key["x"]) for key in published["keys"]],
            revocations=[
                pb.Revocation(
                    concealed_subject=each["concealed"],
                    before_time=stamp(datetime.fromtimestamp(each["before"], UTC)),
                )
                for each in published["revoked"]
            ],
            root=published["root"],
            signed=published["signed"],
        )
