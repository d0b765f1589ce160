"""Whoever loads a platform notices its end at once, and is told once what it lacks."""

from dataclasses import dataclass

import pytest

from e2e.city.platform import PlatformFailed
from e2e.city.watch import Watch
from libs.testkit.eventually import eventually

FULL = "cases.ledger: No space left on device"


@dataclass
class Process:
    """A platform that ends, or lacks something, when a test wants it to."""

    how: str = ""
    lack: str = ""

    def ended(self) -> str:
        return self.how

    def lacks(self) -> str:
        return self.lack


def test_a_call_that_would_be_tried_again_ends_with_the_platform() -> None:
    """At once: nobody waits here for an hour."""
    process = Process()
    with Watch(process, print) as watch:
        process.how = "linli ended by SIGKILL"

        with pytest.raises(PlatformFailed, match="linli ended by SIGKILL"):
            watch.wait(3600.0)


def test_a_call_is_tried_again_while_the_platform_lives() -> None:
    with Watch(Process(), print) as watch:
        assert watch.patience.pause(1, None) == 0.0


def test_what_lasts_is_said_once_and_so_is_its_end() -> None:
    said: list[str] = []
    watch = Watch(Process(), said.append)

    for lacks in (FULL, FULL, FULL, "", "", FULL, FULL):
        watch.tell(lacks)

    cannot = f"Waiting for the platform: {FULL}"
    assert said == [cannot, "The platform goes on.", cannot]


def test_what_passes_in_a_moment_is_not_said() -> None:
    said: list[str] = []
    watch = Watch(Process(), said.append)

    for lacks in (FULL, "", FULL, ""):
        watch.tell(lacks)

    assert said == []


def test_the_platform_is_asked_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("e2e.city.watch._ASK_EVERY", 0.2)
    said: list[str] = []
    with Watch(Process(lack=FULL), said.append):
        eventually(lambda: said, "it says what the platform lacks", seconds=30.0)
