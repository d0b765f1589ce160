"""A watched thread that dies says so; one that is told to stop does."""

import threading

from libs.runtime.host.threads import WatchedThread
from libs.testkit import patience
from libs.testkit.eventually import eventually


def test_a_thread_that_dies_is_told_of() -> None:
    told: list[str] = []

    def run(_stop: threading.Event) -> None:
        raise KeyError("lost")

    WatchedThread("projector", run, died=told.append).start()

    eventually(lambda: told == ["projector died: KeyError"])


def test_a_thread_that_ends_by_itself_is_told_of() -> None:
    told: list[str] = []

    WatchedThread("relay", lambda _stop: None, died=told.append).start()

    eventually(lambda: told == ["relay ended by itself"])


def test_a_thread_that_is_asked_to_stop_wakes_and_stops() -> None:
    told: list[str] = []
    news = threading.Event()

    def run(stop: threading.Event) -> None:
        while not stop.is_set():
            news.wait()

    thread = WatchedThread("delivery", run, wake=news.set, died=told.append)
    thread.start()

    assert thread.close(timeout=patience.seconds(5))
    assert told == []


def test_a_thread_that_looks_no_more_whether_it_is_to_stop_falls_silent() -> None:
    working, hanging, over = threading.Event(), threading.Event(), threading.Event()

    def run(stop: threading.Event) -> None:
        while not stop.is_set():
            if hanging.is_set():
                over.wait()
            working.set()
            stop.wait(0.001)

    thread = WatchedThread("relay", run)
    assert thread.silent() == 0.0
    thread.start()
    working.wait(patience.seconds(5))

    hanging.set()
    eventually(lambda: thread.silent() > 0.2)

    over.set()
    eventually(lambda: thread.silent() < 0.2)
    assert thread.close(timeout=patience.seconds(5))
    assert thread.silent() == 0.0
