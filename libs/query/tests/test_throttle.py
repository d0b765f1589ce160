"""The brake on guessing."""

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from datetime import timedelta

import pytest

from libs.ledger.decider import Kind, Refusal
from libs.query.throttle import (
    OF_A_NAME,
    OF_ALL,
    OF_AN_ADDRESS,
    OF_STRANGERS,
    PAUSE,
    TURNS,
    WHERE_IT_IS_USED,
    Throttle,
)
from libs.testkit.clocks import HandClock

HERE, ELSEWHERE = "10.0.0.7", "192.0.2.1"
MEI, LAN = "mei", "lan"


def wrong_secret() -> Refusal:
    return Refusal(Kind.UNAUTHENTICATED, "CREDENTIALS_REFUSED", "the name or the secret is wrong")


def places_are_taken() -> Refusal:
    return Refusal(Kind.EXHAUSTED, "LOGINS_BUSY", "try again in a moment")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def throttle(clock: HandClock) -> Throttle:
    return Throttle(clock, busy=places_are_taken)


def fail(throttle: Throttle, name: str = MEI, address: str = HERE) -> None:
    with suppress(Refusal), throttle.attempt(name, address):
        raise wrong_secret()


def tried(throttle: Throttle, name: str) -> bool:
    """Whether a wrong secret is looked at, and not refused before."""
    with pytest.raises(Refusal) as refused, throttle.attempt(name, HERE):
        raise wrong_secret()
    return refused.value.code == "CREDENTIALS_REFUSED"


def fail_often(throttle: Throttle, pairs: Iterable[tuple[str, str]]) -> None:
    for name, address in pairs:
        fail(throttle, name, address)


def succeed(throttle: Throttle, name: str = MEI, address: str = HERE) -> None:
    with throttle.attempt(name, address) as attempt:
        attempt.succeeded = True


def wait_of(throttle: Throttle, name: str = MEI, address: str = HERE) -> int:
    """The seconds that the next try must wait; 0 if it is let through. It counts for nothing."""
    try:
        with throttle.attempt(name, address):
            raise ConnectionError("the store is away")
    except ConnectionError:
        return 0
    except Refusal as refused:
        return int(refused.facts["retry_after_seconds"])


def many(count: int) -> list[str]:
    return [f"198.51.{number // 250}.{number % 250}" for number in range(count)]


# one name at one address


def test_mistyping_costs_nothing(throttle: Throttle) -> None:
    fail_often(throttle, [(MEI, HERE)] * (OF_STRANGERS.free - 1))

    assert wait_of(throttle) == 0


def test_each_further_failure_doubles_the_wait() -> None:
    brake = OF_STRANGERS

    waits = [brake.wait_after(failures) for failures in range(brake.free, brake.free + 4)]

    assert waits == [timedelta(seconds=seconds) for seconds in (1, 2, 4, 8)]
    assert brake.wait_after(1000) == brake.longest


def test_who_failed_too_often_waits_and_may_then_try_again(throttle: Throttle, clock: HandClock) -> None:
    fail_often(throttle, [(MEI, HERE)] * OF_STRANGERS.free)

    assert wait_of(throttle) == 1
    assert wait_of(throttle, LAN) == 0
    clock.advance(seconds=1)
    assert wait_of(throttle) == 0


def test_success_begins_again(throttle: Throttle) -> None:
    fail_often(throttle, [(MEI, HERE)] * (OF_STRANGERS.free - 1))

    succeed(throttle)
    fail_often(throttle, [(MEI, HERE)] * (OF_STRANGERS.free - 1))

    assert wait_of(throttle) == 0


def test_old_failures_are_forgotten(throttle: Throttle, clock: HandClock) -> None:
    for _ in range(20):
        fail(throttle)
        clock.advance(minutes=15)
    clock.advance(hours=2)

    fail(throttle)

    assert wait_of(throttle) == 0


def test_guesses_side_by_side_come_to_no_more_than_one_after_the_other(clock: HandClock) -> None:
    throttle, began, tried = Throttle(clock, places=64), threading.Barrier(16), list[int]()

    def guess(number: int) -> None:
        began.wait()
        with throttle.attempt(MEI, HERE):
            tried.append(number)
            raise wrong_secret()

    with ThreadPoolExecutor(16) as guessers:
        guesses = [guesser.exception() for guesser in [guessers.submit(guess, n) for n in range(16)]]

    assert len(tried) == OF_STRANGERS.free
    refused = [each.code for each in guesses if isinstance(each, Refusal)]
    assert refused.count("TOO_MANY_ATTEMPTS") == 16 - OF_STRANGERS.free


@pytest.mark.parametrize("trouble", [ConnectionError("the store is away"), places_are_taken()])
def test_a_try_that_was_not_made_counts_for_nothing(throttle: Throttle, trouble: Exception) -> None:
    for _ in range(20):
        with pytest.raises(type(trouble)), throttle.attempt(MEI, HERE):
            raise trouble

    assert wait_of(throttle) == 0


# many addresses, one name


def test_whoever_fails_on_purpose_keeps_nobody_waiting_elsewhere(
    throttle: Throttle, clock: HandClock
) -> None:
    for _ in range(40):
        fail(throttle)
        clock.advance(minutes=15)

    assert wait_of(throttle, MEI, ELSEWHERE) == 0


def test_a_name_that_many_addresses_guess_at_is_tried_from_each_only_after_a_pause(
    throttle: Throttle, clock: HandClock
) -> None:
    fail_often(throttle, [(MEI, address) for address in many(OF_A_NAME.failures + 5)])

    assert wait_of(throttle, MEI, ELSEWHERE) == PAUSE.total_seconds()
    assert wait_of(throttle, LAN, ELSEWHERE) == 0
    clock.advance(seconds=PAUSE.total_seconds())
    fail(throttle, MEI, ELSEWHERE)
    assert wait_of(throttle, MEI, ELSEWHERE) == PAUSE.total_seconds()


def test_nobody_is_locked_out_beyond_a_pause_however_many_guess_meanwhile(
    throttle: Throttle, clock: HandClock
) -> None:
    attackers = many(500)
    fail_often(throttle, [(MEI, address) for address in attackers])
    wait_of(throttle, MEI, ELSEWHERE)

    for _ in range(int(PAUSE.total_seconds())):
        clock.advance(seconds=1)
        fail_often(throttle, [(MEI, address) for address in attackers])

    succeed(throttle, MEI, ELSEWHERE)
    assert wait_of(throttle, MEI, ELSEWHERE) == 0


def test_where_a_name_is_used_guesses_from_elsewhere_keep_nobody_waiting(throttle: Throttle) -> None:
    succeed(throttle)

    fail_often(throttle, [(MEI, address) for address in many(OF_ALL.failures + 1)])

    assert wait_of(throttle) == 0


def test_where_a_name_is_used_is_no_place_to_guess_from(throttle: Throttle) -> None:
    succeed(throttle)

    fail_often(throttle, [(MEI, HERE)] * WHERE_IT_IS_USED.free)

    assert wait_of(throttle) == 1


# one address, many names


def test_an_address_that_guesses_at_many_names_must_wait(throttle: Throttle, clock: HandClock) -> None:
    fail_often(throttle, [(f"name-{number}", HERE) for number in range(OF_AN_ADDRESS.failures)])

    assert wait_of(throttle, "another name") == PAUSE.total_seconds()
    assert wait_of(throttle, "another name", ELSEWHERE) == 0


def test_it_does_not_help_to_wait_with_many_names_at_a_time(throttle: Throttle, clock: HandClock) -> None:
    fail_often(throttle, [(f"name-{number}", HERE) for number in range(OF_AN_ADDRESS.failures)])
    names = [f"another-{number}" for number in range(100)]

    waiting = [wait_of(throttle, name) for name in names]
    clock.advance(seconds=PAUSE.total_seconds())
    let_through = sum(tried(throttle, name) for name in names)

    assert min(waiting) > 0
    assert let_through == TURNS


def test_colleagues_who_use_their_names_there_do_not_wait(throttle: Throttle) -> None:
    succeed(throttle, LAN)

    fail_often(throttle, [(f"name-{number}", HERE) for number in range(OF_AN_ADDRESS.failures + 10)])

    assert wait_of(throttle, LAN) == 0


def test_a_pause_ends_when_the_failures_are_forgotten(throttle: Throttle, clock: HandClock) -> None:
    fail_often(throttle, [(f"name-{number}", HERE) for number in range(OF_AN_ADDRESS.failures)])

    clock.advance(seconds=OF_AN_ADDRESS.within.total_seconds() / OF_AN_ADDRESS.failures)

    assert wait_of(throttle, "another name") == 0


# many addresses, many names


def test_guesses_at_many_names_from_many_addresses_make_strangers_wait(
    throttle: Throttle, clock: HandClock
) -> None:
    succeed(throttle, LAN)

    fail_often(throttle, [(f"of-{address}", address) for address in many(OF_ALL.failures)])

    assert wait_of(throttle, MEI, ELSEWHERE) == PAUSE.total_seconds()
    assert wait_of(throttle, LAN) == 0
    clock.advance(seconds=PAUSE.total_seconds())
    assert wait_of(throttle, MEI, ELSEWHERE) == 0


# a rush


def test_strangers_leave_room_for_those_who_come_from_where_they_always_come(clock: HandClock) -> None:
    throttle = Throttle(clock, places=8, busy=places_are_taken)
    succeed(throttle)

    with ExitStack() as rush:
        for address in many(6):
            rush.enter_context(throttle.attempt("somebody", address))
        with pytest.raises(Refusal, match="LOGINS_BUSY"), throttle.attempt(LAN, ELSEWHERE):
            pass
        succeed(throttle)

    assert wait_of(throttle, LAN, ELSEWHERE) == 0


def test_one_address_leaves_room_for_the_others(clock: HandClock) -> None:
    throttle = Throttle(clock, places=8, busy=places_are_taken)

    with ExitStack() as rush:
        for number in range(3):
            rush.enter_context(throttle.attempt(f"name-{number}", HERE))
        with pytest.raises(Refusal, match="LOGINS_BUSY"), throttle.attempt("name-3", HERE):
            pass
        succeed(throttle, LAN, ELSEWHERE)


def test_a_program_that_asks_without_end_leaves_room_for_the_others(clock: HandClock) -> None:
    throttle = Throttle(clock, places=8, busy=places_are_taken)
    succeed(throttle)

    with ExitStack() as rush:
        for _ in range(4):
            rush.enter_context(throttle.attempt(MEI, HERE)).succeeded = True
        with pytest.raises(Refusal, match="LOGINS_BUSY"), throttle.attempt(MEI, HERE):
            pass
        succeed(throttle, LAN, HERE)


def test_memory_is_bounded(clock: HandClock) -> None:
    throttle = Throttle(clock, remembered=10)
    fail_often(throttle, [(MEI, HERE)] * OF_STRANGERS.free)

    for address in many(20):
        succeed(throttle, LAN, address)
        fail(throttle, LAN, address)

    assert wait_of(throttle) == 0
