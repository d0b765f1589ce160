"""The context of one request: its caller, metadata and outcome, its span, and its line in the log."""

import secrets
import time
from collections.abc import Mapping

import grpc

from libs.rpc import errors
from libs.rpc.access import Caller
from libs.rpc.errors import Failure
from libs.telemetry import conventions, logs, traces

SLOW = 1.0
"""Seconds after which an answer is worth a line in the log."""

_BUGS = frozenset({"INTERNAL", "ACCESS_NOT_CHECKED", "ACCESS_NOT_DECLARED", "DISCLOSURE_UNATTRIBUTED"})
"""Reasons that are our fault and nobody else's."""

_log = logs.get("rpc")


class RequestContext:
    """What is known of a request while it is served: `failure` if it failed."""

    __slots__ = ("began", "caller", "error", "failure", "metadata", "wire")

    def __init__(self, context: grpc.ServicerContext, metadata: Mapping[str, str], caller: Caller) -> None:
        self.began = time.perf_counter()
        self.wire = context
        self.metadata = metadata
        self.caller = caller
        self.failure: Failure | None = None
        self.error: Exception | None = None

    def span_of(self, rpc: str) -> traces.Span:
        """The span of the rpc, under the caller's."""
        return conventions.served(rpc, self.metadata.get("traceparent", ""))

    def fail(self, error: Exception, span: traces.Span) -> Failure:
        """Note an exception; answers the failure that the caller gets."""
        failure = errors.of_exception(error)
        if failure is None:
            self.error = error
            failure = errors.internal(secrets.token_hex(8))
        self.failure = failure
        conventions.answered(span, failure.code.name, failure.reason)
        return failure

    def log(self, rpc: str, seconds: float) -> None:
        """Write one line to the log: of an rpc that failed or was slow.

        It names the caller by id and nothing of the request; its trace id leads to the rest.
        """
        caller, took = self.caller.subject or "anonymous", round(seconds, 3)
        failure = self.failure
        if failure is None:
            _log.warning("rpc was slow", rpc=rpc, code="OK", caller=caller, seconds=took)
            return
        facts = {"code": failure.code.name, "reason": failure.reason, "caller": caller, "seconds": took}
        if failure.reason in _BUGS:
            facts.update(failure.facts)  # the id that the caller was told
            _log.error("rpc failed", rpc=rpc, **facts, exc_info=self.error)
            return
        tell = _log.warning if took > SLOW else _log.info
        tell("rpc refused", rpc=rpc, **facts)
