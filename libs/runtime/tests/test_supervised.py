"""A supervised process is started again when it ends or hangs, and gone when its supervisor is."""

import logging
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from libs.runtime.bundled.ports import free_ports
from libs.runtime.cluster.supervised import Supervised
from libs.testkit import patience
from libs.testkit.eventually import eventually
from libs.testkit.processes import lives

pytestmark = pytest.mark.process

PROBED = """
import os, time
from http.server import BaseHTTPRequestHandler, HTTPServer

class Probed(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/hang":
            time.sleep(3600)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass

print("here", os.environ.get("WORD", ""), flush=True)
HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Probed).serve_forever()
"""
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True)\n"
DEAF += "time.sleep(3600)"
SUPERVISOR = """
import sys, time
from pathlib import Path
from libs.runtime.cluster.supervised import Supervised

child = Supervised("child", [sys.executable, "-c", "import time; time.sleep(3600)"], {},
                   log=Path(sys.argv[1]), http="127.0.0.1:9")
child.start()
while not child.alive:
    time.sleep(0.01)
print(child.pid, flush=True)
time.sleep(3600)
"""


class Nursery:
    """Makes supervised processes, and stops them at the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.made: list[Supervised] = []

    def start(
        self,
        program: str,
        *,
        hung_after: float = 10.0,
        starts_within: float = 120.0,
        stopped_is_hung: bool = False,
    ) -> Supervised:
        """A program, supervised."""
        [port] = free_ports(1)
        made = Supervised(
            f"child {len(self.made)}",
            [sys.executable, "-c", program],
            {"PORT": str(port)},
            log=self._folder / f"{len(self.made)}.log",
            http=f"127.0.0.1:{port}",
            hung_after=hung_after,
            starts_within=starts_within,
            stopped_is_hung=stopped_is_hung,
        )
        self.made.append(made)
        made.start()
        return made


@pytest.fixture
def nursery(tmp_path: Path) -> Iterator[Nursery]:
    nursery = Nursery(tmp_path)
    yield nursery
    for made in nursery.made:
        made.stop(grace=1.0)


def test_a_killed_process_is_started_again(nursery: Nursery, caplog: pytest.LogCaptureFixture) -> None:
    child = nursery.start(PROBED)
    eventually(child.answers)
    before = child.pid

    with caplog.at_level(logging.WARNING):
        child.kill()
        eventually(lambda: child.pid != before and child.answers())

    assert child.starts == 2
    assert not lives(before)
    [line] = [record.getMessage() for record in caplog.records if "restarting" in record.getMessage()]
    assert "SIGKILL" in line
    assert "child 0" in line


def test_a_process_that_hangs_before_its_first_answer_is_killed_and_started_again(
    nursery: Nursery, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        child = nursery.start(DEAF, starts_within=1.0)
        eventually(lambda: child.starts >= 2)

    said = [record.getMessage() for record in caplog.records]
    assert any("does not answer after its start and is killed" in line for line in said)
    assert any("restarting" in line and "SIGKILL" in line for line in said)


def test_a_process_that_ends_at_once_is_started_again_after_ever_longer_pauses(
    nursery: Nursery, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        child = nursery.start("raise SystemExit(3)")
        eventually(lambda: child.starts == 4)

    told = [record.getMessage() for record in caplog.records]
    assert all("exit 3" in line for line in told)
    pauses = [0.2, 0.4, 0.8]
    assert all(str(pause) in line for pause, line in zip(pauses, told, strict=False))


def test_a_process_that_cannot_be_started_now_is_tried_again(
    nursery: Nursery, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "0.log"  # where its log should be: as good as a full disk
    folder.mkdir()
    with caplog.at_level(logging.WARNING):
        child = nursery.start(PROBED)
        eventually(lambda: "IsADirectoryError" in caplog.text)

    folder.rmdir()

    eventually(child.answers)
    assert child.starts == 1


def test_a_process_that_ends_by_a_signal_without_a_name_is_started_again(nursery: Nursery) -> None:
    child = nursery.start(PROBED)
    eventually(child.answers)

    child.kill(signal.SIGRTMIN + 1)

    eventually(lambda: child.starts == 2 and child.answers())


def test_a_process_that_answers_no_more_is_killed_and_started_again(nursery: Nursery) -> None:
    child = nursery.start(PROBED, hung_after=0.4)
    eventually(child.answers)
    before = child.pid

    with suppress(OSError):
        urllib.request.urlopen(f"http://{child.http}/hang", timeout=0.2)

    eventually(lambda: child.pid != before and child.answers())
    assert not lives(before)


def test_a_stopped_process_counts_as_hung_only_where_that_is_wanted(nursery: Nursery) -> None:
    patient = nursery.start(PROBED, hung_after=0.4)
    strict = nursery.start(PROBED, hung_after=0.4, stopped_is_hung=True)
    eventually(lambda: patient.answers() and strict.answers())
    stopped = patient.pid
    patient.kill(signal.SIGSTOP)

    strict.kill(signal.SIGSTOP)  # it tells the time: twice as long as the patient one would have had
    eventually(lambda: strict.starts == 2 and strict.answers())
    strict.kill(signal.SIGSTOP)
    eventually(lambda: strict.starts == 3 and strict.answers())

    assert patient.pid == stopped
    patient.kill(signal.SIGCONT)
    eventually(patient.answers)
    assert patient.starts == 1


def test_a_process_that_is_stopped_in_order_is_not_started_again(nursery: Nursery) -> None:
    child = nursery.start(PROBED)
    eventually(child.answers)

    assert child.stop()

    assert not child.alive
    assert not lives(child.pid)
    assert child.starts == 1


def test_a_process_that_does_not_hear_is_killed_when_its_grace_is_over(nursery: Nursery) -> None:
    child = nursery.start(DEAF)
    eventually(lambda: child.last_words() == "deaf")

    assert not child.stop(grace=0.2)

    assert not lives(child.pid)


def test_a_stopped_process_hears_that_it_is_to_end(nursery: Nursery) -> None:
    child = nursery.start(PROBED)
    eventually(child.answers)
    child.kill(signal.SIGSTOP)

    assert child.stop()


def test_a_restarted_process_has_the_environment_of_now(nursery: Nursery) -> None:
    child = nursery.start(PROBED)
    eventually(child.answers)

    child.environ["WORD"] = "again"
    child.restart()

    eventually(child.answers)
    assert child.last_words() == "here again"
    assert child.starts == 2


def test_it_does_not_outlive_a_killed_supervisor(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SUPERVISOR, str(tmp_path / "log")]
    supervisor = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert supervisor.stdout is not None
    child = int(supervisor.stdout.readline())
    try:
        assert lives(child)

        supervisor.kill()
        supervisor.communicate(timeout=patience.seconds(10))

        eventually(lambda: not lives(child))
    finally:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
