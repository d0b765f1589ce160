"""A run of several processes: what shares a fixture runs together, and what takes longest comes first."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from libs.testkit.spread import Order, end, refuse_disorder

told: list[str] = []


@pytest.fixture(scope="session")
def shared() -> Iterator[None]:
    told.append("made")
    yield
    told.append("ended")


def test_files_of_one_group_run_in_one_process_and_others_alone() -> None:
    order = Order([("e2e/a.py", "e2e/b.py"), ("libs/c.py",)])

    leaders = [order.leader(f"{path}::test_x[y::z]") for path in ("e2e/a.py", "e2e/b.py", "libs/d.py")]

    assert leaders == ["e2e/a.py", "e2e/a.py", "libs/d.py"]


def test_groups_come_first_and_then_whatever_starts_most() -> None:
    order = Order([("e2e/a.py", "libs/b.py"), ("libs/c.py",)])
    files = ["libs/x.py", "services/y.py", "libs/c.py", "e2e/z.py", "libs/b.py", "e2e/a.py"]

    assert sorted(files, key=order.rank) == [
        *("e2e/a.py", "libs/b.py", "libs/c.py"),
        *("e2e/z.py", "services/y.py", "libs/x.py"),
    ]


@pytest.mark.usefixtures("shared")
def test_what_a_group_shares_may_end_before_the_session(request: pytest.FixtureRequest) -> None:
    assert told == ["made"]

    end(request.node, ["tmp_path", "shared", "nobody_has_this"])

    assert told == ["made", "ended"]


@pytest.mark.parametrize("values", [{1, 2}, frozenset("ab")])
def test_parameters_without_an_order_are_refused(values: object) -> None:
    with pytest.raises(pytest.UsageError, match=r"test_a\.py::test_b: parametrize over a list"):
        refuse_disorder("test_a.py::test_b", values)


@pytest.mark.parametrize("values", [[1, 2], (1,), {"a": 1}, None])
def test_parameters_in_order_are_fine(values: object) -> None:
    refuse_disorder("test_a.py::test_b", values)


def test_a_test_that_starts_a_process_must_say_so() -> None:
    with pytest.raises(AssertionError, match="mark it `process`"):
        subprocess.run([sys.executable, "-c", ""], check=True)


@pytest.mark.process
def test_one_that_says_so_may() -> None:
    subprocess.run([sys.executable, "-c", ""], check=True)
