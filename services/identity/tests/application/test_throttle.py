"""The brake on guessing."""

from datetime import timedelta

import pytest

from libs.ledger.decider import Refusal
from libs.testkit.clocks import HandClock
from services.identity.application.throttle import FREE, LONGEST, Throttle, wait_after


def failing(throttle: Throttle, times: int) -> None:
    for _ in range(times):
        throttle.failed("mei")


def test_mistyping_costs_nothing() -> None:
    throttle = Throttle(HandClock())

    failing(throttle, FREE - 1)

    throttle.check("mei")


def test_each_further_failure_doubles_the_wait() -> None:
    waits = [wait_after(failures) for failures in range(FREE, FREE + 4)]

    assert waits == [timedelta(seconds=seconds) for seconds in (1, 2, 4, 8)]
    assert wait_after(1000) == LONGEST


def test_who_failed_too_often_waits_and_may_then_try_again() -> None:
    clock = HandClock()
    throttle = Throttle(clock)
    failing(throttle, FREE + 2)

    with pytest.raises(Refusal, match="TOO_MANY_ATTEMPTS") as refused:
        throttle.check("mei")
    throttle.check("somebody else")
    clock.advance(seconds=4)
    throttle.check("mei")

    assert refused.value.facts["retry_after_seconds"] == "5"


def test_success_begins_again() -> None:
    throttle = Throttle(HandClock())
    failing(throttle, FREE + 2)

    throttle.succeeded("mei")

    throttle.check("mei")


def test_old_failures_are_forgotten() -> None:
    clock = HandClock()
    throttle = Throttle(clock)
    failing(throttle, FREE + 8)
    clock.advance(hours=2)

    throttle.failed("mei")

    throttle.check("mei")
