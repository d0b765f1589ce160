"""From where a call comes: by its connection, and by what trusted proxies say about theirs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Protocol
from urllib.parse import unquote

FORWARDED_FOR = "x-forwarded-for"
"""The metadata key to whose end each proxy adds the address that it was called from."""

_ONE_LINE = 64
"""Bits of an IPv6 address that a provider gives to one line: who has one address there has them all."""

_Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class TrustedProxies:
    """The networks of the proxies whose `x-forwarded-for` is believed; by default there are none."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def of(cls, written: Sequence[str]) -> "TrustedProxies":
        """From CIDRs or addresses (`10.0.0.0/8`, `fd00::7`). Raises ValueError, which names the wrong one."""
        return cls(tuple(_network(each) for each in written))

    def caller_of(self, peer: str, forwarded_for: Iterable[str]) -> str:
        """The address that a call comes from; "" if there is none (a Unix socket).

        `peer` as grpc names it: `ipv4:10.0.0.7:50414`, `ipv6:%5B2001:db8::1%5D:50414`. `forwarded_for`: the
        values of that key in the order in which they came. Read from the end: each trusted proxy vouches
        for the hop that it added, and for nothing before it. An IPv6 address is answered as its network
        (`2001:db8::/64`).
        """
        found = _read(unquote(peer.partition(":")[2]))
        hops = ",".join(forwarded_for).split(",")
        while found is not None and hops and self._trust(found):
            before = _read(hops.pop().strip())
            if before is None:
                break
            found = before
        return "" if found is None else _line(found)

    def _trust(self, address: _Address) -> bool:
        return any(address in network for network in self.networks)


NO_PROXIES = TrustedProxies()


class Connection(Protocol):
    """What is asked of grpc's ServicerContext."""

    def peer(self) -> str:
        """The other end of the connection, as grpc names it."""

    def invocation_metadata(self) -> Iterable[tuple[str, str | bytes]]:
        """What the caller sent beside the request; a key may occur several times."""


def called_from(wire: Connection, proxies: TrustedProxies) -> str:
    """The address that a call comes from, as `TrustedProxies.caller_of` finds it."""
    hops = (str(value) for key, value in wire.invocation_metadata() if key == FORWARDED_FOR)
    return proxies.caller_of(wire.peer(), hops)


def _network(written: str) -> IPv4Network | IPv6Network:
    try:
        network = ip_network(written)
    except ValueError as error:
        raise ValueError(f"{written!r} is no network such as 10.0.0.0/8 or fd00::/8 ({error})") from None
    if network.prefixlen == 0:
        raise ValueError(f"{written} holds every address, so anybody could say where a call comes from")
    return network


@lru_cache(maxsize=4096)  # a connection has many calls
def _read(written: str) -> _Address | None:
    """The address in `10.0.0.7`, `10.0.0.7:50414`, `2001:db8::1`, `[2001:db8::1]:50414`."""
    host = written if written.count(":") > 1 and "]" not in written else written.partition("]")[0]
    if host == written and written.count(":") == 1:
        host = written.partition(":")[0]
    try:
        address = ip_address(host.lstrip("[").partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _line(address: _Address) -> str:
    """The address, or the network that one line has."""
    if isinstance(address, IPv4Address):
        return str(address)
    return str(ip_network((address, _ONE_LINE), strict=False))
