"""How a domain's "no" reaches the caller."""

import grpc
import pytest
from google.rpc import error_details_pb2

from libs.ledger.decider import Kind, Refusal
from libs.ledger.streams.decision import concurrent_change
from libs.rpc.errors import STATUS_OF_KIND, of_refusal, status_of
from libs.rpc.failures import RpcFailed


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_of_refusal_has_a_status(kind: Kind) -> None:
    assert kind in STATUS_OF_KIND


def test_who_tried_too_often_is_told_when_to_come_again() -> None:
    refusal = Refusal(Kind.EXHAUSTED, "TOO_MANY_ATTEMPTS", "wait", retry_after_seconds="8")

    failure = of_refusal(refusal)

    assert failure.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert failure.retry_after == 8.0


def test_a_concurrent_change_says_when_to_try_again() -> None:
    failure = of_refusal(concurrent_change("case-1"))
    details = status_of(failure).details

    [retry] = [each for each in details if each.Is(error_details_pb2.RetryInfo.DESCRIPTOR)]
    delay = error_details_pb2.RetryInfo.FromString(retry.value).retry_delay
    assert failure.code is grpc.StatusCode.ABORTED
    assert delay.ToMilliseconds() > 0


def test_a_revision_that_has_passed_is_not_worth_a_retry() -> None:
    """The caller must read again and decide again; the same request never succeeds."""
    failure = of_refusal(Refusal(Kind.CONFLICT, "REVISION_MISMATCH", "it has changed"))

    assert failure.code is grpc.StatusCode.ABORTED
    assert failure.retry_after is None


def test_who_gives_wrong_credentials_is_not_authenticated() -> None:
    failure = of_refusal(Refusal(Kind.UNAUTHENTICATED, "CREDENTIALS_REFUSED", "no"))

    assert failure.code is grpc.StatusCode.UNAUTHENTICATED
    assert failure.retry_after is None


def test_a_clients_failure_says_the_reason() -> None:
    status = status_of(of_refusal(Refusal(Kind.NOT_FOUND, "CASE_NOT_FOUND", "there is no such case")))
    info = error_details_pb2.ErrorInfo.FromString(status.details[0].value)

    failed = RpcFailed("/cases/GetCase", grpc.StatusCode.NOT_FOUND, status.message, [info])

    assert str(failed) == "/cases/GetCase: NOT_FOUND CASE_NOT_FOUND: there is no such case"


def test_a_clients_failure_without_details_says_the_status() -> None:
    failed = RpcFailed("/cases/GetCase", grpc.StatusCode.UNAVAILABLE, "failed to connect", [])

    assert str(failed) == "/cases/GetCase: UNAVAILABLE: failed to connect"
