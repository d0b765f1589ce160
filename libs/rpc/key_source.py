"""Where a key set comes from: identity in this process, its `/keys.json`, or a file; and who waits for it."""

import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from libs.rpc.keys import Jwks

WAIT = 4.0
"""Seconds after which identity answers even if nothing has changed: so old may a revocation get at most."""
_ANSWER = 3.0
_LOOK = 2.0
_LOCAL = 0.25
_LARGEST = 16 * 1024 * 1024


class KeySource(Protocol):
    """Gives the key set; several threads may ask."""

    def read(self) -> Jwks:
        """The key set of now. Raises whatever keeps it away."""

    def changed(self) -> Jwks:
        """The key set as soon as it is another one, or after some seconds. Raises as `read`."""

    def interrupt(self) -> None:
        """Let whoever waits in `changed` come back, with a key set or an exception."""


class OwnKeys:
    """The key set of this very process; `wait` returns when something was recorded, or after seconds."""

    def __init__(self, read: Callable[[], Jwks], wait: Callable[[float], object] = time.sleep) -> None:
        self.read = read
        self._wait = wait

    def changed(self) -> Jwks:
        """The key set, a moment later."""
        self._wait(_LOCAL)
        return self.read()

    def interrupt(self) -> None:
        """Nobody waits for long."""


class KeyFile:
    """A key set in a file (a mounted Secret or ConfigMap), looked at every two seconds."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._interrupted = threading.Event()

    def read(self) -> Jwks:
        """What is in the file."""
        loaded: Jwks = json.loads(self._path.read_text("utf-8"))
        return loaded

    def changed(self) -> Jwks:
        """What is in the file, a little later."""
        self._interrupted.wait(_LOOK)
        return self.read()

    def interrupt(self) -> None:
        """Look at once."""
        self._interrupted.set()


class KeyUrl:
    """Identity's `/keys.json`; `ca` vouches for it, else the system's list.

    `changed` keeps a request open (`Prefer: wait`, RFC 7240), which identity answers as soon as the key
    set is another one than that of the entity tag.
    """

    def __init__(self, url: str, *, ca: Path | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"the key set's address must be http(s)://host or file://, not {url}")
        self._parts = parts
        self._ca = ca
        self._tag = ""
        self._waiting: socket.socket | None = None
        self._interrupted = False

    def read(self) -> Jwks:
        """What identity publishes now."""
        return self._asked({}, _ANSWER)

    def changed(self) -> Jwks:
        """What identity publishes, once it is something else."""
        headers = {"If-None-Match": self._tag, "Prefer": f"wait={WAIT:.0f}"} if self._tag else {}
        return self._asked(headers, WAIT + _ANSWER, waits=True)

    def interrupt(self) -> None:
        """End the connection that waits."""
        self._interrupted = True
        waiting = self._waiting
        if waiting is not None:
            with suppress(OSError):
                waiting.shutdown(socket.SHUT_RDWR)

    def _asked(self, headers: dict[str, str], seconds: float, *, waits: bool = False) -> Jwks:
        connection = self._connection(seconds)
        try:
            connection.connect()
            self._waiting = connection.sock if waits else self._waiting
            if waits and self._interrupted:
                raise OSError("nobody waits for the key set any more")
            connection.request("GET", self._parts.path or "/", headers={"Accept": "*/*", **headers})
            answer = connection.getresponse()
            body = answer.read(_LARGEST)
            if answer.status != http.HTTPStatus.OK:
                raise OSError(f"identity answers {answer.status} {answer.reason}")
            loaded: Jwks = json.loads(body)
            self._tag = answer.headers.get("ETag", "") if waits else self._tag
            return loaded
        finally:
            self._waiting = None if waits else self._waiting
            connection.close()

    def _connection(self, seconds: float) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=seconds)
        trusted = ssl.create_default_context(cafile=self._ca)
        return http.client.HTTPSConnection(host, port, timeout=seconds, context=trusted)


def source_at(url: str, *, ca: Path | None = None) -> KeySource:
    """The source at a `http:`, `https:` or `file:` URL. Raises ValueError for others."""
    if url.startswith("file://"):
        return KeyFile(Path(url.removeprefix("file://")))
    return KeyUrl(url, ca=ca)
