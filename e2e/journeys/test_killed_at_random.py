"""`kill -9` again and again while the city is told: nothing acknowledged is lost, nothing happens twice."""

import os
import random
import signal
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import pytest

from e2e.city.platform import Platform
from e2e.journeys.cities import platform_in
from e2e.journeys.ends import ROWS, Answers, End, told_to
from e2e.journeys.ledgers import different, gaps
from libs.testkit.eventually import eventually

KILLS = 20
SEED = 9
pytestmark = pytest.mark.timeout(300 + ROWS / 10)


def test_killed_twenty_times_the_platform_ends_as_if_undisturbed(folder: Path, undisturbed: End) -> None:
    answers = Answers()
    moments = sorted(random.Random(SEED).sample(range(undisturbed.calls * 9 // 10), KILLS))

    with platform_in(folder / "killed") as platform:
        platform.start()
        with _Killer(platform, answers, moments) as killer:
            found = told_to(platform, answers)

    assert killer.kills == KILLS
    assert found.replayed.refused == []
    assert len(found.replayed.cases) == ROWS
    assert found.streams.keys() == undisturbed.streams.keys()
    for service, streams in found.streams.items():
        assert gaps(streams) == [], service
        assert different(streams, undisturbed.streams[service]) == [], service
    assert found.board == undisturbed.board


class _Killer(threading.Thread):
    """Kills the platform after so many answers, every other time with its PostgreSQL, and starts it again."""

    def __init__(self, platform: Platform, answers: Answers, moments: Sequence[int]) -> None:
        super().__init__(daemon=True)
        self._platform = platform
        self._answers = answers
        self._moments = moments
        self._failed: BaseException | None = None
        self.kills = 0

    def run(self) -> None:
        try:
            for moment in self._moments:
                self._strike(moment)
        except BaseException as failed:  # noqa: BLE001  # raised in the test's own thread
            self._failed = failed

    def _strike(self, moment: int) -> None:
        eventually(lambda: self._answers.count >= moment, f"answer {moment} comes", seconds=60)
        if self.kills % 2:
            _kill_postgres(self._platform.data)
        self._platform.kill()
        self.kills += 1
        self._platform.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Wait for the last kill; a platform that did not come back is told before what followed from it."""
        self.join()
        if self._failed is not None:
            raise self._failed


def _kill_postgres(data: Path) -> None:
    for file in data.rglob("postmaster.pid"):
        os.kill(int(file.read_text("utf-8").split()[0]), signal.SIGKILL)
