"""A counter whose relay publishes, and a tally whose workers listen: where these tests play."""

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from libs.messaging.broker import Broker, BrokerSettings
from libs.messaging.relay import Relay, RelaySettings
from libs.messaging.tests.town import KEY, SIGNER, SOURCE, Town
from libs.rpc.keys import SigningKey
from libs.rpc.signed_keys import signed
from libs.runtime.host.threads import WatchedThread
from libs.runtime.tests.running import MASTER_KEY
from libs.testkit import patience
from libs.testkit.eventually import eventually

SOON = 20.0
"""Calm seconds in which all that is said to come has come."""


@dataclass
class Worker:
    """A worker's process, its log, and the folder by which a test tells it what to do."""

    process: "subprocess.Popen[str]"
    hooks: Path
    said: list[dict[str, Any]] = field(default_factory=list)

    def has_said(self, event: str, **about: Any) -> bool:
        """Whether its log has a line with this event and these fields."""
        lines = [line for line in list(self.said) if line.get("event") == event]
        return any(all(line.get(name) == value for name, value in about.items()) for line in lines)

    def says(self, event: str, **about: Any) -> dict[str, Any]:
        """Wait for such a line, and answer it."""
        eventually(lambda: self.has_said(event, **about), f"the worker says {event!r}", seconds=SOON)
        return next(line for line in self.said if line.get("event") == event)

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def loaded(self) -> dict[str, Any]:
        """What its process has loaded and patched by now."""
        before = sum(line.get("event") == "loaded" for line in self.said)
        self.signal(signal.SIGUSR1)
        found = eventually(
            lambda: [line for line in list(self.said) if line.get("event") == "loaded"][before:],
            "the worker says what is loaded",
        )
        return {"grpc": found[0]["grpc"], "patched": found[0]["patched"]}

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait(timeout=patience.seconds(10))

    def stop(self) -> int:
        """End it in order; its exit status."""
        self.signal(signal.SIGTERM)
        return self.process.wait(timeout=patience.seconds(30))

    def answers(self, path: str, seconds: float = 2.0) -> str:
        """What one of its probes answers; nothing when it does not answer in time."""
        port = self.says("ready")["http_port"]
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=seconds) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as refused:
            return refused.read().decode()
        except OSError:
            return ""


@dataclass
class Street:
    """A counter here in the test's process, and all that a tally needs to hear of it."""

    town: Town
    broker_url: str
    folder: Path
    stack: ExitStack

    def broker(self) -> Broker:
        """The broker, as relay and worker reach it."""
        return Broker(BrokerSettings(url=self.broker_url, heartbeat=2.0))

    @contextmanager
    def publishing(self, settings: RelaySettings | None = None) -> Iterator[Relay]:
        """A relay of the counter, for as long as it is wanted."""
        counter = self.town.counter
        dsn = counter.settings.database_url.reveal()
        relay = Relay(counter.source, dsn, self.broker(), SIGNER, settings or RelaySettings(heartbeat=0.2))
        thread = WatchedThread("relay", relay.run, wake=relay.wake)
        thread.start()
        try:
            yield relay
        finally:
            assert thread.close(patience.seconds(20)), "the relay does not stop"

    def environ(self, service: str, **more: str) -> dict[str, str]:
        """What a process of a service is told."""
        opened = {"counter": self.town.counter, "tally": self.town.tally}[service]
        told = {
            "LINLI_DATABASE_URL": opened.settings.database_url.reveal(),
            "LINLI_MASTER_KEY": MASTER_KEY,
            "LINLI_CELL": "test",
            "LINLI_BROKER_URL": self.broker_url,
            "LINLI_BROKER_HEARTBEAT": "2s",
            "LINLI_KEYS_URL": self.keys().as_uri(),
            "LINLI_RELAY_KEY": KEY.pem().decode(),
            "LINLI_HTTP_ADDRESS": "127.0.0.1:0",
            "LINLI_LOG_LEVEL": "info",
        }
        return {**os.environ, **told, **more}

    def keys(self) -> Path:
        """The file of public keys, as identity would publish them."""
        file = self.folder / "keys.json"
        if not file.exists():
            published = {"keys": [], "sources": {SOURCE: [KEY.jwk]}}
            file.write_text(json.dumps(signed(published, SigningKey.generate(), datetime.now(UTC))))
        return file

    def worker(self, service: str = "tally", *told: str, **more: str) -> Worker:
        """Start a worker that is told some things by a test, and wait until it says that it is ready."""
        hooks = self.folder / f"hooks-{os.urandom(4).hex()}"
        hooks.mkdir()
        for each in told:
            (hooks / each).touch()
        process = subprocess.Popen(
            [sys.executable, "-m", "libs.worker.tests.example", service, "worker"],
            env=self.environ(service, LINLI_TEST_HOOKS=str(hooks), **more),
            stderr=subprocess.PIPE,
            text=True,
        )
        worker = Worker(process, hooks)
        reading = threading.Thread(target=_read, args=(worker,), daemon=True)
        reading.start()
        self.stack.callback(_end, worker, reading)
        worker.says("ready")
        return worker

    def ran(self, *words: str, **more: str) -> str:
        """An operator's command on the tally, run to its end; what it said."""
        command = [sys.executable, "-m", "libs.worker.tests.example", "tally", *words]
        environ = self.environ("tally", **more)
        ended = subprocess.run(
            command, env=environ, capture_output=True, text=True, timeout=patience.seconds(60)
        )
        return ended.stdout + ended.stderr

    def counted(self, who: str = "a") -> list[int]:
        """The positions of what was counted by one counter, in order."""
        return self.town.published("Counted", who)

    @contextmanager
    def counting_and_marking(self) -> Iterator[None]:
        """Live traffic of the counter, for as long as it is wanted: the slower, the slower the machine is.

        Else it may outrun a worker that reads the past.
        """
        stop = threading.Event()

        def work() -> None:
            while not stop.wait(patience.seconds(0.02)):
                self.town.count(1)
                self.town.mark()

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def arrives(self, *who: str, seconds: float = SOON) -> None:
        """Wait until the tally has added up all that was counted: each step once, in order."""
        for each in who or ("a",):
            wanted = self.counted(each)
            eventually(
                lambda each=each, wanted=wanted: len(self.town.steps(each)) >= len(wanted),  # type: ignore[misc]
                f"all of {each} arrives", seconds=seconds,
            )  # fmt: skip
            assert list(self.town.steps(each)) == wanted


def _read(worker: Worker) -> None:
    for line in worker.process.stderr or ():
        try:
            worker.said.append(json.loads(line))
        except ValueError:
            worker.said.append({"event": "raw", "text": line})


def _end(worker: Worker, reading: threading.Thread) -> None:
    process = worker.process
    if process.poll() is None:
        process.kill()
    process.wait(timeout=patience.seconds(10))
    reading.join(timeout=patience.seconds(10))
    if process.stderr is not None:
        process.stderr.close()
    for line in worker.said:  # pytest shows it with a test that failed
        sys.stdout.write(f"{json.dumps(line)}\n")
