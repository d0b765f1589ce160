"""One process that is kept running: started again when it ends or hangs, gone when its supervisor is."""

import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from http.client import HTTPException, HTTPResponse
from pathlib import Path

from libs.retry.backoff import Backoff, Failures
from libs.runtime.host.threads import WatchedThread
from libs.telemetry import logs

_log = logs.get("supervisor")

_BACKOFF = Backoff(first=0.2, most=5.0)
_ANY_NAME = ssl.create_default_context()  # a certificate may name another host: a probe tells nobody anything
_ANY_NAME.check_hostname, _ANY_NAME.verify_mode = False, ssl.CERT_NONE
_DIRECT = urllib.request.build_opener(
    urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=_ANY_NAME)
)
_PROBE_EVERY, _PROBE_WITHIN, _READY_WITHIN = 2.0, 1.0, 5.0

# PR_SET_PDEATHSIG: the system kills the process when the thread that started it is gone, however it
# went. Said by a tiny program that then becomes the real one: nothing may run between fork and exec
# of a process with threads. Other systems than Linux know no such thing.
BOUND = """\
import os, signal, sys
if sys.platform == "linux":
    import ctypes
    ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""


class Supervised:
    """A command kept running from `start` to `stop`. `environ` may be changed for the next start."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environ: Mapping[str, str],
        *,
        log: Path,
        http: str,
        tls: bool = False,
        hung_after: float = 10.0,
        starts_within: float = 120.0,
        stopped_is_hung: bool = False,
    ) -> None:
        """`command` begins with a path; `http` (host:port) answers /livez and /readyz, over TLS or not.

        A process that has answered /livez and then does not for `hung_after` seconds is killed, and
        one that gives no first answer for `starts_within`; one that somebody stopped by SIGSTOP only
        with `stopped_is_hung`.
        """
        self.name = name
        self.command = tuple(command)
        self.environ = dict(environ)
        self.log = log
        self.http = http
        self._url = f"{'https' if tls else 'http'}://{http}"
        self.starts = 0
        self._hung_after = hung_after
        self._starts_within = starts_within
        self._stopped_is_hung = stopped_is_hung
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: WatchedThread | None = None
        self._answered: float | None = None  # when the process of now last did
        self._spawning = threading.Lock()

    @property
    def pid(self) -> int:
        """The process id of the last start; 0 before the first."""
        return self._process.pid if self._process is not None else 0

    @property
    def alive(self) -> bool:
        """Whether it runs now, ready or not, or stopped by SIGSTOP."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, and keep it running. Started already is fine."""
        if self._thread is None:
            self._thread = WatchedThread(self.name, self._keep)
            self._thread.start()

    def ask(self) -> None:
        """Tell it to end (SIGTERM), and start it no more."""
        if self._thread is not None:
            with self._spawning:
                self._thread.ask()
            self.kill(signal.SIGTERM)
            self.kill(signal.SIGCONT)  # who was stopped could not hear it

    def stop(self, grace: float = 30.0) -> bool:
        """Ask it to end, then kill it; False if it did not end within `grace` seconds by itself."""
        if self._thread is None:
            return True
        self.ask()
        in_time = self._thread.close(grace)
        if not in_time:
            _log.warning("did not stop in time: killing it", process=self.name, seconds=grace)
            self.kill(signal.SIGKILL)
            self._thread.close()
        self._thread = None
        return in_time

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal; whoever ends by it is started again."""
        if self._process is not None:
            self._process.send_signal(number)

    def restart(self, grace: float = 30.0) -> None:
        """Stop it in order and start it again."""
        self.stop(grace)
        self.start()

    def answers(self, path: str = "/livez") -> bool:
        """Whether it says yes to a probe."""
        try:
            with asked(self._url, path, _PROBE_WITHIN):
                self._answered = time.monotonic()
                return True
        except (OSError, HTTPException):
            return False

    def lacks(self) -> str:
        """What keeps it from being ready, as it says itself or by its last words; "" when it is."""
        try:
            with asked(self._url, "/readyz", _READY_WITHIN):
                return ""
        except urllib.error.HTTPError as refused:
            with suppress(ValueError):
                said = json.load(refused)
                return (
                    "; ".join(f"{check}: {word}" for check, word in said.items() if word != "ok")
                    or "not ready"
                )
            return f"it answers {refused.code}"
        except (OSError, HTTPException):
            return self.last_words() or "it does not answer"

    def last_words(self) -> str:
        """The last line of its log."""
        with suppress(OSError):
            lines = self.log.read_text("utf-8", errors="replace").split("\n")
            return next((line for line in reversed(lines) if line.strip()), "")
        return ""

    # -- the thread that keeps it ------------------------------------------------------------------

    def _keep(self, stop: threading.Event) -> None:
        failures = Failures(_BACKOFF)
        while not stop.is_set():
            began = time.monotonic()
            ended_by = self._live(stop)
            lived = time.monotonic() - began
            if stop.is_set():
                return
            pause = failures.pause(lived)
            _log.warning(
                "restarting", process=self.name, ended_by=ended_by, lived=round(lived, 1), pause=pause
            )
            stop.wait(pause)

    def _live(self, stop: threading.Event) -> str:
        """One life of the process, from its start on; how it ended."""
        try:
            process = self._spawn(stop)
        except OSError as error:  # the disk is full, there are too many processes: that passes
            return f"{type(error).__name__}: {error}"
        if process is None:
            return "told to stop"
        self._mind(process)
        return _ended_by(process.returncode)

    def _spawn(self, stop: threading.Event) -> "subprocess.Popen[bytes] | None":
        bound = [sys.executable, "-I", "-S", "-c", BOUND, str(os.getpid()), *self.command]
        with self._spawning, self.log.open("ab") as log:
            if stop.is_set():
                return None
            self._process = subprocess.Popen(  # noqa: S603 - our own command, no shell
                bound,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the supervisor, which stops it in order
            )
            self.starts += 1
            self._answered = None
            return self._process

    def _mind(self, process: "subprocess.Popen[bytes]") -> None:
        """Wait until it ends; see to it that it does when it hangs."""
        lived_at = time.monotonic()
        while True:
            with suppress(subprocess.TimeoutExpired):
                process.wait(min(_PROBE_EVERY, self._hung_after / 4, self._starts_within / 4))
                return
            waits = not self._stopped_is_hung and _is_stopped(process.pid)
            if self.answers() or waits:
                lived_at = time.monotonic()
                continue
            started = self._answered is not None
            if time.monotonic() - lived_at > (self._hung_after if started else self._starts_within):
                _log.warning(
                    "hangs and is killed" if started else "does not answer after its start and is killed",
                    process=self.name,
                    pid=process.pid,
                )
                process.kill()


def asked(url: str, path: str, seconds: float) -> HTTPResponse:
    """The answer of a process on this machine; no proxy stands between."""
    answer: HTTPResponse = _DIRECT.open(f"{url}{path}", timeout=seconds)
    return answer


def _ended_by(status: int) -> str:
    """How a process ended: the name of a signal (its number, if it has none), or its exit status."""
    if status >= 0:
        return f"exit {status}"
    with suppress(ValueError):
        return signal.Signals(-status).name
    return f"signal {-status}"


def _is_stopped(pid: int) -> bool:
    """Whether somebody has stopped the process (SIGSTOP)."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] in "Tt"
    return False
