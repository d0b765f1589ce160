"""A network to break: a small TCP proxy before a server, that can be cut, frozen, slowed, made to forget."""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

Target = tuple[str, int] | Path
"""Where the server is: host and port, or its unix socket."""

_CHUNK = 65_536
_RESET_AT_CLOSE = struct.pack("ii", 1, 0)
_PATIENCE = 10.0

_Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Proxy:
    """Listens on a loopback port, the same as long as it lives, and forwards what comes to `target`.

    Use it in a `with`. What it does to the connections is done when a method returns; it may be
    called from any thread.
    """

    def __init__(self, target: Target | Callable[[], Target]) -> None:
        """`target`, if it can be called, is asked at each new connection."""
        self._target = target if callable(target) else lambda: target
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._listening: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._flowing = asyncio.Event()
        self._seconds = 0.0
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._restore())
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._cut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_PATIENCE)
        self._loop.close()

    @property
    def connections(self) -> int:
        """How many clients are connected just now."""
        return len(self._connections)

    def cut(self) -> None:
        """Reset all connections and refuse new ones, as when a server's machine is gone."""
        self._do(self._cut())

    def freeze(self) -> None:
        """Forward nothing and reset nothing: a silent network. New connections are taken, and wait."""
        self._do(self._freeze())

    def forget(self) -> None:
        """Leave the connections that are there silent for ever, as a firewall does that was restarted.

        New ones are forwarded. Only `cut` ends the others.
        """
        self._do(self._forget())

    def delay(self, seconds: float) -> None:
        """Forward everything, so much later."""
        self._do(self._delay(seconds))

    def restore(self) -> None:
        """Forward at once again; what was held back by `freeze` arrives now."""
        self._do(self._restore())

    # -- all that follows runs in the proxy's own thread -------------------------------------------

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(_PATIENCE)

    async def _cut(self) -> None:
        if self._listening is not None:
            self._listening.close()
            self._listening = None
            await asyncio.sleep(0)  # whoever was let in a moment ago is among the connections now
        for connection in list(self._connections):
            connection.cancel()
        while self._connections:
            await asyncio.wait(list(self._connections))

    async def _freeze(self) -> None:
        self._flowing.clear()

    async def _forget(self) -> None:
        self._flowing.clear()
        self._flowing = asyncio.Event()
        self._flowing.set()

    async def _delay(self, seconds: float) -> None:
        self._seconds = seconds

    async def _restore(self) -> None:
        self._seconds = 0.0
        self._flowing.set()
        if self._listening is None:
            self._listening = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
            self.port = self._listening.sockets[0].getsockname()[1]

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        opened = [writer]
        flowing = self._flowing
        try:
            await flowing.wait()
            server = await self._reach()
            opened.append(server[1])
            there = self._forward(reader, server[1], flowing)
            await asyncio.gather(there, self._forward(server[0], writer, flowing))
        except OSError:
            _reset(opened)
        except asyncio.CancelledError:
            _reset(opened)  # and end quietly: it was we who cut
        finally:
            for each in opened:
                each.close()
            self._connections.discard(task)

    async def _reach(self) -> _Pair:
        target = self._target()
        if isinstance(target, Path):
            return await asyncio.open_unix_connection(str(target))
        return await asyncio.open_connection(*target)

    async def _forward(
        self, source: asyncio.StreamReader, to: asyncio.StreamWriter, flowing: asyncio.Event
    ) -> None:
        """One direction, up to its end; the end is passed on, too."""
        while data := await source.read(_CHUNK):
            await self._pass(flowing)
            to.write(data)
            await to.drain()
        await self._pass(flowing)
        to.write_eof()

    async def _pass(self, flowing: asyncio.Event) -> None:
        if self._seconds:
            await asyncio.sleep(self._seconds)
        await flowing.wait()


def _reset(writers: list[asyncio.StreamWriter]) -> None:
    """End connections without a farewell: the other side reads "connection reset"."""
    for writer in writers:
        with suppress(OSError):
            there = writer.get_extra_info("socket")
            if there.family in (socket.AF_INET, socket.AF_INET6):
                there.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
        writer.transport.abort()
