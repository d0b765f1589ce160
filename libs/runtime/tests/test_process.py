"""The life of a process, as its log tells it."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from libs.testkit import patience

pytestmark = pytest.mark.process

PROGRAM = """
import os, signal, sys
from libs.runtime.host.process import Lifetime, run_until_told
from libs.telemetry import logs

logs.setup(level="info")
life = Lifetime()
def start():
    if sys.argv[1] == "told while it starts":
        os.kill(os.getpid(), signal.SIGTERM)
    else:
        life.end()
    return {}
raise SystemExit(run_until_told(start, lambda: None, lambda: "", life))
"""


@pytest.mark.parametrize(
    ("how", "life"),
    [
        ("started in peace", ["starting", "ready", "stopping", "stopped"]),
        ("told while it starts", ["starting", "stopping", "stopped"]),
    ],
)
def test_who_is_told_to_stop_while_it_starts_does_not_say_that_it_is_ready(how: str, life: list[str]) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, how], capture_output=True, text=True, timeout=patience.seconds(60)
    )

    assert ended.returncode == 0, ended.stderr
    assert [json.loads(line)["event"] for line in ended.stderr.splitlines()] == life


WAITS = """
import os, signal, sys
from libs.runtime.host.process import Lifetime

life = Lifetime()
life.end_with(sys.stdin.fileno())
print("waits", flush=True)
life.wait()
print(life.why, flush=True)
"""


@pytest.fixture
def waiting() -> Iterator["subprocess.Popen[str]"]:
    """A process that waits for its end."""
    with subprocess.Popen(
        [sys.executable, "-c", WAITS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waits\n"
        yield process
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_in_order(waiting: "subprocess.Popen[str]", number: signal.Signals) -> None:
    waiting.send_signal(number)

    assert waiting.stdout is not None
    assert waiting.stdout.readline() == f"{number.name}\n"
    assert waiting.wait(timeout=patience.seconds(60)) == 0


def test_it_ends_with_whoever_holds_the_other_end_of_its_standard_input(
    waiting: "subprocess.Popen[str]",
) -> None:
    assert waiting.stdin is not None
    waiting.stdin.close()

    assert waiting.stdout is not None
    assert waiting.stdout.readline() == "standard input ended\n"
    assert waiting.wait(timeout=patience.seconds(60)) == 0


def test_under_nohup_a_terminal_that_goes_does_not_end_it() -> None:
    program = (
        "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN);"
        "from libs.runtime.host.process import Lifetime; Lifetime();"
        "assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN"
    )

    subprocess.run([sys.executable, "-c", program], check=True)
