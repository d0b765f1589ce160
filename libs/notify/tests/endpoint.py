"""A real HTTPS endpoint of a partner in the test's process, which answers as it is told."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path

from libs.notify.safe_addresses import SafeAddresses
from libs.notify.tests.https import Handler, serving
from libs.testkit.certificates import Authority

LOOPBACK = SafeAddresses(allowed=(ip_network("127.0.0.0/8"), ip_network("::1/128")))
"""What tests allow besides public addresses."""


@dataclass(frozen=True)
class Got:
    """A message as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """What tells a repeat."""
        return self.headers["webhook-id"]


@dataclass
class Endpoint:
    """What it got, and how it answers: with `status`, or not at all (`cuts`).

    While `hold` is not set it answers nothing where the path has `slow` in it.
    """

    authority: Path
    port: int
    status: int = 200
    cuts: bool = False
    location: str = ""
    slow: str = ""
    answer: bytes = b""
    got: list[Got] = field(default_factory=list)
    hold: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Where messages are posted to."""
        return f"https://localhost:{self.port}/linli"

    def heal(self) -> None:
        """Take everything from now on, and forget what came."""
        self.status, self.cuts, self.location, self.slow, self.answer = 200, False, "", "", b""
        self.hold.set()
        self.got.clear()


@contextmanager
def endpoint(
    folder: Path, *, host: str = "localhost", name: str = "partner", days: int = 1
) -> Iterator[Endpoint]:
    """It has a certificate for `host`, from an authority of its own that counts for so many days."""
    authority = Authority(folder, f"authority-of-{name}", days=days)
    pair = authority.sign(name, host)
    with serving(pair, _Handler) as server:
        opened = Endpoint(authority.file, server.server_port)
        opened.hold.set()
        server.endpoint = opened  # type: ignore[attr-defined]  # for its handlers
        try:
            yield opened
        finally:
            opened.hold.set()


class _Handler(Handler):
    def do_POST(self) -> None:  # noqa: N802  # http.server finds it by this name
        told: Endpoint = self.server.endpoint  # type: ignore[attr-defined]  # set above
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        told.got.append(Got(self.path, headers, body))
        if told.slow in self.path:
            told.hold.wait(30)
        if told.cuts:
            return
        self.send_response(told.status)
        if told.location:
            self.send_header("location", told.location)
        self.send_header("content-length", str(len(told.answer)))
        self.end_headers()
        self.wfile.write(told.answer)
