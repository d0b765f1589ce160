"""Quiet begins when all stories are told, and none begins while it lasts."""

import threading

from e2e.chaos.gate import Gate
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
