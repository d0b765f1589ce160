"""The proxy: a network that is cut, frozen, slow, and whole again."""

import asyncio
import socket
import socketserver
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from libs.testkit import patience
from libs.testkit.eventually import eventually
from libs.testkit.postgres import TestServer
from libs.testkit.proxy import Proxy


class _Echo(socketserver.BaseRequestHandler):
    """Says what it hears."""

    def handle(self) -> None:
        with suppress(ConnectionResetError):
            while heard := self.request.recv(4096):
                self.request.sendall(heard)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


@pytest.fixture
def echo() -> Iterator[tuple[str, int]]:
    with _Server(("127.0.0.1", 0), _Echo) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield "127.0.0.1", server.server_address[1]
        server.shutdown()


@pytest.fixture
def proxy(echo: tuple[str, int]) -> Iterator[Proxy]:
    with Proxy(echo) as made:
        yield made


def test_what_is_said_is_passed_on_both_ways(proxy: Proxy) -> None:
    much = bytes(range(256)) * 4096

    with _connected(proxy) as client:
        threading.Thread(target=client.sendall, args=(much,), daemon=True).start()
        heard = _read(client, len(much))

    assert heard == much


def test_a_client_that_hangs_up_is_forgotten(proxy: Proxy) -> None:
    with _connected(proxy) as client:
        assert _asked(client, b"there?") == b"there?"
        assert proxy.connections == 1

    assert eventually(lambda: proxy.connections == 0)


def test_cut_resets_who_is_connected_and_refuses_who_comes(proxy: Proxy) -> None:
    with _connected(proxy) as client:
        assert _asked(client, b"there?") == b"there?"

        proxy.cut()

        with pytest.raises(ConnectionResetError):
            client.recv(1)
    with pytest.raises(ConnectionRefusedError):
        _connected(proxy)


def test_restored_it_listens_at_the_same_port(proxy: Proxy) -> None:
    port = proxy.port
    proxy.cut()

    proxy.restore()

    assert proxy.port == port
    with _connected(proxy) as client:
        assert _asked(client, b"again") == b"again"


def test_frozen_it_is_silent_and_brings_everything_when_restored(proxy: Proxy) -> None:
    with _connected(proxy) as before:
        assert _asked(before, b"there?") == b"there?"

        proxy.freeze()
        before.sendall(b"held back")
        before.settimeout(0.2)
        with pytest.raises(TimeoutError):
            before.recv(1)
        with _connected(proxy) as late:
            late.sendall(b"late")
            late.settimeout(0.2)
            with pytest.raises(TimeoutError):
                late.recv(1)

            proxy.restore()

            late.settimeout(patience.seconds(10))
            assert _read(late, 4) == b"late"
        before.settimeout(patience.seconds(10))
        assert _read(before, 9) == b"held back"


def test_cut_while_frozen_resets_too(proxy: Proxy) -> None:
    proxy.freeze()
    with _connected(proxy) as client:
        client.sendall(b"nobody hears this")
        eventually(lambda: proxy.connections == 1)

        proxy.cut()

        with pytest.raises(ConnectionResetError):
            client.recv(1)


def test_forgotten_connections_are_silent_for_ever_and_new_ones_are_not(proxy: Proxy) -> None:
    with _connected(proxy) as before:
        assert _asked(before, b"there?") == b"there?"

        proxy.forget()

        with _connected(proxy) as new:
            assert _asked(new, b"there?") == b"there?"
        proxy.freeze()
        proxy.restore()
        before.sendall(b"nobody hears this")
        before.settimeout(0.2)
        with pytest.raises(TimeoutError):
            before.recv(1)


def test_delayed_it_takes_its_time(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    with _connected(proxy) as client:
        assert _asked(client, b"there?") == b"there?"
        monkeypatch.setattr(asyncio, "sleep", _noting(pauses))
        proxy.delay(0.1)

        assert _asked(client, b"slow") == b"slow"

        assert pauses == [0.1, 0.1], "a tenth of a second there, and one back"


def _noting(pauses: list[float]) -> Callable[[float], Coroutine[Any, Any, None]]:
    """As if it slept."""

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    return sleep


def test_a_server_that_is_away_resets_the_client() -> None:
    with closing(socket.socket()) as nobody:
        nobody.bind(("127.0.0.1", 0))
        with (
            Proxy(("127.0.0.1", nobody.getsockname()[1])) as proxy,
            pytest.raises(ConnectionResetError),
            _connected(proxy) as client,
        ):
            client.recv(1)


def test_postgresql_behind_its_unix_socket_is_reached_over_tcp(postgres_server: TestServer) -> None:
    given = conninfo_to_dict(postgres_server.server.dsn())
    port = given.get("port", "5432")
    with Proxy(Path(str(given["host"])) / f".s.PGSQL.{port}") as proxy:
        there = make_conninfo(postgres_server.server.dsn(), host="127.0.0.1", port=proxy.port)
        with psycopg.connect(there, connect_timeout=10) as connection:
            assert connection.execute("SELECT 7").fetchone() == (7,)
            proxy.cut()
            with pytest.raises(psycopg.OperationalError):
                connection.execute("SELECT 7")


def _connected(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=patience.seconds(10))


def _asked(client: socket.socket, words: bytes) -> bytes:
    client.sendall(words)
    return _read(client, len(words))


def _read(client: socket.socket, length: int) -> bytes:
    heard = b""
    while len(heard) < length:
        more = client.recv(65_536)
        assert more, f"ended after {len(heard)} bytes of {length}"
        heard += more
    return heard
