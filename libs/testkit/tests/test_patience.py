"""A limit is in calm seconds: it lasts longer where the machine is slow, or slows down meanwhile."""

import os
from collections.abc import Callable, Iterator

import pytest

from libs.testkit import patience
from libs.testkit.eventually import eventually
from libs.testkit.patience import MOST, Wait


def ticking(*moments: float) -> Callable[[], float]:
    """A clock that shows these moments, one a look."""
    left: Iterator[float] = iter(moments)
    return lambda: next(left)


def test_a_wait_on_a_calm_machine_is_over_after_its_seconds() -> None:
    wait = Wait(10, clock=ticking(0, 9.9, 10, 10), expected=lambda: 1.0, measured=lambda: 1.0)

    assert [wait.over(), wait.over()] == [False, True]


def test_a_wait_on_a_slow_machine_lasts_longer() -> None:
    wait = Wait(10, clock=ticking(0, 29, 30, 30), expected=lambda: 3.0, measured=lambda: 1.0)

    assert [wait.over(), wait.over()] == [False, True]


def test_a_wait_goes_on_where_the_machine_has_slowed_down_meanwhile() -> None:
    wait = Wait(10, clock=ticking(0, 10, 10, 19, 20, 20), expected=lambda: 1.0, measured=lambda: 2.0)

    assert [wait.over(), wait.over(), wait.over()] == [False, False, True]


def test_limits_grow_with_the_machines_slowness_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (0.0, 0.0, 0.0))
    limits = []
    for measured in ("0.2", "1.0", "4.0", "999"):
        monkeypatch.setenv(patience.MEASURED, measured)
        limits.append(patience.seconds(10))

    assert limits == [10, 10, 40, 10 * MOST]


def test_the_load_counts_where_it_says_more_than_the_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    cores = len(os.sched_getaffinity(0))
    monkeypatch.setattr(os, "getloadavg", lambda: (cores * 5.0, 0.0, 0.0))
    monkeypatch.setenv(patience.MEASURED, "2.0")

    assert patience.slowness() == 5


def test_the_machine_is_measured_once_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(patience.MEASURED, raising=False)

    first = patience.measure_once()
    monkeypatch.setattr(patience, "measure", lambda: pytest.fail("measured again"))

    assert patience.measure_once() == first >= 1.0


def test_what_never_comes_is_named_with_the_last_answer() -> None:
    with pytest.raises(AssertionError, match=r"not within 0 s.*: tea is served; last: 0"):
        eventually(lambda: 0, "tea is served", seconds=0)


def test_what_comes_late_is_taken() -> None:
    answers = iter([0, 0, 3])

    assert eventually(lambda: next(answers)) == 3
