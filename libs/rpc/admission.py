"""Admission: which threads each call gets, decided before any worker is bothered. It is grpc's executor."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

import grpc

from libs.rpc.access import CLIENT, NOBODY, Caller
from libs.rpc.errors import Rejected
from libs.rpc.interceptors import TOO_MANY, Authority, token_of
from libs.rpc.limits.limits import Account, Limits
from libs.rpc.limits.quota import EVERYBODY
from libs.rpc.limits.slots import Slots
from libs.rpc.settings import ServerSettings
from libs.rpc.streams import Send, Streams
from libs.rpc.workers import Work, Workers
from libs.telemetry import metrics


class Served(Protocol):
    """What admission asks of an rpc (`libs.rpc.pipeline.Rpc`)."""

    @property
    def streams(self) -> bool:
        """Whether it answers with a stream."""

    def admit(self, actor: Caller, metadata: Mapping[str, str]) -> None:
        """Refuse a caller whom the rpc's declared access does not let in."""

    def answer(self, raw: bytes, wire: grpc.ServicerContext, ticket: "Ticket") -> Any:
        """Serve the call, or tell the ticket's refusal."""

    def follow(self, raw: bytes, wire: grpc.ServicerContext, ticket: "Ticket", send: Send) -> None:
        """Begin to serve a stream, or tell the ticket's refusal. The stream takes the ticket's place over."""


class Ticket:
    """One call on its way. grpc takes it for the call's `RpcMethodHandler`, and calls it in the end."""

    __slots__ = ("caller", "end", "metadata", "refusal", "rpc", "token", "wake")

    request_streaming = False
    experimental_non_blocking = True  # grpc asks for it where the rpc answers with a stream
    request_deserializer = None
    response_serializer = None
    stream_unary = None
    stream_stream = None

    def __init__(self, rpc: Served, metadata: Mapping[str, str], refusal: Exception | None = None) -> None:
        """With a `refusal` the call is answered with it, and nothing else happens."""
        self.rpc = rpc
        self.metadata = metadata
        self.caller = NOBODY
        self.token: str | None = None
        self.refusal = refusal
        self.end: Callable[[], None] = _nothing  # gives back the place of a stream
        self.wake: Callable[[], None] = _nothing  # lets a stream go on that has paused

    @property
    def response_streaming(self) -> bool:
        """Whether the rpc answers with a stream."""
        return self.rpc.streams

    @property
    def unary_unary(self) -> "Ticket":
        """What grpc calls for an answer."""
        return self

    unary_stream = unary_unary

    def __call__(self, raw: bytes, context: grpc.ServicerContext, send: Send | None = None) -> Any:
        """Serve the call; `send` is for a stream's answers."""
        if send is not None:
            return self.rpc.follow(raw, context, self, send)
        return self.rpc.answer(raw, context, self)

    def place(self) -> Callable[[], None]:
        """Take over the place of the stream: what gives it back."""
        end, self.end = self.end, _nothing
        return end

    def not_followed(self) -> None:
        """Give the place of a stream back that never began."""
        self.place()()


def _nothing() -> None:
    return None


class Admission:
    """Sends each call to the threads that it needs.

    Workers serve unary rpcs, and a few carriers all streams. Tokens that are not known yet are
    verified, and refusals told, by threads that do nothing else.
    """

    def __init__(
        self, settings: ServerSettings, authority: Authority, workers: Workers, streams: Streams
    ) -> None:
        self.limits = Limits()
        self.slots = Slots(settings.streams)
        self._authority = authority
        self._most = settings.waiting
        self._workers = workers
        self._streams = streams
        self._verifiers = Workers(2, "verify")
        self._refusers = Workers(1, "refuse")

    def submit(self, call: Callable[..., object], /, *arguments: Any) -> Work:
        """Grpc hands over a call: somewhere among the arguments is its ticket."""
        ticket = next(each for each in arguments if each.__class__ is Ticket)
        work = Work(call, arguments)
        if ticket.refusal is None:
            try:
                self._send(work, ticket)
            except Exception as refusal:  # noqa: BLE001 # every error becomes an answer
                ticket.refusal = refusal
        if ticket.refusal is not None:
            self._refusers.begin(work)
        return work

    def shutdown(self) -> None:
        """Let the threads end."""
        for threads in (self._workers, self._verifiers, self._refusers):
            threads.shutdown()
        self._streams.shutdown()

    def _send(self, work: Work, ticket: Ticket) -> None:
        """Send the call on, after the token was verified if it must be.

        It is grpc's one thread that comes here: nothing may wait. Whether a token that was good is still
        good is looked at when the call begins.
        """
        token = ticket.token = token_of(ticket.metadata)
        caller = NOBODY if token is None else self._authority.known(token)
        if caller is not None:
            self._admit(work, ticket, caller)
        elif self._verifiers.waiting < self._most:
            self._verifiers.submit(self._verify, work, ticket, token)
        else:
            raise Rejected(TOO_MANY)

    def _verify(self, work: Work, ticket: Ticket, token: str) -> None:
        try:
            self._admit(work, ticket, self._authority.caller(token))
        except Exception as refusal:  # noqa: BLE001 # every error becomes an answer
            ticket.refusal = refusal
            work.run()

    def _admit(self, work: Work, ticket: Ticket, caller: Caller) -> None:
        """Let the caller in, within their quota."""
        ticket.caller = caller
        ticket.rpc.admit(caller, ticket.metadata)
        if ticket.rpc.streams:
            account = self.limits.stream(*_counted(caller))
            if not self.slots.acquire():
                self.limits.end_stream(account)
                raise _busy("streams")
            ticket.end = partial(self._end_stream, account)
            work.end = ticket.not_followed
            self._streams.begin(work)
            return
        if self._workers.waiting >= self._most:
            raise _busy("calls")
        account = self.limits.call(*_counted(caller))
        work.end, work.queue = partial(self.limits.end_call, account), account.queue
        self._workers.begin(work)

    def _end_stream(self, account: Account) -> None:
        self.slots.release()
        self.limits.end_stream(account)


def _counted(caller: Caller) -> tuple[str, Any, str]:
    """Whose account it is, with which quota, and under which name its refusals are counted."""
    if caller.anonymous:
        return "everybody without a token", EVERYBODY, "anonymous"
    return f"caller:{caller.subject}", caller.quota, caller.subject if caller.kind == CLIENT else "persons"


def _busy(quota: str) -> Rejected:
    metrics.limited("server", quota)
    return Rejected(TOO_MANY)
