"""What happens around every rpc, once it was admitted: deadline, request, call, answer."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import grpc
from google.protobuf.message import DecodeError, Message

from libs.query.freshness import Fresh, Query, Recording
from libs.rpc import errors
from libs.rpc.access import Caller
from libs.rpc.acting import Acting
from libs.rpc.admission import Ticket
from libs.rpc.call import Call, Clock
from libs.rpc.delegating import Delegating, Delegations, not_by_delegation
from libs.rpc.disclosing import Disclosing, Notes
from libs.rpc.errors import Failure, Rejected
from libs.rpc.interceptors import TOO_LATE, Authority, abort, conclude, gate, refused, token_missing
from libs.rpc.limits.limits import Limits
from libs.rpc.messages import Catalogue, Localizer
from libs.rpc.methods import CONSENT, DELEGATION, Method
from libs.rpc.normal import Normal, each_field_once, normal_of
from libs.rpc.pause import Pause
from libs.rpc.peers import NO_PROXIES, TrustedProxies, called_from
from libs.rpc.principal import Consents, Standing
from libs.rpc.request_context import SLOW, RequestContext
from libs.rpc.streams import Answers, Send, Streams
from libs.rpc.validation import Check, rules_of
from libs.rpc.waiting import WaitingRoom
from libs.telemetry import conventions, metrics, traces

_LONGEST_WAIT = 1e8  # grpc tells an absent deadline as one in the far future


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerContext:
    """What all rpcs of a server share."""

    authority: Authority
    clock: Clock
    max_message: int
    limits: Limits
    room: WaitingRoom
    streams: Streams
    region: str = "CN"
    proxies: TrustedProxies = NO_PROXIES
    draining: threading.Event = field(default_factory=threading.Event)


class Rpc:
    """One rpc's way through the pipeline."""

    def __init__(
        self,
        server: ServerContext,
        method: Method,
        serve: Callable[..., Any],
        messages: Catalogue,
        recording: Recording | None,
        notebook: Notes | None = None,
        consents: Consents | None = None,
        delegations: Delegations | None = None,
    ) -> None:
        self._server = server
        self._method = method
        self._name = method.path[1:]
        self._serve = serve
        self._localizer = Localizer(messages)
        self._normal: Normal = normal_of(method.request.DESCRIPTOR, server.region)
        self._check: Check = rules_of(method.request.DESCRIPTOR)
        self._scopes = tuple(method.access.scopes) if method.access else ()
        self.streams = method.streams
        self._authorize = gate(method)
        self._acting = Acting(method, consents, self._authorize)
        self._delegating = Delegating(method, delegations, self._authorize)
        disclosing = Disclosing(method, notebook)
        self._disclosing = disclosing if disclosing.needed else None
        self._meter = metrics.rpc(method.path)
        names_revision = "at_least" in method.request.DESCRIPTOR.fields_by_name
        self._recording = recording if names_revision else None

    def admit(self, actor: Caller, metadata: Mapping[str, str]) -> None:
        """Refuse whom the rpc does not let in. A consent or delegation is looked at when the call begins."""
        if metadata.get(DELEGATION) and actor.anonymous:
            raise token_missing()
        self._acting.admit(actor, metadata)

    def answer(self, raw: bytes, wire: grpc.ServicerContext, ticket: Ticket) -> Any:
        """Serve the call, or tell the ticket's refusal."""
        ctx = RequestContext(wire, ticket.metadata, ticket.caller)
        if ticket.caller.anonymous and ticket.refusal is None:
            with self._server.limits.of_address(called_from(wire, self._server.proxies)) as refusal:
                ticket.refusal = refusal
                return self._unary(raw, ctx, ticket)
        return self._unary(raw, ctx, ticket)

    def _unary(self, raw: bytes, ctx: RequestContext, ticket: Ticket) -> bytes:
        with ctx.span_of(self._name) as span:
            try:
                request, call = self._begin(raw, ctx, ticket, span)
                response = self._serve(request, call)
                self._assure(call)
                if self._disclosing is not None:
                    self._disclosing.before(response, request, call)
                answer: bytes = response.SerializeToString()
            except Exception as error:  # noqa: BLE001 # every error becomes an answer
                ctx.fail(error, span)
            took = time.perf_counter() - ctx.began
            if ctx.failure is None:
                conventions.answered(span, "OK")
            if ctx.failure or took > SLOW:
                ctx.log(self._name, took)
            self._meter(ctx.failure.code.name if ctx.failure else "OK", took)
        if ctx.failure:
            self._tell(ctx.failure, ctx)
        return answer

    def follow(self, raw: bytes, wire: grpc.ServicerContext, ticket: Ticket, send: Send) -> None:
        """Begin to serve a stream, or tell the ticket's refusal."""
        answers = self._stream(raw, RequestContext(wire, ticket.metadata, ticket.caller), ticket)
        if ticket.refusal is not None:
            next(answers, None)
            send(None)
            return
        stream = self._server.streams.open(answers, wire, send, ticket.place())
        ticket.wake = stream.wake
        stream.carry()

    def _stream(self, raw: bytes, ctx: RequestContext, ticket: Ticket) -> Answers:
        code = "CANCELLED"  # unless we get to the end, and the caller still waits for it
        try:
            with ctx.span_of(self._name) as span:
                try:
                    yield from self._produce(raw, ctx, ticket, span)
                    if ctx.wire.is_active():
                        code = "OK"
                    conventions.answered(span, code)
                except Exception as error:  # noqa: BLE001 # every error becomes an answer
                    code = ctx.fail(error, span).code.name
                    ctx.log(self._name, time.perf_counter() - ctx.began)
        finally:
            self._meter(code, time.perf_counter() - ctx.began)
        if ctx.failure:
            conclude(ctx.wire, ctx.failure, self._localized(ctx.failure, ctx))

    def _produce(self, raw: bytes, ctx: RequestContext, ticket: Ticket, span: traces.Span) -> Answers:
        """What the api method says. Looks at the token again before each message and after each pause."""
        request, call = self._begin(raw, ctx, ticket, span)
        for said in self._serve(request, call):
            if isinstance(said, Pause):
                yield said
                call.actor, call.caller, *_ = self._standing(ticket)
                continue
            self._assure(call)
            call.actor, call.caller, *_ = self._standing(ticket)
            if self._disclosing is not None:
                self._disclosing.before(said, request, call)
            yield said.SerializeToString()
        self._assure(call)

    def _assure(self, call: Call) -> None:
        """Refuse to go on where nobody looked at how far the caller reaches."""
        call.assure_consulted()
        call.assure_placed()
        call.assure_of_affair()

    def _standing(self, ticket: Ticket) -> Standing:
        """Who calls, in whose right, and by which consent or delegation.

        Refuses a token that counts no more, or no longer permits the rpc, and a consent or a delegation that
        does not.
        """
        consent_id, delegation_id = ticket.metadata.get(CONSENT, ""), ticket.metadata.get(DELEGATION, "")
        if ticket.token is None:
            return Standing(ticket.caller, ticket.caller)
        actor = self._server.authority.caller(ticket.token)
        if consent_id and delegation_id:
            raise not_by_delegation()
        if consent_id:
            principal, caller = self._acting.principal(actor, consent_id, self._server.clock())
            return Standing(actor, caller, principal)
        if delegation_id:
            delegated, caller = self._delegating.stand_in(actor, delegation_id, self._server.clock())
            return Standing(actor, caller, delegated=delegated)
        self._authorize(actor)
        return Standing(actor, actor)

    def _begin(
        self, raw: bytes, ctx: RequestContext, ticket: Ticket, span: traces.Span
    ) -> tuple[Message, Call]:
        if ticket.refusal is not None:
            raise ticket.refusal
        remaining: float | None = ctx.wire.time_remaining()
        if remaining is not None and remaining > _LONGEST_WAIT:
            remaining = None
        if remaining is not None and remaining <= 0:
            raise Rejected(TOO_LATE)
        standing = self._standing(ticket)
        ctx.caller = standing.actor
        request = self._parse(raw)
        call = Call(
            caller=standing.caller,
            scopes=self._scopes,
            request=request,
            rpc=self._method.path,
            deadline=None if remaining is None else time.monotonic() + remaining,
            metadata=ctx.metadata,
            traceparent=span.traceparent,
            clock=self._server.clock,
            wire=ctx.wire,
            draining=self._server.draining,
            must_consult=self._method.must_consult,
            proxies=self._server.proxies,
            room=None if self._method.streams else self._server.room,
            wake=ticket.wake,
            actor=standing.actor,
            principal=standing.principal,
            delegated=standing.delegated,
        )
        if self._recording is not None and request.at_least:  # type: ignore[attr-defined] # it has the field
            Fresh.of(cast("Query", request), call).assure_recorded(self._recording)
        return request, call

    def _parse(self, raw: bytes) -> Message:
        if len(raw) > self._server.max_message:
            message = f"send at most {self._server.max_message} bytes"
            raise refused(grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_TOO_LARGE", message)
        request = self._method.request()
        try:
            request.ParseFromString(raw)
        except DecodeError:
            message = (
                f"the bytes are not a {self._method.request.DESCRIPTOR.full_name}: is your proto up to date?"
            )
            raise refused(grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_UNREADABLE", message) from None
        unfit = self._normal(request)  # first: what is checked, digested and handled has its normal form
        violations = self._check(request)
        if unfit or violations:
            raise Rejected(errors.bad_request(each_field_once(unfit + violations)))
        return request

    def _tell(self, failure: Failure, ctx: RequestContext) -> None:
        abort(ctx.wire, failure, self._localized(failure, ctx))

    def _localized(self, failure: Failure, ctx: RequestContext) -> tuple[str, str] | None:
        return self._localizer.localize(failure, ctx.metadata.get("accept-language", ""))
