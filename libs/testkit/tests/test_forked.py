"""A test process that was forked is as one that was started by exec."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from libs.runtime.cluster.supervised import BOUND
from libs.testkit import patience
from libs.testkit.forked.starting import Parent, Starter
from libs.testkit.plugin import STARTER

pytestmark = pytest.mark.process

PROGRAM = "libs.testkit.tests.shown"
Ended = subprocess.CompletedProcess[str]


@pytest.fixture
def starter(request: pytest.FixtureRequest) -> Starter:
    return request.config.stash[STARTER]


@contextmanager
def by_exec(starter: Starter) -> Iterator[None]:
    """Meanwhile, everything starts by exec."""
    starter.by_exec = True
    try:
        yield
    finally:
        starter.by_exec = False


def ran(*words: str, options: tuple[str, ...] = (), binding: Sequence[str] = (), **about: Any) -> Ended:
    """The program, run to its end; forked, unless it is started by exec."""
    command = [*binding, sys.executable, *options, "-m", PROGRAM, *words]
    wait = patience.seconds(60)
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=wait, **about)


def facts(ended: Ended) -> dict[str, Any]:
    """What it showed."""
    assert ended.stdout, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout.splitlines()[0])
    return found


BINDING = [sys.executable, "-I", "-S", "-c", BOUND, str(os.getpid())]


@pytest.mark.parametrize(
    ("kind", "about"),
    [
        ((), {}),
        ((), {"options": ("-u",), "start_new_session": True}),
        ((), {"binding": BINDING, "start_new_session": True}),
        (("worker",), {}),
        (("worker",), {"binding": BINDING}),
    ],
)
def test_it_sees_what_a_process_started_by_exec_sees(
    starter: Starter, kind: tuple[str, ...], about: dict[str, Any]
) -> None:
    given = {"env": {**os.environ, "LINLI_CELL": "邻里"}, "input": "hello", **about}

    forked = facts(ran("plain", *kind, **given))
    with by_exec(starter):
        executed = facts(ran("plain", *kind, **given))

    assert (forked.pop("forked"), executed.pop("forked")) == (True, False)
    assert not kind or not forked["knows grpc"]
    assert {**forked, "knows grpc": False} == {**executed, "knows grpc": False}
    assert (executed["given"], executed["parent"], executed["patched"]) == ("hello", os.getpid(), bool(kind))


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ("plain", 0), ("status", 3), ("words", 1), ("raise", 1), ("later", 0),
        ("kill", -signal.SIGKILL), ("interrupt", -signal.SIGINT),
    ],
)  # fmt: skip
def test_it_ends_as_a_process_started_by_exec_ends(starter: Starter, how: str, status: int) -> None:
    forked = ran(how, stdin=subprocess.DEVNULL)
    with by_exec(starter):
        executed = ran(how, stdin=subprocess.DEVNULL)

    assert forked.returncode == executed.returncode == status
    assert forked.stdout.splitlines()[1:] == executed.stdout.splitlines()[1:]
    assert forked.stderr.splitlines()[-1:] == executed.stderr.splitlines()[-1:]


def test_a_forked_worker_refuses_grpc() -> None:
    refused = ran("grpc", "worker", stdin=subprocess.DEVNULL)

    assert "a worker on eventlet freezes with it" in refused.stderr
    assert refused.returncode == 1


def test_what_a_fork_cannot_be_is_started_by_exec(tmp_path: Path) -> None:
    ways: list[dict[str, Any]] = [
        {"env": {**os.environ, "PYTHONHASHSEED": "1"}},
        {"env": {**os.environ, "LC_ALL": "C"}},
        {"cwd": tmp_path, "env": {**os.environ, "PYTHONPATH": os.pathsep.join([".", *sys.path])}},
        {"options": ("-W", "ignore")},
        {"preexec_fn": lambda: None},
    ]

    assert [facts(ran("plain", stdin=subprocess.DEVNULL, **way))["forked"] for way in ways] == [False] * 5


def test_forked_workers_share_no_hub() -> None:
    command, pipe = [sys.executable, "-m", PROGRAM, "watch", "worker"], subprocess.PIPE

    with (
        subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as one,
        subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as other,
    ):
        said = [process.stdout.readline() for process in (one, other) if process.stdout]
        for process in (one, other):
            process.communicate()

    assert said == ["1\n", "1\n"]


def test_a_signal_that_comes_at_once_is_not_lost() -> None:
    command, pipe = [sys.executable, "-m", PROGRAM, "plain"], subprocess.PIPE

    for _ in range(10):
        with subprocess.Popen(command, stdin=pipe) as process:
            process.terminate()
            assert process.wait(patience.seconds(60)) == -signal.SIGTERM


def test_a_parent_that_failed_is_replaced(capfd: pytest.CaptureFixture[str]) -> None:
    parent = Parent("libs.nowhere")
    order = {"command": [sys.executable, "-m", PROGRAM, "plain"], "environ": dict(os.environ)}

    for _ in range(2):
        with pytest.raises((RuntimeError, OSError)):
            parent.fork(order, [0, 1, 2])

    assert capfd.readouterr().err.count("No module named 'libs.nowhere'") == 2
