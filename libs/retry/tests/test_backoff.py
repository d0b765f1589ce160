"""Pauses grow, stay within their bound, and begin anew."""

from libs.retry.backoff import Backoff, Failures

BACKOFF = Backoff(first=0.1, most=5.0)


def test_pauses_double_from_the_first_up_to_the_longest() -> None:
    pauses = [BACKOFF.pause(failures) for failures in range(1, 9)]

    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]


def test_pauses_grow_as_fast_as_they_are_told_to() -> None:
    quick = Backoff(first=0.25, most=100.0, growth=4.0)

    assert [quick.pause(failures) for failures in (1, 2, 3)] == [0.25, 1.0, 4.0]


def test_a_failure_of_many_years_is_still_waited_for() -> None:
    assert BACKOFF.pause(10**9) == 5.0


def test_jitter_leaves_a_share_of_the_pause_to_chance() -> None:
    uneven = Backoff(first=1.0, most=1.0, jitter=0.5)

    pauses = {uneven.pause(1) for _ in range(100)}

    assert len(pauses) > 1
    assert min(pauses) >= 0.5
    assert max(pauses) <= 1.0


def test_failures_in_a_row_are_counted() -> None:
    failures = Failures(BACKOFF)

    assert [failures.pause() for _ in range(3)] == [0.1, 0.2, 0.4]


def test_after_a_success_the_first_pause_comes_again() -> None:
    failures = Failures(BACKOFF)
    failures.pause()
    failures.pause()

    failures.reset()

    assert failures.pause() == 0.1


def test_what_went_well_for_long_before_it_failed_counts_as_a_success() -> None:
    failures = Failures(BACKOFF)
    failures.pause()
    failures.pause(lasted=9.9)

    assert failures.pause(lasted=10.0) == 0.1
    assert failures.pause(lasted=9.9) == 0.2
