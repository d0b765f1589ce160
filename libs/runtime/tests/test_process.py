"""The life of a process, as its log tells it."""

import json
import subprocess
import sys

import pytest

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
    ended = subprocess.run([sys.executable, "-c", PROGRAM, how], capture_output=True, text=True, timeout=60)

    assert ended.returncode == 0, ended.stderr
    assert [json.loads(line)["event"] for line in ended.stderr.splitlines()] == life
