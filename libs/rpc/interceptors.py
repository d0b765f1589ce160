"""The door of every rpc, in one place: who calls, may they, and how a "no" is told."""

from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias

import grpc

from libs.rpc import errors
from libs.rpc.access import PRIVILEGES_UNKNOWN, Caller, holds_none_of
from libs.rpc.errors import Failure, Rejected
from libs.rpc.methods import Method


class Authority(Protocol):
    """Who tells whose a token is (`libs.rpc.tokens.Verifier`)."""

    def known(self, token: str) -> Caller | None:
        """Whose token it was when it was verified before; None if `caller` must be asked. Never waits."""

    def caller(self, token: str) -> Caller:
        """Whose token it is now. Raises Rejected (UNAUTHENTICATED) when it is not good. May wait."""


class Nobody:
    """The authority of a server that knows no tokens."""

    def known(self, token: str) -> Caller | None:
        """None."""
        return None

    def caller(self, token: str) -> Caller:
        """No token is good."""
        raise _not_a_token()


Handler: TypeAlias = "grpc.RpcMethodHandler[bytes, bytes]"
"""Raw bytes in, raw bytes out: parsing is ours, so that bad bytes get a proper answer."""

_BEARER = "bearer "

TOO_MANY = Failure(
    code=grpc.StatusCode.RESOURCE_EXHAUSTED,
    reason="SERVER_BUSY",
    message="too many calls at once; try again in a moment",
    retry_after=1.0,
)
KEYS_STALE = Failure(
    code=grpc.StatusCode.UNAVAILABLE,
    reason="KEYS_STALE",
    message=PRIVILEGES_UNKNOWN,
    retry_after=5.0,
)
TOO_LATE = Failure(
    code=grpc.StatusCode.DEADLINE_EXCEEDED,
    reason="DEADLINE_PASSED",
    message="the deadline passed before the work began; nothing was done",
)


def refused(code: grpc.StatusCode, reason: str, message: str, **facts: str) -> Rejected:
    """A "no" of the plumbing."""
    return Rejected(Failure(code=code, reason=reason, message=message, facts=facts))


def gate(method: Method) -> Callable[[Caller], None]:
    """What refuses a caller unless the rpc's declared access lets them in; made once for each rpc."""
    access = method.access
    if access is None or not method.declared:
        message = "this rpc does not declare who may call it, so nobody may"
        closed = refused(grpc.StatusCode.PERMISSION_DENIED, "ACCESS_NOT_DECLARED", message).failure
    else:
        closed = None
    public, asked = bool(access and access.public), tuple(access.scopes) if access else ()

    def authorize(caller: Caller) -> None:
        if closed is not None:
            raise Rejected(closed)
        if public:
            return
        if caller.anonymous:
            raise token_missing()
        if asked and not any(scope in caller.by_scope for scope in asked):
            if not caller.withheld.isdisjoint(asked):
                raise Rejected(KEYS_STALE)
            message, scopes = holds_none_of(caller, asked), ",".join(asked)
            raise refused(grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING", message, scopes=scopes)

    return authorize


def token_of(metadata: Mapping[str, str]) -> str | None:
    """The token in an rpc's metadata, None if there is none. Raises Rejected for anything else there."""
    given = metadata.get("authorization", "")
    if not given:
        return None
    if given[: len(_BEARER)].lower() != _BEARER:
        raise _not_a_token()
    return given[len(_BEARER) :]


def token_missing() -> Rejected:
    """The "no" to callers without a token."""
    message = "send a token: metadata `authorization: Bearer <token>`"
    return refused(grpc.StatusCode.UNAUTHENTICATED, "TOKEN_MISSING", message)


def _not_a_token() -> Rejected:
    message = "send metadata `authorization: Bearer <token>`"
    return refused(grpc.StatusCode.UNAUTHENTICATED, "TOKEN_INVALID", message)


def conclude(
    context: grpc.ServicerContext, failure: Failure, localized: tuple[str, str] | None = None
) -> None:
    """Let the stream end with the failure and its details."""
    status = errors.status_of(failure, localized)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.set_code(failure.code)
    context.set_details(status.message)


def abort(context: grpc.ServicerContext, failure: Failure, localized: tuple[str, str] | None = None) -> None:
    """End the rpc with the failure and its details. Raises, always."""
    status = errors.status_of(failure, localized)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(failure.code, status.message)
