"""Wait for what other threads or processes will bring about, without sleeping blindly."""

import time
from collections.abc import Callable
from typing import TypeVar

from libs.testkit.patience import Wait

T = TypeVar("T")


def eventually(condition: Callable[[], T], what: str = "", *, seconds: float = 10.0) -> T:
    """Ask `condition` until its answer is truthy, and give that answer.

    An `AssertionError` inside counts as "not yet". After `seconds` of a calm machine (more on a slow or
    busy one): AssertionError naming `what` and the last answer or error.
    """
    wait = Wait(seconds)
    pause = 0.001
    while True:
        over = wait.over()  # asked first: the last look comes after the end of the wait
        try:
            answer = condition()
            said = repr(answer)
        except AssertionError as error:
            answer, said = None, f"AssertionError: {error}"
        if answer:
            return answer
        if over:
            raise AssertionError(f"not within {wait}: {what or condition}; last: {said}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)
