"""From where a call comes, as far as the connection tells."""

from ipaddress import IPv6Address, ip_address, ip_network
from urllib.parse import unquote

_ONE_LINE = 64
"""Bits of an IPv6 address that a provider gives to one line: who has one address there has them all."""


def address_of(peer: str) -> str:
    """The address in grpc's name of a peer: `ipv4:10.0.0.7:50414`, `ipv6:%5B2001:db8::1%5D:50414`.

    An IPv6 address is answered as its network (`2001:db8::/64`); "" if there is none (a Unix socket).
    """
    host = unquote(peer.partition(":")[2]).rpartition(":")[0].strip("[]").partition("%")[0]
    try:
        address = ip_address(host)
    except ValueError:
        return ""
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ip_network((address, _ONE_LINE), strict=False))
