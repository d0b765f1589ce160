"""Receipts of erasures: what the services tell, and the rpcs."""

from collections.abc import Mapping

from google.protobuf.message import Message
from linli.identity.v1 import identity_service_pb2 as pb
from linli.privacy.v1 import privacy_events_pb2 as privacy

from libs.messaging.reactions import Fact, Reaction, Reactions, When
from libs.messaging.translate import service_of
from libs.query.freshness import Fresh
from libs.rpc.call import Call
from libs.rpc.moments import moment, stamp_or_none
from libs.rules.receipt_codes import receipt_code_typed
from services.identity.application.app import App
from services.identity.domain.receipt import RECEIPT, NoteForgotten, Receipt


def when_subject_forgotten(event: privacy.SubjectForgotten, fact: Fact) -> Reactions:
    """A service has forgotten an erased person: it stands on the receipt."""
    at = moment(event.forgotten_time)
    noted = NoteForgotten(subject_id=event.subject_id, service=service_of(fact.source), at=at)
    return [Reaction(RECEIPT, event.subject_id, noted)]


FORGET = ("identity", "catalog", "cases", "volunteers", "supervision")
"""The services that are to forget a person."""
FORGOTTEN: Mapping[type[Message], When] = {privacy.SubjectForgotten: when_subject_forgotten}
"""What every service tells once it has."""


class ReceiptApi:
    """Which services have forgotten an erased person."""

    def __init__(self, app: App) -> None:
        self._app = app

    def get_erasure_receipt(
        self, request: pb.GetErasureReceiptRequest, call: Call
    ) -> pb.GetErasureReceiptResponse:
        """For whoever erases people there."""
        receipt = self._app.receipts.get(request.subject_id, call.permit)
        return pb.GetErasureReceiptResponse(receipt=_shown(request.subject_id, receipt))

    def get_my_erasure_receipt(
        self, request: pb.GetMyErasureReceiptRequest, call: Call
    ) -> pb.GetMyErasureReceiptResponse:
        """For whoever was erased, and has the code."""
        code = receipt_code_typed(request.receipt_code)
        subject_id, receipt = self._app.receipts.shown(code, Fresh.of(request, call))
        return pb.GetMyErasureReceiptResponse(receipt=_shown(subject_id, receipt))


def _shown(subject_id: str, receipt: Receipt) -> pb.ErasureReceipt:
    return pb.ErasureReceipt(
        subject_id=subject_id,
        erased_time=stamp_or_none(receipt.erased_at),
        complete=receipt.complete,
        services=[
            pb.ServiceErasure(service=each, forgotten_time=stamp_or_none(receipt.forgotten.get(each)))
            for each in receipt.services
        ],
    )
