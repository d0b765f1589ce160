"""Forwards TCP connections into a network that others cannot enter: the node's."""

import asyncio
import contextlib
import socket
import sys

_CHUNK = 65_536


def main(words: list[str]) -> None:
    """Serve until killed: each word is `fd:NUMBER=HOST:PORT`, with the number of an open listener."""
    asyncio.run(_serve([_door(word) for word in words]))


def _door(word: str) -> tuple[socket.socket, str, int]:
    here, _, there = word.partition("=")
    host, _, port = there.rpartition(":")
    return socket.socket(fileno=int(here.removeprefix("fd:"))), host, int(port)


async def _serve(doors: list[tuple[socket.socket, str, int]]) -> None:
    servers = [await _open(listening, host, port) for listening, host, port in doors]
    await asyncio.gather(*(server.serve_forever() for server in servers))


async def _open(listening: socket.socket, host: str, port: int) -> asyncio.Server:
    async def come(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):  # whoever is away is away for the caller, too
            there, back = await asyncio.open_connection(host, port)
            await asyncio.gather(_pass(reader, back), _pass(there, writer))
        writer.close()

    return await asyncio.start_server(come, sock=listening)


async def _pass(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
    """One direction, up to its end; then the whole connection is over."""
    try:
        while data := await source.read(_CHUNK):
            to.write(data)
            await to.drain()
    finally:
        to.close()


if __name__ == "__main__":
    main(sys.argv[1:])
