"""A real HTTPS server in the test's process, with a certificate of a given pair."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from libs.testkit.certificates import Pair


class Handler(BaseHTTPRequestHandler):
    """Answers requests, and writes nothing into the output of the tests."""

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@contextmanager
def serving(pair: Pair, handler: type[Handler]) -> Iterator[ThreadingHTTPServer]:
    """It listens on a free port of the loopback interface; each handshake is in a thread of its own."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pair.certificate, pair.key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
