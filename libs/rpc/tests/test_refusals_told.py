"""How a domain's "no" reaches the caller."""

import grpc
import pytest

from libs.ledger.decider import Kind, Refusal
from libs.rpc.errors import STATUS_OF_KIND, of_refusal


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_of_refusal_has_a_status(kind: Kind) -> None:
    assert kind in STATUS_OF_KIND


def test_who_tried_too_often_is_told_when_to_come_again() -> None:
    refusal = Refusal(Kind.EXHAUSTED, "TOO_MANY_ATTEMPTS", "wait", retry_after_seconds="8")

    failure = of_refusal(refusal)

    assert failure.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert failure.retry_after == 8.0


def test_who_gives_wrong_credentials_is_not_authenticated() -> None:
    failure = of_refusal(Refusal(Kind.UNAUTHENTICATED, "CREDENTIALS_REFUSED", "no"))

    assert failure.code is grpc.StatusCode.UNAUTHENTICATED
    assert failure.retry_after is None
