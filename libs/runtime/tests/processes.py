"""The example services as processes of their own, and clients that call them."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from libs.rpc.access import Grant
from libs.rpc.client import Client, connect
from libs.rpc.credentials import Token
from libs.rpc.keys import SigningKey
from libs.rpc.tokens import Issuer
from libs.runtime.tests.example import counter  # noqa: F401 # its proto is wanted below
from libs.runtime.tests.running import MASTER_KEY
from libs.testkit import patience, protos
from libs.testkit.rpc import published_keys

KEY = SigningKey.generate()


def environ_of(folder: Path, dsn: str = "") -> dict[str, str]:
    """What the processes are told: keys in `folder`, free ports."""
    keys = folder / "keys.json"
    keys.write_text(published_keys(KEY))
    told = {
        "LINLI_KEYS_URL": f"file://{keys}",
        "LINLI_MASTER_KEY": MASTER_KEY,
        "LINLI_GRPC_ADDRESS": "127.0.0.1:0",
        "LINLI_HTTP_ADDRESS": "127.0.0.1:0",
        "LINLI_DATABASE_URL": dsn,
    }
    return {**os.environ, **told}


def command(*words: str) -> list[str]:
    """The command line of an example."""
    return [sys.executable, "-m", "libs.runtime.tests.example", *words]


def ran(environ: Mapping[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    """An example's command, run to its end."""
    return subprocess.run(
        command(*words), env=dict(environ), capture_output=True, text=True, timeout=patience.seconds(60)
    )


@dataclass
class Running:
    """An embedded platform of the examples."""

    process: "subprocess.Popen[str]"
    grpc_port: int
    http_port: int

    def client(self) -> "Calls":
        """A client with all the operator's rights."""
        token = Issuer(KEY).issue("operator", grants=[Grant("OPERATOR")]).token
        return Calls(connect(f"127.0.0.1:{self.grpc_port}", Token(token)))

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait(timeout=patience.seconds(10))

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it in order; its exit status."""
        self.process.send_signal(number)
        return self.process.wait(timeout=patience.seconds(30))


@dataclass
class Calls:
    """The examples' rpcs."""

    client: Client

    def count(self, who: str, by: int, request_id: str) -> Any:
        """Count, and answer the total and the revision."""
        service = self.client.service(protos.service("linli.example.v1.CounterService"))
        request = protos.message_class("linli.example.v1.CountRequest")
        return service.count(request(request_id=request_id, counter_id=who, by=by))

    def tally(self, who: str) -> tuple[int, int]:
        """What the neighbour's view shows: total and steps."""
        service = self.client.service(protos.service("linli.example.v1.TallyService"))
        answer = service.get_tally(protos.message_class("linli.example.v1.GetTallyRequest")(counter_id=who))
        return answer.total, answer.steps


@contextmanager
def platform(data: Path, environ: Mapping[str, str]) -> Iterator[Running]:
    """`up` over a data folder; killed at the end if it still runs."""
    process = subprocess.Popen(
        command("up", str(data)), env=dict(environ), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        words = process.stdout.readline().split()
        if not words:
            raise AssertionError(f"the platform did not come up: {process.stderr.read()}")
        yield Running(process, int(words[1]), int(words[2]))
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=patience.seconds(10))
