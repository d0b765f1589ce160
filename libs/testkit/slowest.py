"""At the end of a run: its ten slowest tests, and the time by folder."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

import pytest

_TESTS = 10
_WORTH_TELLING = 10.0
"""Seconds of tests below which nothing is said."""


class Slowest:
    """Adds up what each test took, with its fixtures; a plugin of the process that reports."""

    def __init__(self) -> None:
        self._took: dict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A phase of a test is over, here or in another process."""
        self._took[report.nodeid] += report.duration

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say it, if the run was long enough to care."""
        if sum(self._took.values()) >= _WORTH_TELLING:
            terminalreporter.section("slowest")
            for line in self.lines():
                terminalreporter.write_line(line)

    def lines(self) -> Iterator[str]:
        """The ten tests, then the folders, both with the longest first."""
        yield from (f"{seconds:7.1f} s  {nodeid}" for nodeid, seconds in _longest(self._took)[:_TESTS])
        folders: dict[str, float] = defaultdict(float)
        for nodeid, seconds in self._took.items():
            folders[folder_of(nodeid)] += seconds
        tests = Counter(map(folder_of, self._took))
        for folder, seconds in _longest(folders):
            yield f"{seconds:7.1f} s  {folder} ({tests[folder]} tests)"


def _longest(took: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(took.items(), key=lambda item: -item[1])


def folder_of(nodeid: str) -> str:
    """The room of a test: `services/cases/tests/domain/test_a.py::test_b` -> `services/cases`."""
    return "/".join(nodeid.partition("::")[0].split("/")[:2])
