"""The project's programs, run as a user runs them."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from libs.testkit import patience
from libs.testkit.eventually import eventually
from libs.testkit.processes import children, lives


def linli_command(*words: str) -> list[str]:
    """What runs `linli` with these words."""
    return [sys.executable, "-m", "services.command", *words]


def linli(*words: str, given: str = "", **environ: str) -> "subprocess.CompletedProcess[str]":
    """`linli` with these words, run to its end; `given` on its standard input."""
    return subprocess.run(
        linli_command(*words),
        input=given,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=patience.seconds(120),
    )


@dataclass(slots=True)
class Program:
    """A program that runs, and what it has printed."""

    process: "subprocess.Popen[str]"
    printed: list[str] = field(default_factory=list)

    def says(self, words: str, seconds: float = 60.0) -> str:
        """Wait until it prints a line with these words; the line."""

        def found() -> str:
            assert self.process.poll() is None or words in "".join(self.printed), "".join(self.printed)
            return next((line for line in list(self.printed) if words in line), "")

        return eventually(found, f"it says {words}", seconds=seconds)

    def children(self) -> list[int]:
        """The processes that it has started, and that live."""
        return [pid for pid in children(self.process.pid) if lives(pid)]

    def kill(self) -> None:
        """End it as a power cut would, and nothing else."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=patience.seconds(30))

    def interrupt(self, seconds: float = 40.0) -> int:
        """Ctrl-C, as a terminal sends it: to the program and all that run with it. Its exit status."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(timeout=patience.seconds(seconds))


@contextmanager
def running(*words: str, cwd: Path | None = None) -> Iterator[Program]:
    """A module of the project as a program in a group of its own; killed at the end if it still runs."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", *words],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    program = Program(process)
    assert process.stdout is not None
    reader = threading.Thread(target=program.printed.extend, args=(process.stdout,), daemon=True)
    reader.start()
    try:
        yield program
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        reader.join(timeout=patience.seconds(5))
