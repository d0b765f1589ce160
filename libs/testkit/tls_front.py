"""TLS in front of a PostgreSQL that has none: it answers libpq's request for TLS, and passes the rest on."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

from libs.testkit.certificates import Pair

_SSL_REQUEST = bytes.fromhex("0000000804d2162f")


@contextlib.contextmanager
def tls_in_front_of(server: Path, pair: Pair) -> Iterator[int]:
    """The port on 127.0.0.1 where the server behind the unix socket is reached over TLS, and only so."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, context, server), daemon=True).start()
        yield int(listener.getsockname()[1])


def _accept(listener: socket.socket, context: ssl.SSLContext, server: Path) -> None:
    with contextlib.suppress(OSError):  # the listener was closed: it is over
        while True:
            came, _ = listener.accept()
            threading.Thread(target=_serve, args=(came, context, server), daemon=True).start()


def _serve(came: socket.socket, context: ssl.SSLContext, server: Path) -> None:
    with contextlib.suppress(OSError), came:
        if came.recv(8) != _SSL_REQUEST:
            return
        came.sendall(b"S")
        with (
            context.wrap_socket(came, server_side=True) as client,
            socket.socket(socket.AF_UNIX) as behind,
        ):
            behind.connect(str(server))
            answers = threading.Thread(target=_pump, args=(behind, client), daemon=True)
            answers.start()
            _pump(client, behind)
            answers.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    """Pass on what comes until it ends; then the other side is told."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
