"""What a run says of its time."""

import pytest

from libs.testkit.slowest import Slowest


def report(nodeid: str, when: str, seconds: float) -> pytest.TestReport:
    return pytest.TestReport(
        nodeid=nodeid, location=("", 0, ""), keywords={}, outcome="passed", longrepr=None,
        when=when, duration=seconds,  # type: ignore[arg-type]  # one of three words
    )  # fmt: skip


def test_the_slowest_tests_come_first_with_their_fixtures_and_then_the_folders() -> None:
    slowest = Slowest()
    for number in range(12):
        slowest.pytest_runtest_logreport(report(f"libs/geo/tests/test_a.py::test_{number}", "call", number))
    slowest.pytest_runtest_logreport(report("services/cases/tests/domain/test_b.py::test_c", "setup", 5.0))
    slowest.pytest_runtest_logreport(report("services/cases/tests/domain/test_b.py::test_c", "call", 5.5))

    lines = list(slowest.lines())

    assert lines[0] == "   11.0 s  libs/geo/tests/test_a.py::test_11"
    assert lines[1] == "   10.5 s  services/cases/tests/domain/test_b.py::test_c"
    assert len(lines) == 10 + 2
    assert lines[10:] == ["   66.0 s  libs/geo (12 tests)", "   10.5 s  services/cases (1 tests)"]
