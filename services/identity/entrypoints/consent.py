"""The rpcs about consents."""

from collections.abc import Sequence
from functools import partial

from linli.identity.v1 import identity_service_pb2 as pb
from linli.types.v1.types_pb2 import LocalizedText

from libs.query.freshness import Fresh
from libs.query.reach import Reach
from libs.rpc.access import PERSON
from libs.rpc.call import Call
from libs.rpc.moments import moment
from libs.rpc.texts import localized
from services.identity.application.app import App
from services.identity.application.consent import Confirmed, NewConsent
from services.identity.domain.consent.situations import Proposed, Recorded
from services.identity.entrypoints.resident import registering
from services.identity.entrypoints.wire.right import consent_shown, consent_state_shown
from services.identity.entrypoints.wire.words import CONFIRMATIONS, CONSENT_PURPOSES


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
        shown = consent_state_shown(handled.state)
        return pb.RecordConsentResponse(consent=shown, revision=handled.revision)

    def propose_consent(self, request: pb.ProposeConsentRequest, call: Call) -> pb.ProposeConsentResponse:
        """Propose it, and give what is to be read to the resident."""
        new = NewConsent(
            resident_id=request.resident_id,
            helper_id=request.helper_id,
            purposes=tuple(CONSENT_PURPOSES.from_wire(each) for each in request.purposes),
            within_id=request.within_area_id,
            until=moment(request.until_time),
            at=call.at,
            send_code=request.send_code,
        )
        may_for = partial(themself_or_registering, call)
        handled = self._app.consents.propose(new, call.context(), may_for, call.aside)
        assert isinstance(handled.state, Proposed)  # noqa: S101  # a proposal leaves it so
        return pb.ProposeConsentResponse(
            consent=consent_state_shown(handled.state),
            sentences=self._read_back(handled.state, call),
            revision=handled.revision,
        )

    def get_consent(self, request: pb.GetConsentRequest, call: Call) -> pb.GetConsentResponse:
        """A consent, with what is read to the resident."""
        known = self._app.consents.get(request.consent_id, partial(themself_or_registering, call))
        return pb.GetConsentResponse(
            consent=consent_state_shown(known), sentences=self._read_back(known, call)
        )

    def confirm_consent(self, request: pb.ConfirmConsentRequest, call: Call) -> pb.ConfirmConsentResponse:
        """Take the resident's confirmation."""
        said = Confirmed(
            consent_id=request.consent_id,
            confirmation=CONFIRMATIONS.from_wire(request.confirmation),
            code=request.code,
            signature=request.signature_reference,
            at=call.at,
        )
        may_for = partial(themself_or_registering, call)
        handled = self._app.consents.confirm(said, call.context(), may_for, call.aside)
        shown = consent_state_shown(handled.state)
        return pb.ConfirmConsentResponse(consent=shown, revision=handled.revision)

    def _read_back(self, known: Proposed | Recorded, call: Call) -> Sequence[LocalizedText]:
        if self._app.consents.words.names_helper(known):
            call.showing(known.terms.helper_id)
        else:
            call.showing_nobody()
        return [localized(each) for each in self._app.consents.words.sentences(known)]

    def revoke_consent(self, request: pb.RevokeConsentRequest, call: Call) -> pb.RevokeConsentResponse:
        """End a consent."""
        handled = self._app.consents.revoke(
            request.consent_id,
            call.at,
            call.context(),
            partial(themself_or_registering, call),
        )
        shown = consent_state_shown(handled.state)
        return pb.RevokeConsentResponse(consent=shown, revision=handled.revision)

    def list_consents(self, request: pb.ListConsentsRequest, call: Call) -> pb.ListConsentsResponse:
        """Read a page of consents."""
        fresh = Fresh.of(request, call)
        rows, next_token = self._app.consents.list(request, call.my_ids, _registering(call), fresh)
        return pb.ListConsentsResponse(consents=map(consent_shown, rows), next_page_token=next_token)


def _registering(call: Call) -> Reach:
    """Where the caller registers people, whom they know by their papers; nowhere for a client."""
    return registering(call) if call.caller.kind == PERSON else Reach()


def themself_or_registering(call: Call, parties: Sequence[str], area_path: str) -> None:
    """Refuse (OUT_OF_REACH) whoever is none of the parties and registers nobody there."""
    if not any(call.is_me(each) for each in parties):
        _registering(call).require(area_path=area_path or None)
