"""The small HTTP server of every process: /metrics, /livez, /readyz, and /keys.json where there are keys."""

import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from libs.telemetry import logs, metrics
from libs.telemetry.certificates import Certificates
from libs.telemetry.public_keys import PublicKeys, seconds_of

Check = Callable[[], str]
"""A named check of readiness: "" when all is well, else what is wrong, in plain words."""

_JSON = "application/json; charset=utf-8"
_TEXT = "text/plain; charset=utf-8"
_PATIENCE = 10.0  # seconds for a handshake, and for a request to come in
_REQUEST = 65_536
_HANDSHAKE = b"\x16"  # the first byte of a TLS connection
_SPEAK_TLS = (
    b"HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain\r\n\r\nthis port speaks TLS: use https://\n"
)
_log = logs.get("http")


class Endpoint:
    """Serves the probes. `live` may change its answer; checks and notes can be added while it runs.

    A note is said beside the checks of readiness, and makes nobody unready.
    """

    def __init__(
        self,
        address: str = "127.0.0.1:0",
        *,
        checks: Mapping[str, Check] | None = None,
        keys: PublicKeys | None = None,
        live: Check = lambda: "",
        patience: float = 3.0,
        tls: Certificates | None = None,
    ) -> None:
        """`address` is host:port; `keys` is the public key set; checks have `patience` seconds.

        With `tls` it speaks HTTPS only. Raises OSError if the address is taken, `CertificatesUnusable`.
        """
        host, _, port = address.rpartition(":")
        self.checks: dict[str, Check] = dict(checks or {})
        self.notes: dict[str, Check] = {}
        self._keys = keys
        self._live = live
        self._patience = patience
        self._asking: dict[str, _Asking] = {}
        self._verdict: tuple[float, tuple[bool, dict[str, str]]] | None = None
        self._door = threading.Lock()
        speaks = _Plain() if tls is None else _Secure(tls)
        self._server = _Server((host.strip("[]") or "0.0.0.0", int(port)), _handler_of(self), speaks)  # noqa: S104 # pods
        # It looks twenty times a second whether it is to stop, so that a stop takes no longer.
        serve = partial(self._server.serve_forever, poll_interval=0.05)
        self._thread = threading.Thread(target=serve, name="http", daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def start(self) -> int:
        """Begin to answer; returns the port."""
        self._thread.start()
        return self.port

    def stop(self) -> None:
        """Stop answering."""
        if self._keys is not None:
            self._keys.close()
        self._server.shutdown()
        self._server.server_close()

    def ready(self) -> tuple[bool, dict[str, str]]:
        """Whether all checks pass, and what each says ("ok" or what is wrong).

        They are asked at the same time; one that hangs is not asked again before it has answered.
        """
        asked = {name: self._ask(name, check) for name, check in list(self.checks.items())}
        deadline = time.monotonic() + self._patience
        said = {name: asking.answer(deadline) for name, asking in asked.items()}
        verdict = not any(said.values()), {name: wrong or "ok" for name, wrong in said.items()}
        self._verdict = time.monotonic(), verdict
        return verdict

    def ready_lately(self, age: float = 0.5) -> tuple[bool, dict[str, str]]:
        """The same, not asked again if somebody asked within the last `age` seconds."""
        verdict = self._verdict
        return verdict[1] if verdict and time.monotonic() - verdict[0] < age else self.ready()

    def _ask(self, name: str, check: Check) -> "_Asking":
        with self._door:
            asking = self._asking.get(name)
            if asking is None or asking.answered:
                asking = self._asking[name] = _Asking(check)
            return asking

    def answer(self, path: str, headers: Mapping[str, str] | None = None) -> "Answer":
        """The answer for a path; `headers` are the request's, by their names in lower case."""
        if path == "/metrics":
            return Answer(200, *metrics.exposed((headers or {}).get("accept", "")))
        if path == "/livez":
            wrong = _asked(self._live)
            return Answer(503 if wrong else 200, _TEXT, (wrong or "ok").encode())
        if path == "/readyz":
            ready, said = self.ready()
            told = {**said, **{name: _asked(note) or "ok" for name, note in list(self.notes.items())}}
            return Answer(200 if ready else 503, _JSON, json.dumps(told, ensure_ascii=False).encode())
        if path == "/keys.json" and self._keys is not None:
            asked = headers or {}
            tag, body = self._keys.answer(asked.get("if-none-match", ""), seconds_of(asked.get("prefer", "")))
            return Answer(200, _JSON, body, {"ETag": tag})
        paths = "/metrics /livez /readyz" + (" /keys.json" if self._keys is not None else "")
        return Answer(404, _TEXT, f"not here; here are {paths}\n".encode())


@dataclass(frozen=True, slots=True)
class Answer:
    """What a path answers."""

    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class _Asking:
    """A check that is being asked, in a thread of its own: what it asks may hang."""

    def __init__(self, check: Check) -> None:
        self._answers: list[str] = []
        self._thread = threading.Thread(
            target=lambda: self._answers.append(_asked(check)), name="check", daemon=True
        )
        self._thread.start()

    @property
    def answered(self) -> bool:
        """Whether it has said something."""
        return bool(self._answers)

    def answer(self, deadline: float) -> str:
        """What it says until `deadline` (monotonic), or that it says nothing."""
        self._thread.join(max(0.0, deadline - time.monotonic()))
        return self._answers[0] if self._answers else "does not answer: it hangs"


def _asked(check: Check) -> str:
    try:
        return check()
    except Exception as error:  # noqa: BLE001 # a check that fails is a check that says no
        return f"{type(error).__name__}: {error}"


class _Plain:
    """Connections as they come."""

    def opened(self, connection: socket.socket) -> socket.socket | None:
        return connection


class _Secure:
    """Connections that begin with a handshake, by the certificates of the moment."""

    def __init__(self, certificates: Certificates) -> None:
        self._certificates = certificates
        self._context = certificates.load()

    def opened(self, connection: socket.socket) -> socket.socket | None:
        """The connection, enciphered; None for who speaks plain HTTP, and is told so."""
        connection.settimeout(_PATIENCE)
        if connection.recv(1, socket.MSG_PEEK) != _HANDSHAKE:
            connection.recv(_REQUEST)  # what is left unread would cut off the answer
            connection.sendall(_SPEAK_TLS)
            return None
        self._context = self._certificates.renewed() or self._context
        return self._context.wrap_socket(connection, server_side=True)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(
        self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler], speaks: _Plain | _Secure
    ) -> None:
        self._speaks = speaks
        super().__init__(address, handler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Answer one connection, on its own thread: a handshake that hangs keeps nobody else waiting."""
        connection = self._speaks.opened(request)
        if connection is None:
            return
        try:
            super().finish_request(connection, client_address)
        finally:
            if connection is not request:
                connection.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asked has gone before the answer: no news, and no stack on the terminal."""
        _log.debug("probe's caller has gone", exc_info=True)


def _handler_of(endpoint: Endpoint) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = _PATIENCE

        def do_GET(self) -> None:
            try:
                headers = {name.lower(): value for name, value in self.headers.items()}
                answer = endpoint.answer(self.path.partition("?")[0], headers)
            except Exception as error:  # noqa: BLE001 # a probe must answer, whatever breaks
                _log.error("probe failed", path=self.path, exc_info=error)
                answer = Answer(500, _TEXT, b"failed; see the log")
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # the library's name
            """Probes are not news."""

    return Handler
