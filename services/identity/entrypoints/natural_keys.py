"""The rpcs about natural keys of people."""

from linli.identity.v1 import identity_service_pb2 as pb

from libs.rpc.call import Call
from services.identity.application.app import App
from services.identity.entrypoints.resident import permit_by, registering
from services.identity.entrypoints.wire.party import key_shown, natural_key_of


class NaturalKeysApi:
    """One more key by which a person is found, and one fewer."""

    def __init__(self, app: App) -> None:
        self._app = app

    def add_natural_key(self, request: pb.AddNaturalKeyRequest, call: Call) -> pb.AddNaturalKeyResponse:
        """Have a person found by one more key."""
        changed = self._app.natural_keys.add(
            request.resident_id,
            natural_key_of(request.natural_key),
            call.at,
            call.context(reason=request.reason),
            permit_by(call, registering),
        )
        return pb.AddNaturalKeyResponse(natural_keys=map(key_shown, changed.keys), revision=changed.revision)

    def release_natural_key(
        self, request: pb.ReleaseNaturalKeyRequest, call: Call
    ) -> pb.ReleaseNaturalKeyResponse:
        """Have a person found by a key no more."""
        by_value = request.HasField("natural_key")
        changed = self._app.natural_keys.release(
            request.resident_id,
            natural_key_of(request.natural_key) if by_value else request.key_id,
            call.at,
            call.context(reason=request.reason),
            permit_by(call, registering),
        )
        return pb.ReleaseNaturalKeyResponse(
            natural_keys=map(key_shown, changed.keys), revision=changed.revision
        )
