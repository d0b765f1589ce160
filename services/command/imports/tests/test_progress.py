"""How far an import is: how long it still takes is reckoned from how fast it goes now."""

import pytest

from services.command.imports.progress import Progress
from services.command.imports.telling import Told


def shown(capsys: pytest.CaptureFixture[str], *course: tuple[float, int]) -> str:
    """The last line after a course of (seconds, told)."""
    progress = Progress(live=True)
    for seconds, told in course:
        progress(Told(opened=told, seconds=seconds), 1000)
    return capsys.readouterr().out.rpartition("\r")[2].strip()


def test_the_time_left_comes_from_the_speed(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, (1.0, 100), (2.0, 200)) == "200 of 1,000     100 requests/s     8 s left"


def test_what_stands_still_does_not_say_when_it_ends(capsys: pytest.CaptureFixture[str]) -> None:
    course = [(float(second), 500) for second in range(2, 14)]

    assert shown(capsys, (1.0, 500), *course) == "500 of 1,000       0 requests/s  waiting"
