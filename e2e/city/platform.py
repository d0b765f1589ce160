"""The five services as the city's programs call them, and `linli up` or `linli cluster` beside us."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from linli.cases.v1 import cases_service_pb2 as cases
from linli.catalog.v1 import catalog_service_pb2 as catalog
from linli.identity.v1 import identity_service_pb2 as identity
from linli.supervision.v1 import supervision_service_pb2 as supervision
from linli.volunteers.v1 import volunteers_service_pb2 as volunteers

from libs.rpc.client import Client, Patience, connect
from libs.rpc.credentials import Credentials, Refreshing, Token
from libs.rpc.failures import RpcFailed
from libs.runtime.bundled.ports import free_instead, taken
from libs.runtime.cluster.supervised import asked

READY_WITHIN = 120.0

Where = str | Mapping[str, str]
"""The address of a platform, or that of each service of a cluster."""


@dataclass(frozen=True, slots=True)
class City:
    """One client of a running platform, with a name for each service."""

    client: Client
    identity: Any = field(init=False)
    catalog: Any = field(init=False)
    cases: Any = field(init=False)
    volunteers: Any = field(init=False)
    supervision: Any = field(init=False)

    def __post_init__(self) -> None:
        for name, module in (
            ("identity", identity),
            ("catalog", catalog),
            ("cases", cases),
            ("volunteers", volunteers),
            ("supervision", supervision),
        ):
            [descriptor] = module.DESCRIPTOR.services_by_name.values()
            object.__setattr__(self, name, self.client.service(descriptor))


_OUTLASTING = Patience(tries=1000, first=0.1, most=1.0)


def sign_in(
    address: Where, secret: str, *, patience: Patience = _OUTLASTING, deadline: float = 180.0
) -> City:
    """A client of the platform at `address`, or at that of each service, in the first operator's name."""
    anonymous = City(connect(address, Token(), patience=patience))

    def fetch() -> tuple[str, float]:
        request = identity.LoginRequest(login_name="developer", password=secret)
        token = until_known(anonymous.identity.login, request).token
        return token.access_token, (token.expire_time.ToDatetime(UTC) - datetime.now(UTC)).total_seconds()

    return enter(address, Refreshing(fetch), patience=patience, deadline=deadline)


def enter(
    address: Where, credentials: Credentials, *, patience: Patience = _OUTLASTING, deadline: float = 180.0
) -> City:
    """A client of the platform at `address`, in the name of whoever the credentials are.

    It outlasts restarts: every command carries a request_id, so it is safe to send it again.
    """
    return City(connect(address, credentials, deadline=deadline, patience=patience))


def until_known(call: Callable[[Any], Any], request: Any, seconds: float = 30.0) -> Any:
    """Call, and call again while the platform is away, or has not heard yet of what the request names."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return call(request)
        except RpcFailed as failed:
            waiting = failed.passing or failed.reason.endswith("_UNKNOWN")
            if not waiting or time.monotonic() > deadline:
                raise
        time.sleep(0.1)


@dataclass(slots=True)
class Platform:
    """`linli up` in a process of its own; or `linli cluster`, whose first port is then `port`."""

    data: Path
    port: int
    http_port: int
    log: Path | None = None
    environ: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    cluster: bool = False
    ready_within: float = READY_WITHIN
    logged: int = 0

    @property
    def address(self) -> str:
        """Where gRPC is served."""
        return f"127.0.0.1:{self.port}"

    @property
    def where(self) -> Where:
        """Where gRPC is served: by one server, or by each service's own."""
        return {name: at["grpc"] for name, at in self._addresses().items()} if self.cluster else self.address

    @property
    def probed(self) -> list[str]:
        """Where the processes say whether they are ready."""
        if not self.cluster:
            return [self.http]
        served = [at for of in self._addresses().values() for kind, at in of.items() if kind.endswith("http")]
        return [f"http://{at}" for at in served]

    @property
    def http(self) -> str:
        """Where metrics and health are served."""
        return f"{'https' if self.environ.get('LINLI_TLS_CERT') else 'http'}://127.0.0.1:{self.http_port}"

    @property
    def secret(self) -> str:
        """The password of `developer`, made by the platform on its first start."""
        return (self.data / "operator.secret").read_text(encoding="utf-8").strip()

    def start(self) -> None:
        """Start it; it ends with this process, however that ends.

        Raises `PlatformFailed` if a port is taken, it ends at once or is not ready in time.
        """
        words = self._cluster() if self.cluster else self._up()
        command = [sys.executable, "-m", "services.command", *words, "--end-with-stdin"]
        environ = {**os.environ, **self.environ}
        with ExitStack() as stack:
            log = stack.enter_context(self.log.open("ab")) if self.log is not None else None
            self.logged = log.tell() if log is not None else 0
            self.process = subprocess.Popen(
                command, env=environ, stdin=subprocess.PIPE, stderr=log, stdout=log, start_new_session=True
            )
        self._wait_until_ready()

    def _up(self) -> list[str]:
        _refuse_taken({"--port": self.port, "--http-port": self.http_port})
        ports = ["--port", str(self.port), "--http-port", str(self.http_port)]
        return ["up", "--data", str(self.data), *ports]

    def _cluster(self) -> list[str]:
        (self.data / "addresses.json").unlink(missing_ok=True)  # of an earlier run
        return ["cluster", "--data", str(self.data), "--port-base", str(self.port)]

    def _addresses(self) -> dict[str, dict[str, str]]:
        addresses: dict[str, dict[str, str]] = json.loads((self.data / "addresses.json").read_text("utf-8"))
        return addresses

    def _wait_until_ready(self) -> None:
        assert self.process is not None
        deadline = time.monotonic() + self.ready_within
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise PlatformFailed(self.ended())
            try:
                for probed in self.probed:
                    asked(probed, "/readyz", 1).close()
            except (urllib.error.URLError, OSError):  # so is a file that is not there yet
                time.sleep(0.05)
            else:
                self.logged = self.log.stat().st_size if self.log is not None else 0
                return
        raise PlatformFailed(f"linli was not ready within {self.ready_within:.0f} s{self._log_hint()}")

    def _log_hint(self, most_of_log: int = 15) -> str:
        """What it said to people since this start; if it said nothing, how its log ends."""
        if self.log is None or not self.log.exists():
            return ""
        lines = self.log.read_bytes()[self.logged :].decode("utf-8", "replace").splitlines()
        sentences = [line for line in lines if not line.startswith("{")]
        return f" (its log: {self.log})\n" + "\n".join(sentences or lines[len(lines) - most_of_log :])

    def ended(self) -> str:
        """How it ended, in a sentence; "" while it runs."""
        status = self.process.poll() if self.process is not None else 0
        if status is None:
            return ""
        how = f"by {signal.Signals(-status).name}" if status < 0 else f"with status {status}"
        return f"linli ended {how}{self._log_hint(most_of_log=0)}"

    def lacks(self) -> str:
        """What keeps it from being ready, as its processes say; "" if nothing does."""
        said: dict[str, str] = {}
        for probed in self.probed:
            try:
                asked(probed, "/readyz", 2).close()
            except urllib.error.HTTPError as refused:
                with suppress(ValueError):
                    said |= json.load(refused)
            except OSError:
                said[probed] = "does not answer"
        return "; ".join(dict.fromkeys(f"{check}: {word}" for check, word in said.items() if word != "ok"))

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if self.process.stdin is not None:
            self.process.stdin.close()

    def stop(self) -> int:
        """End it in order; its exit code."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=90)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
        finally:
            if self.process.stdin is not None:
                self.process.stdin.close()


def _refuse_taken(ports: Mapping[str, int]) -> None:
    """Whoever listens there already would be taken for the platform. Advises on all of them at once."""
    refused = {option: reason for option, port in ports.items() if (reason := taken(port))}
    if not refused:
        return
    told = "; ".join(f"port {ports[option]} cannot be used: {reason}" for option, reason in refused.items())
    instead = " ".join(f"{option} {free_instead(ports[option])}" for option in refused)
    raise PlatformFailed(f'{told}. Choose others, for instance make run ARGS="{instead}"')


class PlatformFailed(Exception):
    """The platform did not come up, and why."""
