"""How an error reaches the caller: one table from refusals and failures to gRPC statuses, with details."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import eventsourcing.persistence
import grpc
import psycopg
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2

from libs.ledger.decider import Kind, Refusal
from libs.ledger.errors import (
    ClockSkewed,
    EventTypeUnknown,
    LedgerUnavailable,
    OutcomeUnknown,
    VersionConflict,
)
from libs.ledger.views.view import ViewBehind

DOMAIN = "linli"
"""The `domain` of every ErrorInfo: together with the reason it identifies an error."""

STATUS_OF_KIND: Mapping[Kind, grpc.StatusCode] = {
    Kind.INVALID: grpc.StatusCode.INVALID_ARGUMENT,
    Kind.NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    Kind.ALREADY_EXISTS: grpc.StatusCode.ALREADY_EXISTS,
    Kind.PRECONDITION: grpc.StatusCode.FAILED_PRECONDITION,
    Kind.PERMISSION: grpc.StatusCode.PERMISSION_DENIED,
    Kind.CONFLICT: grpc.StatusCode.ABORTED,
    Kind.UNAUTHENTICATED: grpc.StatusCode.UNAUTHENTICATED,
    Kind.EXHAUSTED: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Kind.UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
}
"""The one table of refusals."""

RETRY_AFTER: Mapping[str, float] = {"CONCURRENT_CHANGE": 0.05, "SOURCE_CHANGED": 60.0}
"""Refusals, by code, after which the same request may succeed, and the seconds to wait before the retry."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One field of the request that breaks a rule: its dotted path, and what the rule requires."""

    field: str
    wanted: str


@dataclass(frozen=True, slots=True)
class Exceeded:
    """A quota that is used up: whose it is (`caller:…`, `address:…`), and what it allows."""

    subject: str
    limit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An error as the caller sees it: status, stable reason, message, facts, and seconds before a retry."""

    code: grpc.StatusCode
    reason: str
    message: str
    facts: Mapping[str, str] = field(default_factory=dict)
    violations: tuple[Violation, ...] = ()
    exceeded: Exceeded | None = None
    retry_after: float | None = None


class Rejected(Exception):
    """Raised by the plumbing to answer with a failure that is no domain refusal."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.reason}: {failure.message}")
        self.failure = failure


def bad_request(violations: tuple[Violation, ...]) -> Failure:
    """INVALID_ARGUMENT with a BadRequest field violation for each broken rule."""
    told = "; ".join(f"{v.field}: {v.wanted}" for v in violations[:3])
    more = f" (and {len(violations) - 3} more)" if len(violations) > 3 else ""
    return Failure(
        code=grpc.StatusCode.INVALID_ARGUMENT,
        reason="INVALID_REQUEST",
        message=f"the request breaks the rules of its fields: {told}{more}",
        violations=violations,
    )


def of_refusal(refusal: Refusal) -> Failure:
    """The failure that a refusal of the domain becomes."""
    violations = (Violation(refusal.field, refusal.message),) if refusal.field else ()
    if refusal.code == "INVALID_REQUEST":
        return bad_request(violations)
    return Failure(
        code=STATUS_OF_KIND[refusal.kind],
        reason=refusal.code,
        message=refusal.message,
        facts=refusal.facts,
        violations=violations,
        retry_after=_retry_after(refusal),
    )


def _retry_after(refusal: Refusal) -> float | None:
    if refusal.kind is Kind.EXHAUSTED:
        return float(refusal.facts.get("retry_after_seconds", 1))
    return RETRY_AFTER.get(refusal.code)


def _passing(reason: str, message: str, retry_after: float) -> Failure:
    code = grpc.StatusCode.UNAVAILABLE
    return Failure(code=code, reason=reason, message=message, retry_after=retry_after)


_STORE_AWAY = _passing("STORE_UNAVAILABLE", "the store does not answer; nothing was done, try again", 1.0)

OUTAGES: Mapping[type[Exception], Failure | None] = {
    VersionConflict: Failure(
        code=grpc.StatusCode.ABORTED,
        reason="CONTENDED",
        message="others keep changing the same thing; try again",
        retry_after=0.05,
    ),
    ViewBehind: _passing("VIEW_BEHIND", "the view has not reached `at_least` yet; try again", 0.5),
    OutcomeUnknown: _passing(
        "OUTCOME_UNKNOWN",
        "the store broke the connection; repeat with the same request_id: the work is done once",
        1.0,
    ),
    ClockSkewed: _passing(
        "CLOCK_SKEWED", "the clock of the server is wrong; nothing was done, try again later", 5.0
    ),
    EventTypeUnknown: _passing(
        "EVENT_TYPE_UNKNOWN",
        "a newer release has stored what this instance cannot read; nothing was done, try again: an instance"
        " of that release can",
        0.5,
    ),
    LedgerUnavailable: _STORE_AWAY,
    psycopg.Error: _STORE_AWAY,
    psycopg.IntegrityError: None,
    psycopg.ProgrammingError: None,
    psycopg.errors.InsufficientPrivilege: _STORE_AWAY,
    psycopg.errors.UndefinedTable: _STORE_AWAY,
    eventsourcing.persistence.PersistenceError: _STORE_AWAY,
    psycopg.DataError: Failure(
        code=grpc.StatusCode.INVALID_ARGUMENT,
        reason="VALUE_NOT_STORABLE",
        message="a value of the request is out of the range that can be stored or compared",
    ),
}
"""The one table of failures below; looked up by class, nearest first. None: a bug in our own statement."""


def of_exception(error: BaseException) -> Failure | None:
    """The failure that an exception becomes; None for a bug, whose details no caller sees."""
    if isinstance(error, Refusal):
        return of_refusal(error)
    if isinstance(error, Rejected):
        return error.failure
    return next((OUTAGES[kind] for kind in type(error).__mro__ if kind in OUTAGES), None)


def internal(error_id: str) -> Failure:
    """What the caller learns of a bug: only an id under which the log has the rest."""
    return Failure(
        code=grpc.StatusCode.INTERNAL,
        reason="INTERNAL",
        message=f"an internal error occurred; the operator finds it in the log as {error_id}",
        facts={"error_id": error_id},
    )


_MOST_VIOLATIONS = 20  # the details travel in trailers, which gRPC bounds to 8 KiB
_LONGEST_TEXT = 256
_LONGEST_MESSAGE = 512


def status_of(failure: Failure, localized: tuple[str, str] | None = None) -> status_pb2.Status:
    """The google.rpc.Status of a failure; `localized` is (locale, message) in the caller's language."""
    status = status_pb2.Status(code=failure.code.value[0], message=failure.message[:_LONGEST_MESSAGE])
    facts = {name: str(value)[:_LONGEST_TEXT] for name, value in failure.facts.items()}
    _pack(status, error_details_pb2.ErrorInfo(reason=failure.reason, domain=DOMAIN, metadata=facts))
    if failure.violations:
        bad = error_details_pb2.BadRequest()
        for violation in failure.violations[:_MOST_VIOLATIONS]:
            wanted = violation.wanted[:_LONGEST_TEXT]
            bad.field_violations.add(field=violation.field[:_LONGEST_TEXT], description=wanted)
        _pack(status, bad)
    if failure.exceeded is not None:
        quota = error_details_pb2.QuotaFailure()
        quota.violations.add(subject=failure.exceeded.subject, description=failure.exceeded.limit)
        _pack(status, quota)
    if failure.retry_after is not None:
        delay = duration_pb2.Duration(nanos=0)
        delay.FromMilliseconds(int(failure.retry_after * 1000))
        _pack(status, error_details_pb2.RetryInfo(retry_delay=delay))
    if localized:
        _pack(status, error_details_pb2.LocalizedMessage(locale=localized[0], message=localized[1]))
    return status


def _pack(status: status_pb2.Status, detail: object) -> None:
    packed = any_pb2.Any()
    packed.Pack(detail)  # type: ignore[arg-type] # google.rpc ships no types
    status.details.append(packed)
