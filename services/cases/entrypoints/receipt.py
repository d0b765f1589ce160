"""The rpcs of those who reported without an account, and come back with their receipt."""

from typing import Any

from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types

from libs.query.freshness import Fresh
from libs.rpc.call import Call, invalid
from libs.rules.receipt_codes import receipt_code_typed
from services.cases.application.app import App
from services.cases.application.receipt import Shown
from services.cases.domain.case import commands
from services.cases.domain.values import public_id_typed
from services.cases.entrypoints.wire.case import case_shown, without_reporter
from services.cases.entrypoints.wire.record import my_case_shown
from services.cases.entrypoints.wire.words import attachments_of


class ReceiptApi:
    """Following a report, and replying."""

    def __init__(self, app: App) -> None:
        self._app = app

    def follow_up_by_receipt(
        self, request: pb.FollowUpByReceiptRequest, call: Call
    ) -> pb.FollowUpByReceiptResponse:
        """The report, whole."""
        record = self._app.receipts.follow_up(_shown(request, call), Fresh.of(request, call))
        return pb.FollowUpByReceiptResponse(case=my_case_shown(record), revision=record.revision)

    def reply_by_receipt(self, request: pb.ReplyByReceiptRequest, call: Call) -> pb.ReplyByReceiptResponse:
        """What a reporter may do."""
        handled = self._app.receipts.reply(
            _shown(request, call), _command(request, call), call.context(), Fresh()
        )
        number = public_id_typed(request.public_id)
        case = case_shown(handled.state)
        return pb.ReplyByReceiptResponse(
            case=case if case.public_id == number else without_reporter(case), revision=handled.revision
        )


def _shown(request: Any, call: Call) -> Shown:
    return Shown(
        public_id=public_id_typed(request.public_id),
        code=receipt_code_typed(request.receipt_code),
        address=call.address,
    )


def _command(request: pb.ReplyByReceiptRequest, call: Call) -> commands.CaseCommand:
    objections = (types.RECEIPT_REPLY_OBJECT_TO_RESOLUTION, types.RECEIPT_REPLY_OBJECT_TO_REJECTION)
    if request.reply in objections and not request.reason:
        raise invalid("reason", "say why you object")
    if request.attachments and request.reply not in objections:
        raise invalid("attachments", "only an objection takes files")
    files = attachments_of(request)
    match request.reply:
        case types.RECEIPT_REPLY_CONFIRM:
            return commands.ConfirmResolution(at=call.at)
        case types.RECEIPT_REPLY_OBJECT_TO_RESOLUTION:
            return commands.ReopenCase(
                by_reporter=True, imported=False, reason=request.reason, attachments=files, at=call.at
            )
        case types.RECEIPT_REPLY_OBJECT_TO_REJECTION:
            return commands.ContestRejection(reason=request.reason, attachments=files, at=call.at)
        case types.RECEIPT_REPLY_WITHDRAW:
            return commands.WithdrawCase(reason=request.reason, at=call.at)
        case _:
            raise invalid("reply", "name one of the replies")
