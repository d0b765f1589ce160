"""The rpcs about consents."""

from collections.abc import Sequence
from functools import partial

from linli.identity.v1 import identity_service_pb2 as pb

from libs.query.freshness import Fresh
from libs.query.reach import Reach
from libs.rpc.access import PERSON
from libs.rpc.call import Call
from libs.rpc.moments import moment
from services.identity.application.app import App
from services.identity.entrypoints.resident import registering
from services.identity.entrypoints.wire.right import consent_shown
from services.identity.entrypoints.wire.words import CONSENT_PURPOSES


class ConsentApi:
    """Who may act in whose name."""

    def __init__(self, app: App) -> None:
        self._app = app

    def record_consent(self, request: pb.RecordConsentRequest, call: Call) -> pb.RecordConsentResponse:
        """Let a helper act in a resident's name."""
        handled = self._app.consents.record(
            request.resident_id,
            request.helper_id,
            CONSENT_PURPOSES.from_wire(request.purpose),
            moment(request.until_time),
            call.at,
            call.context(),
            partial(themself_or_registering, call),
        )
        shown = consent_shown(handled.state)
        return pb.RecordConsentResponse(consent=shown, revision=handled.revision)

    def revoke_consent(self, request: pb.RevokeConsentRequest, call: Call) -> pb.RevokeConsentResponse:
        """End a consent."""
        handled = self._app.consents.revoke(
            request.consent_id,
            call.at,
            call.context(),
            partial(themself_or_registering, call),
        )
        shown = consent_shown(handled.state)
        return pb.RevokeConsentResponse(consent=shown, revision=handled.revision)

    def list_consents(self, request: pb.ListConsentsRequest, call: Call) -> pb.ListConsentsResponse:
        """Read a page of consents."""
        fresh = Fresh.of(request, call)
        rows, next_token = self._app.consents.list(request, call.me, _registering(call), fresh)
        return pb.ListConsentsResponse(consents=map(consent_shown, rows), next_page_token=next_token)


def _registering(call: Call) -> Reach:
    """Where the caller registers people, whom they know by their papers; nowhere for a client."""
    return registering(call) if call.caller.kind == PERSON else Reach()


def themself_or_registering(call: Call, parties: Sequence[str], area_path: str) -> None:
    """Refuse (OUT_OF_REACH) whoever is none of the parties and registers nobody there."""
    if call.me not in parties:
        _registering(call).require(area_path=area_path or None)
