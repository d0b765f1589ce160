"""What happens around every rpc, in one place and in this order: deadline, who, may they, what, do, tell."""

import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import grpc
from google.protobuf.message import DecodeError, Message

from libs.rpc import errors
from libs.rpc.access import NOBODY, Caller
from libs.rpc.call import Call, Clock
from libs.rpc.errors import Failure, Rejected
from libs.rpc.messages import Catalogue, Localizer
from libs.rpc.methods import Method
from libs.rpc.settings import ServerSettings
from libs.rpc.validation import Check, rules_of
from libs.telemetry import logs, metrics, traces

Authenticate = Callable[[str], Caller]
"""A token's text -> its caller; raises Rejected (UNAUTHENTICATED) when it is not good."""

Handler: TypeAlias = "grpc.RpcMethodHandler[bytes, bytes]"
"""Raw bytes in, raw bytes out: parsing is ours, so that bad bytes get a proper answer."""

_BEARER = "bearer "
_LONGEST_WAIT = 1e8  # grpc tells an absent deadline as one in the far future
_log = logs.get("rpc")


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
            message = "send a token: metadata `authorization: Bearer <token>`"
            raise refused(grpc.StatusCode.UNAUTHENTICATED, "TOKEN_MISSING", message)
        if asked and not any(scope in caller.by_scope for scope in asked):
            message = f"your roles do not give any of the scopes {', '.join(asked)}"
            scopes = ",".join(asked)
            raise refused(grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING", message, scopes=scopes)

    return authorize


class Pipeline:
    """Builds the grpc handler of each rpc."""

    def __init__(self, settings: ServerSettings, authenticate: Authenticate | None, clock: Clock) -> None:
        self.draining = threading.Event()
        self._settings = settings
        self._authenticate = authenticate
        self._clock = clock
        self._streams = threading.BoundedSemaphore(settings.streams)

    def handler(self, method: Method, serve: Callable[..., Any], messages: Catalogue) -> Handler:
        """The handler of one rpc: raw bytes in, raw bytes out."""
        rpc = _Rpc(self, method, serve, Localizer(messages))
        if not method.streams:
            return grpc.unary_unary_rpc_method_handler(rpc.answer)

        def stream(raw: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
            return rpc.stream(raw, context)

        return grpc.unary_stream_rpc_method_handler(stream)

    def caller(self, metadata: Mapping[str, str]) -> Caller:
        """Who calls; nobody without a token."""
        given = metadata.get("authorization", "")
        if not given:
            return NOBODY
        if self._authenticate is None or given[: len(_BEARER)].lower() != _BEARER:
            message = "send metadata `authorization: Bearer <token>`"
            raise refused(grpc.StatusCode.UNAUTHENTICATED, "TOKEN_INVALID", message)
        return self._authenticate(given[len(_BEARER) :])

    @property
    def clock(self) -> Clock:
        """Where calls take the time from."""
        return self._clock

    @property
    def max_message(self) -> int:
        """The largest request that is looked at."""
        return self._settings.max_message

    @property
    def streams(self) -> threading.BoundedSemaphore:
        """One place for each stream that may be open."""
        return self._streams


class _Rpc:
    """One rpc's way through the pipeline."""

    def __init__(
        self, pipeline: Pipeline, method: Method, serve: Callable[..., Any], localizer: Localizer
    ) -> None:
        self._pipeline = pipeline
        self._method = method
        self._name = method.path[1:]
        self._serve = serve
        self._localizer = localizer
        self._check: Check = rules_of(method.request.DESCRIPTOR)
        self._scopes = tuple(method.access.scopes) if method.access else ()
        self._authorize = gate(method)
        self._must_consult = method.must_consult
        self._meter = metrics.rpc(method.path)

    def answer(self, raw: bytes, context: grpc.ServicerContext) -> bytes:
        """Serve a unary rpc."""
        began = time.perf_counter()
        metadata = _metadata(context)
        failure: Failure | None = None
        with traces.span(self._name, parent=metadata.get("traceparent", ""), kind="server") as span:
            try:
                request, call = self._admit(raw, context, metadata, span)
                response = self._serve(request, call)
                self._after(call)
                answer: bytes = response.SerializeToString()
            except Exception as error:  # noqa: BLE001 # every error becomes an answer
                failure = self._failure(error)
                span.fail(failure.reason)
        code = failure.code.name if failure else "OK"
        self._meter(code, time.perf_counter() - began)
        if failure:
            self._tell(failure, context, metadata)
        return answer

    def stream(self, raw: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        """Serve a server-streaming rpc."""
        began = time.perf_counter()
        metadata = _metadata(context)
        failure: Failure | None = None
        with traces.span(self._name, parent=metadata.get("traceparent", ""), kind="server") as span:
            try:
                yield from self._produce(raw, context, metadata, span)
            except Exception as error:  # noqa: BLE001 # every error becomes an answer
                failure = self._failure(error)
                span.fail(failure.reason)
        self._meter(failure.code.name if failure else "OK", time.perf_counter() - began)
        if failure:
            self._tell(failure, context, metadata)

    def _produce(
        self, raw: bytes, context: grpc.ServicerContext, metadata: Mapping[str, str], span: traces.Span
    ) -> Iterator[bytes]:
        if not self._pipeline.streams.acquire(blocking=False):
            raise Rejected(TOO_MANY)
        try:
            request, call = self._admit(raw, context, metadata, span)
            for response in self._serve(request, call):
                self._after(call)
                yield response.SerializeToString()
            self._after(call)
        finally:
            self._pipeline.streams.release()

    def _admit(
        self, raw: bytes, context: grpc.ServicerContext, metadata: Mapping[str, str], span: traces.Span
    ) -> tuple[Message, Call]:
        remaining: float | None = context.time_remaining()
        if remaining is not None and remaining > _LONGEST_WAIT:
            remaining = None
        if remaining is not None and remaining <= 0:
            raise Rejected(TOO_LATE)
        caller = self._pipeline.caller(metadata)
        self._authorize(caller)
        request = self._parse(raw)
        call = Call(
            caller=caller,
            scopes=self._scopes,
            request=request,
            rpc=self._method.path,
            deadline=None if remaining is None else time.monotonic() + remaining,
            metadata=metadata,
            traceparent=span.traceparent,
            clock=self._pipeline.clock,
            wire=context,
            draining=self._pipeline.draining,
        )
        return request, call

    def _parse(self, raw: bytes) -> Message:
        if len(raw) > self._pipeline.max_message:
            message = f"send at most {self._pipeline.max_message} bytes"
            raise refused(grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_TOO_LARGE", message)
        request = self._method.request()
        try:
            request.ParseFromString(raw)
        except DecodeError:
            message = (
                f"the bytes are no {self._method.request.DESCRIPTOR.full_name}; is your proto up to date?"
            )
            raise refused(grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_UNREADABLE", message) from None
        violations = self._check(request)
        if violations:
            raise Rejected(errors.bad_request(violations))
        return request

    def _after(self, call: Call) -> None:
        if self._must_consult and not call.consulted:
            message = "the api method answers without having looked at the caller's reach"
            raise refused(grpc.StatusCode.PERMISSION_DENIED, "ACCESS_NOT_CHECKED", message)

    def _failure(self, error: Exception) -> Failure:
        failure = errors.of_exception(error)
        if failure is None:
            error_id = secrets.token_hex(8)
            _log.error("rpc failed", rpc=self._method.path, error_id=error_id, exc_info=error)
            return errors.internal(error_id)
        if failure.reason == "ACCESS_NOT_CHECKED":
            _log.error("rpc answered without a check of the caller's reach", rpc=self._method.path)
        return failure

    def _tell(self, failure: Failure, context: grpc.ServicerContext, metadata: Mapping[str, str]) -> None:
        localized = self._localizer.localize(failure, metadata.get("accept-language", ""))
        abort(context, failure, localized)


def abort(context: grpc.ServicerContext, failure: Failure, localized: tuple[str, str] | None = None) -> None:
    """End the rpc with the failure and its details. Raises, always."""
    status = errors.status_of(failure, localized)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(failure.code, status.message)


TOO_MANY = Failure(
    code=grpc.StatusCode.RESOURCE_EXHAUSTED,
    reason="SERVER_BUSY",
    message="too many calls at once; try again in a moment",
    retry_after=1.0,
)
TOO_LATE = Failure(
    code=grpc.StatusCode.DEADLINE_EXCEEDED,
    reason="DEADLINE_PASSED",
    message="the deadline passed before the work began; nothing was done",
)


def refusing(failure: Failure) -> Handler:
    """A handler that answers every rpc with the failure."""

    def refuse(_: bytes, context: grpc.ServicerContext) -> bytes:
        abort(context, failure)
        return b""

    return grpc.unary_unary_rpc_method_handler(refuse)


def _metadata(context: grpc.ServicerContext) -> dict[str, str]:
    return {key: value for key, value in context.invocation_metadata() if value.__class__ is str}
