"""Ports of the loopback interface: free ones, and taken ones refused in a sentence."""

import random
import socket
from contextlib import closing
from pathlib import Path

from libs.runtime.config.guards import CannotStart

_FIRST, _LAST = 10_000, 60_000
_FIRST_OUTGOING = 32_768
_HIGHEST = 65_535


def port_number(text: str, following: int = 0) -> int:
    """The port that a text names, or the first of some: `following` more come after it; 0 is any free one.

    Raises ValueError with a sentence.
    """
    highest = _HIGHEST - following
    if not text.isdecimal() or int(text) > highest:
        raise ValueError(f"{text!r} is no port: use a number from 1 to {highest}, or 0")
    return int(text)


def free_ports(count: int) -> list[int]:
    """Ports below those of outgoing connections: so nobody takes them while their server is down.

    Raises `CannotStart` if there are not that many.
    """
    lowest = _first_outgoing()
    bounds = (_FIRST, lowest) if lowest > _FIRST + 2000 else (2 * _FIRST, _LAST)
    picked: list[int] = []
    for port in random.SystemRandom().sample(range(*bounds), 1000):
        if not taken(port):
            picked.append(port)
        if len(picked) == count:
            return picked
    raise CannotStart(
        f"there are no {count} free ports from {bounds[0]} to {bounds[1]}: stop what holds them"
    )


def refuse_taken(port: int, hint: str) -> None:
    """Raise `CannotStart`, with what to do, if somebody listens on the port already."""
    if reason := taken(port):
        raise CannotStart(f"port {port} cannot be used ({reason}): is another Linli running? {hint}")


def taken(port: int) -> str:
    """Why nobody may listen on the port; "" if one may. Port 0 is any free one."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return error.strerror or str(error)
    return ""


def _first_outgoing() -> int:
    try:
        return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except (OSError, ValueError):
        return _FIRST_OUTGOING
