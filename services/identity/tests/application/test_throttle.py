"""The brake on guessing."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from libs.ledger.decider import Refusal
from libs.testkit.clocks import HandClock
from services.identity.application.throttle import FROM_ANYWHERE, FROM_ONE_ADDRESS, MOST, Throttle

HERE, ELSEWHERE = "10.0.0.7", "192.0.2.1"


def failing(throttle: Throttle, times: int, address: str = HERE) -> None:
    for _ in range(times):
        throttle.failed("mei", address)


def failing_from_many_addresses(throttle: Throttle, times: int) -> None:
    for number in range(times):
        throttle.failed("mei", f"198.51.100.{number}")


def test_mistyping_costs_nothing() -> None:
    throttle = Throttle(HandClock())

    failing(throttle, FROM_ONE_ADDRESS.free - 1)

    throttle.check("mei", HERE)


def test_each_further_failure_doubles_the_wait() -> None:
    brake = FROM_ONE_ADDRESS

    waits = [brake.wait_after(failures) for failures in range(brake.free, brake.free + 4)]

    assert waits == [timedelta(seconds=seconds) for seconds in (1, 2, 4, 8)]
    assert brake.wait_after(1000) == brake.longest


def test_who_failed_too_often_waits_and_may_then_try_again() -> None:
    clock = HandClock()
    throttle = Throttle(clock)
    failing(throttle, FROM_ONE_ADDRESS.free + 2)

    with pytest.raises(Refusal, match="TOO_MANY_ATTEMPTS") as refused:
        throttle.check("mei", HERE)
    throttle.check("somebody else", HERE)
    clock.advance(seconds=4)
    throttle.check("mei", HERE)

    assert refused.value.facts["retry_after_seconds"] == "5"


def test_whoever_fails_on_purpose_locks_out_nobody_elsewhere() -> None:
    clock = HandClock()
    throttle = Throttle(clock)

    for _ in range(50):
        failing(throttle, 1)
        clock.advance(minutes=15)

    throttle.check("mei", ELSEWHERE)


def test_guessing_from_many_addresses_is_slowed_down_at_every_new_one() -> None:
    throttle = Throttle(HandClock())

    failing_from_many_addresses(throttle, FROM_ANYWHERE.free + 20)

    with pytest.raises(Refusal, match="TOO_MANY_ATTEMPTS") as refused:
        throttle.check("mei", ELSEWHERE)
    assert refused.value.facts["retry_after_seconds"] == "61"


def test_guessing_from_many_addresses_stops_nobody_where_the_name_is_used() -> None:
    throttle = Throttle(HandClock())
    throttle.succeeded("mei", HERE)

    failing_from_many_addresses(throttle, FROM_ANYWHERE.free + 20)

    throttle.check("mei", HERE)


def test_an_address_where_the_name_is_used_is_no_place_to_guess_from() -> None:
    throttle = Throttle(HandClock())
    throttle.succeeded("mei", HERE)

    failing(throttle, FROM_ONE_ADDRESS.free)

    with pytest.raises(Refusal, match="TOO_MANY_ATTEMPTS"):
        throttle.check("mei", HERE)


def test_success_begins_again() -> None:
    throttle = Throttle(HandClock())
    failing(throttle, FROM_ONE_ADDRESS.free + 2)

    throttle.succeeded("mei", HERE)

    throttle.check("mei", HERE)


def test_old_failures_are_forgotten() -> None:
    clock = HandClock()
    throttle = Throttle(clock)
    failing(throttle, FROM_ONE_ADDRESS.free + 8)
    clock.advance(hours=2)

    throttle.failed("mei", HERE)

    throttle.check("mei", HERE)


def test_memory_is_bounded() -> None:
    throttle = Throttle(HandClock())
    failing(throttle, FROM_ONE_ADDRESS.free)

    for number in range(MOST):
        throttle.failed(f"name-{number}", HERE)

    throttle.check("mei", HERE)


def test_guesses_side_by_side_come_to_no_more_than_one_after_the_other() -> None:
    throttle, began, tried = Throttle(HandClock()), threading.Barrier(16), list[int]()

    def guess(number: int) -> None:
        began.wait()
        with throttle.turnstile("mei"):
            throttle.check("mei", HERE)
            tried.append(number)
            throttle.failed("mei", HERE)

    with ThreadPoolExecutor(16) as guessers:
        guesses = [guesser.exception() for guesser in [guessers.submit(guess, n) for n in range(16)]]

    assert len(tried) == FROM_ONE_ADDRESS.free
    assert {refused.code for refused in guesses if isinstance(refused, Refusal)} == {"TOO_MANY_ATTEMPTS"}
