"""Ports of this machine: free ones, and those on which nobody may listen, with the reason."""

import errno
import random
import socket
from collections.abc import Iterator
from contextlib import closing, suppress
from itertools import chain
from pathlib import Path

from libs.runtime.config.guards import CannotStart

_FIRST, _LAST = 10_000, 60_000
_FIRST_OUTGOING = 32_768
_FIRST_UNPRIVILEGED = 1024
_HIGHEST = 65_535
_USUAL = 7400
_LISTENS = "0A"
_LOOPBACK = "127.0.0.1"
_given: set[int] = set()  # free ones that were answered: whoever asked may not listen yet
_part = (0, 1)


def port_number(text: str, following: int = 0) -> int:
    """The port that a text names, or the first of some: `following` more come after it; 0 is any free one.

    Raises ValueError with a sentence.
    """
    highest = _HIGHEST - following
    if not text.isdecimal() or int(text) > highest:
        raise ValueError(f"{text!r} is not a port: use a number from 1 to {highest}, or 0")
    return int(text)


def keep_to(part: int, of: int) -> None:
    """Answer free ports of one part in so many only: processes that ask at once never get the same."""
    global _part
    _part = (part, of)


def free_ports(count: int) -> list[int]:
    """Ports below those of outgoing connections: so nobody takes them while their server is down.

    None is answered twice.

    Raises `CannotStart` if there are not that many.
    """
    lowest = _of_the_system("ip_local_port_range", _FIRST_OUTGOING)
    bounds = (_FIRST, lowest) if lowest > _FIRST + 2000 else (2 * _FIRST, _LAST)
    picked: list[int] = []
    part, of = _part
    ports = range(bounds[0] + part, bounds[1], of)
    for port in random.SystemRandom().sample(ports, min(1000, len(ports))):
        if port not in _given and _refusal(_LOOPBACK, port) is None:
            picked.append(port)
        if len(picked) == count:
            _given.update(picked)
            return picked
    raise CannotStart(
        f"there are no {count} free ports from {bounds[0]} to {bounds[1]}: stop the processes that hold them"
    )


def free_instead(port: int) -> int:
    """A free port that is easy to remember, to be suggested instead of one that cannot be used."""
    first = port + 100 if port >= _FIRST_UNPRIVILEGED else _USUAL
    for candidate in chain(range(first, _HIGHEST, 100), range(_USUAL, _HIGHEST, 100)):
        if candidate != port and _refusal(_LOOPBACK, candidate) is None:
            return candidate
    return free_ports(1)[0]


def refuse_taken(port: int, hint: str) -> None:
    """Raise `CannotStart`, with the reason and what to do, if nobody may listen on the port."""
    if reason := taken(port):
        raise CannotStart(f"port {port} cannot be used: {reason}. {hint}, for instance {free_instead(port)}")


def taken(port: int, host: str = _LOOPBACK) -> str:
    """Why nobody may listen on the port; "" if one may. Port 0 is any free one."""
    refusal = _refusal(host, port)
    if refusal is None:
        return ""
    if refusal.errno == errno.EADDRINUSE:
        return f"{_listener(port) or 'another process'} listens there"
    if refusal.errno == errno.EACCES:
        lowest = _of_the_system("ip_unprivileged_port_start", _FIRST_UNPRIVILEGED)
        return f"only root may listen on ports below {lowest}"
    return refusal.strerror or str(refusal)


def _refusal(host: str, port: int) -> OSError | None:
    """What the system says to a server there."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with closing(socket.socket(family, kind, protocol)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        return error
    return None


def _listener(port: int) -> str:
    """Who listens on a port, as far as this user may know: "another Linli (process 12)"; "" if not."""
    sockets = {f"socket:[{inode}]" for inode in _listening(port)}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if not sockets.isdisjoint(_open_in(folder)):
                words = (folder / "cmdline").read_bytes().split(b"\0")
                is_linli = b"services.command" in words or any(word.endswith(b"/linli") for word in words)
                name = "another Linli" if is_linli else (folder / "comm").read_text().strip()
                return f"{name} (process {folder.name})"
    return ""


def _open_in(process: Path) -> Iterator[str]:
    for link in (process / "fd").iterdir():
        with suppress(OSError):  # closed meanwhile
            yield str(link.readlink())


def _listening(port: int) -> Iterator[str]:
    """The inodes of the sockets that listen on a port."""
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
                words = line.split()
                if words[3] == _LISTENS and int(words[1].rpartition(":")[2], 16) == port:
                    yield words[9]


def _of_the_system(name: str, otherwise: int) -> int:
    try:
        return int(Path(f"/proc/sys/net/ipv4/{name}").read_text().split()[0])
    except (OSError, ValueError):
        return otherwise
