"""What a client makes of an error: one exception with status, reason, facts, fields at fault and quotas."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

_AWAY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)


class RpcFailed(Exception):
    """An rpc's "no": its status, the stable reason, the facts, and the fields at fault."""

    def __init__(self, rpc: str, code: grpc.StatusCode, message: str, details: Sequence[Message]) -> None:
        super().__init__(rpc, code, message, details)
        self.rpc = rpc
        self.code = code
        self.message = message
        self.reason = ""
        self.domain = ""
        self.metadata: Mapping[str, str] = {}
        self.violations: dict[str, str] = {}
        self.exceeded: dict[str, str] = {}
        self.retry_after: float | None = None
        self.localized: dict[str, str] = {}
        for detail in details:
            self._read(detail)

    def __str__(self) -> str:
        """`/linli.cases.v1.CasesService/GetCase: NOT_FOUND CASE_NOT_FOUND: there is no such case`."""
        status = f"{self.code.name} {self.reason}" if self.reason else self.code.name
        return f"{self.rpc}: {status}: {self.message}"

    @property
    def passing(self) -> bool:
        """Whether the same call may go well in a moment: the server is away, or says when to come again.

        A call that reaches a server just as it stops is CANCELLED by grpc itself, unbegun.
        """
        return self.code in _AWAY or self.retry_after is not None

    def _read(self, detail: Any) -> None:
        match detail.DESCRIPTOR.name:
            case "ErrorInfo":
                self.reason, self.domain, self.metadata = detail.reason, detail.domain, dict(detail.metadata)
            case "BadRequest":
                self.violations = {each.field: each.description for each in detail.field_violations}
            case "QuotaFailure":
                self.exceeded = {each.subject: each.description for each in detail.violations}
            case "RetryInfo":
                self.retry_after = detail.retry_delay.ToMilliseconds() / 1000
            case "LocalizedMessage":
                self.localized[detail.locale] = detail.message
            case _:
                """A detail that we do not know is no reason to fail."""


def failure_of(rpc: str, error: grpc.RpcError) -> RpcFailed:
    """What a grpc error says, unpacked."""
    details: list[Message] = []
    trailers: Any = error.trailing_metadata() or ()
    for key, value in trailers:
        if key == "grpc-status-details-bin":
            details = list(_unpacked(status_pb2.Status.FromString(value)))
    return RpcFailed(rpc, error.code(), error.details() or "", details)


_DETAILS = {
    kind.DESCRIPTOR.full_name: kind
    for kind in (
        error_details_pb2.ErrorInfo,
        error_details_pb2.BadRequest,
        error_details_pb2.QuotaFailure,
        error_details_pb2.RetryInfo,
        error_details_pb2.LocalizedMessage,
    )
}


def _unpacked(status: status_pb2.Status) -> Iterator[Message]:
    for packed in status.details:
        kind = _DETAILS.get(packed.TypeName())
        if kind is not None:
            yield kind.FromString(packed.value)
