"""What connections of all channels have in common: they are encrypted, and take a bounded time."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol


class Connection(Protocol):
    """What `smtplib` and `http.client` connect by."""

    sock: Any
    """The socket, once it is connected."""

    def close(self) -> None:
        """Close it; twice is fine."""


def strict_tls(authority: Path | None) -> ssl.SSLContext:
    """TLS 1.2 or later, to servers whom the authority vouches for; None: one that the system trusts.

    Raises OSError or ssl.SSLError for an authority that cannot be read.
    """
    context = ssl.create_default_context(cafile=authority)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


@contextmanager
def cut_off_after(seconds: float, server: Connection) -> Iterator[None]:
    """Whoever waits for the server longer than that meets the end of the connection. Closes it at last."""
    limit = threading.Timer(seconds, _cut_off, [server])
    limit.daemon = True
    limit.start()
    try:
        yield
    finally:
        limit.cancel()
        server.close()


def _cut_off(server: Connection) -> None:
    with suppress(OSError):
        if server.sock is not None:
            server.sock.shutdown(socket.SHUT_RDWR)
