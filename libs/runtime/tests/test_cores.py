"""A process can be kept on one core, with all its threads."""

import subprocess
import sys

import pytest

from libs.testkit import patience

PROGRAM = """
import os, threading
from pathlib import Path
from libs.runtime.host.cores import keep_to_one_core

go = threading.Event()
earlier = threading.Thread(target=go.wait)
earlier.start()
core = keep_to_one_core()
later = threading.Thread(target=go.wait)
later.start()
kept = [os.sched_getaffinity(int(thread.name)) for thread in Path("/proc/self/task").iterdir()]
go.set()
assert len(kept) >= 3, kept
assert all(cores == {core} for cores in kept), kept
"""


@pytest.mark.process
def test_threads_started_before_and_after_stay_on_the_core() -> None:
    subprocess.run([sys.executable, "-c", PROGRAM], check=True, timeout=patience.seconds(60))
