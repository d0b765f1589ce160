"""The reception: where each call goes, decided before any worker is bothered. It is grpc's executor."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
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
from libs.rpc.workers import Work, Workers
from libs.telemetry import metrics


class Served(Protocol):
    """What the reception asks of an rpc (`libs.rpc.pipeline.Rpc`)."""

    @property
    def streams(self) -> bool:
        """Whether it answers with a stream."""

    def authorize(self, caller: Caller) -> None:
        """Refuse a caller whom the rpc's declared access does not let in."""

    def answer(self, raw: bytes, wire: grpc.ServicerContext, ticket: "Ticket") -> Any:
        """Serve the call, or tell the ticket's refusal."""


class Ticket:
    """One call on its way. grpc takes it for the call's `RpcMethodHandler`, and calls it in the end."""

    __slots__ = ("caller", "metadata", "refusal", "rpc", "token")

    request_streaming = False
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

    @property
    def response_streaming(self) -> bool:
        """Whether the rpc answers with a stream."""
        return self.rpc.streams

    @property
    def unary_unary(self) -> "Ticket":
        """What grpc calls for an answer."""
        return self

    unary_stream = unary_unary

    def __call__(self, raw: bytes, context: grpc.ServicerContext) -> Any:
        """Serve the call."""
        return self.rpc.answer(raw, context, self)


class Reception:
    """Sends each call to the threads that it needs.

    Workers serve unary rpcs, and a thread of its own each stream. Tokens that are not known yet are
    verified, and refusals told, by threads that do nothing else.
    """

    def __init__(self, settings: ServerSettings, authority: Authority, workers: Workers) -> None:
        self.limits = Limits()
        self.slots = Slots(settings.streams)
        self._authority = authority
        self._most = settings.waiting
        self._workers = workers
        self._streams = ThreadPoolExecutor(settings.streams, thread_name_prefix="stream")
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
        self._streams.shutdown(wait=False, cancel_futures=True)

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
        ticket.rpc.authorize(caller)
        if ticket.rpc.streams:
            account = self.limits.stream(*_counted(caller))
            if not self.slots.acquire():
                self.limits.end_stream(account)
                raise _busy("streams")
            work.end = partial(self._end_stream, account)
            self._streams.submit(work.run)
            return
        if self._workers.waiting >= self._most:
            raise _busy("calls")
        account = self.limits.call(*_counted(caller))
        work.end, work.lane = partial(self.limits.end_call, account), account.lane
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
