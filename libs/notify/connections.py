"""What connections of all channels have in common: they are encrypted, and take a bounded time."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

_HTTPS = 443


@dataclass(frozen=True, slots=True)
class HttpsUrl:
    """Where messages are posted to. `path` has the query, too."""

    host: str
    port: int
    path: str


def https_url(url: str) -> HttpsUrl:
    """The parts of `https://host:port/path?query`: ASCII, without a user, a password or a fragment.

    Raises ValueError for anything else.
    """
    if not (url.isascii() and url.isprintable()) or set(url) & set(' \\@#<>"'):
        raise ValueError("not an https address")
    parts = urlsplit(url)
    host, port = parts.hostname or "", _HTTPS if parts.port is None else parts.port
    host.encode("idna")  # as the connection does; a UnicodeError is a ValueError
    if parts.scheme != "https" or not host or not port:
        raise ValueError("not an https address")
    return HttpsUrl(host, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def strict_tls(authority: Path | None) -> ssl.SSLContext:
    """TLS 1.2 or later, to servers whom the authority vouches for; None: one that the system trusts.

    Raises OSError (an ssl.SSLError is one) for an authority that cannot be read.
    """
    context = ssl.create_default_context(cafile=authority)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class TimeLimit:
    """A time within which everything must be over: connecting, the TLS handshake, the whole exchange."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._timer: threading.Timer | None = None
        self._open: socket.socket | None = None

    def connect(self, host: str, port: int, patience: float, *, within: float | None = None) -> socket.socket:
        """A TCP connection that ends with the limit, whoever waits for it.

        `patience`: seconds for one answer, and for the connection, unless that is to be there `within`
        others. Raises OSError, if the time is up, too.
        """
        connected = socket.create_connection((host, port), timeout=min(within or patience, self._left()))
        connected.settimeout(patience)
        # TLS takes the descriptor away from the socket that it wraps: a second one still ends the connection
        self._open = connected.dup()
        self._timer = threading.Timer(max(0.0, self._until - time.monotonic()), self._cut_off)
        self._timer.daemon = True
        self._timer.start()
        return connected

    def _left(self) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def close(self) -> None:
        """End the connection, if there is one; twice is fine."""
        if self._timer is not None:
            self._timer.cancel()
        self._cut_off()
        if self._open is not None:
            self._open.close()

    def _cut_off(self) -> None:
        with suppress(OSError):
            if self._open is not None:
                self._open.shutdown(socket.SHUT_RDWR)


@contextmanager
def time_limit(seconds: float) -> Iterator[TimeLimit]:
    """Whoever waits for the server longer than that meets the end of the connection. Closes it at last."""
    limit = TimeLimit(seconds)
    try:
        yield limit
    finally:
        limit.close()
