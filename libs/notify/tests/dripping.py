"""A server that never comes to an end: it takes a connection, and says a byte every now and then."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

HANDSHAKE = struct.pack("!BHH", 22, 0x0303, 16000)
"""The beginning of a TLS handshake message that will have 16,000 bytes."""


@contextmanager
def dripping_server(first: bytes = HANDSHAKE) -> Iterator[int]:
    """Its port. Whoever waits a second for each byte waits for hours."""
    over = threading.Event()

    def drip(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.sendall(first)
            while not over.wait(0.05):
                connection.sendall(b"\0")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=lambda: drip(listening.accept()[0]), daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        over.set()
