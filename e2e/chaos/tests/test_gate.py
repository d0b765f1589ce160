"""Quiet begins when all stories are told, and none begins while it lasts."""

import threading

import pytest

from e2e.chaos.gate import Gate, NotQuiet
from libs.testkit.eventually import eventually


def test_quiet_waits_for_the_stories_and_the_next_story_for_its_end() -> None:
    gate, happened = Gate(), list[str]()
    told, enough = threading.Event(), threading.Event()

    def first() -> None:
        with gate.story():
            told.wait()
            happened.append("the first story is told")

    def quiet() -> None:
        with gate.quiet():
            happened.append("it is quiet")
            enough.wait()
            happened.append("it was quiet")

    def second() -> None:
        with gate.story():
            happened.append("the second story is told")

    threads = [threading.Thread(target=run, daemon=True) for run in (first, quiet, second)]
    threads[0].start()
    eventually(lambda: gate.stories == 1)
    threads[1].start()
    eventually(lambda: gate.closed)
    threads[2].start()

    told.set()
    eventually(lambda: "it is quiet" in happened)
    enough.set()
    for thread in threads:
        thread.join()

    assert happened == [
        "the first story is told",
        "it is quiet",
        "it was quiet",
        "the second story is told",
    ]


def test_a_story_that_does_not_end_is_not_waited_for_without_end_and_the_gate_opens_again() -> None:
    gate = Gate(told_within=0.01)

    with gate.story(), pytest.raises(NotQuiet, match=r"not told within 0\.01 s: 1"), gate.quiet():
        raise AssertionError("it is not quiet")

    with gate.story():
        assert not gate.closed
