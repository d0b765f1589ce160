"""Which addresses a message may go to whose receiver somebody else has named: only public ones.

A name is resolved once, each address of the answer is checked, and the connection is made to a checked
address. So a name that resolves to something else a moment later (DNS rebinding) leads nowhere.

Python's `ipaddress` knows the registries of IANA (RFC 6890). Added here: IPv6 addresses that stand for an
IPv4 address (mapped, 6to4, Teredo, NAT64). None of them is public; where an operator allows them (NAT64, in
a network without IPv4), the IPv4 address must be one to which messages may go, too.
"""

import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NEVER: Sequence[Network] = (
    ip_network("0.0.0.0/8"),
    ip_network("169.254.0.0/16"),  # link-local: among them the metadata of clouds
    ip_network("100.100.100.200/32"),  # the metadata of a cloud
    ip_network("168.63.129.16/32"),  # a public address by which a cloud manages its machines
    ip_network("224.0.0.0/3"),  # multicast, reserved, broadcast
    ip_network("::/128"),
    ip_network("fe80::/10"),
    ip_network("fec0::/10"),
    ip_network("ff00::/8"),
    ip_network("fd00:ec2::254/128"),  # the metadata of a cloud
)
"""No setting allows these."""
_NOT_PUBLIC: Sequence[Network] = (
    ip_network("100.64.0.0/10"),  # shared by customers of a provider (RFC 6598)
    ip_network("192.0.0.0/24"),  # of protocols
    ip_network("192.88.99.0/24"),  # relays of 6to4
    ip_network("2001::/23"),  # Teredo, ORCHID and others
    ip_network("2002::/16"),  # 6to4
    ip_network("3fff::/20"),  # documentation
)
"""What `is_global` of some release of Python lets pass."""
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64: Sequence[IPv6Network] = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))


class AddressRefused(Exception):
    """The receiver has no address to which anything may be sent. `reason` is for its owner."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeAddresses:
    """Public addresses, and what an operator allows besides; never what an operator refuses.

    `allowed`: internal networks with receivers of their own; `refused`: the cluster's, where they are public.
    """

    allowed: Sequence[Network] = ()
    refused: Sequence[Network] = ()

    def permits(self, address: Address) -> bool:
        """Whether something may be sent there."""
        if _among(address, _NEVER) or _among(address, self.refused):
            return False
        if (meant := _meant_by(address)) is not None and not self.permits(meant):
            return False
        return _among(address, self.allowed) or _is_public(address)

    def of(self, host: str, port: int, patience: float) -> Sequence[str]:
        """The addresses of a host to which something may be sent, in the order of the resolver.

        Raises `AddressRefused` where there is none, and OSError (socket.gaierror, TimeoutError) where the
        name cannot be resolved within so many seconds.
        """
        found = _resolved(host, port, patience)
        if permitted := [text for text in found if self.permits(ip_address(text))]:
            return permitted
        raise AddressRefused("address_not_allowed")


def networks(text: str) -> Sequence[Network]:
    """The networks in a list separated by commas: `10.20.0.0/16, fd12:3456::/32`. Raises ValueError."""
    return tuple(ip_network(each.strip()) for each in text.split(",") if each.strip())


def _among(address: Address, of: Sequence[Network]) -> bool:
    return any(address.version == each.version and address in each for each in of)


def _meant_by(address: Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for, if it does."""
    if address.version == 4:
        return None
    if _among(address, _NAT64):
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    relay_and_host = address.teredo or (None, None)
    return address.ipv4_mapped or address.sixtofour or relay_and_host[1]


def _is_public(address: Address) -> bool:
    if not address.is_global or address.is_multicast or _among(address, _NOT_PUBLIC):
        return False
    return address.version == 4 or address in _GLOBAL_UNICAST  # which leaves out mapped and NAT64


def _resolved(host: str, port: int, patience: float) -> Sequence[str]:
    """The system's resolver takes no time limit: whoever waits for it does."""
    found = list[str]()
    failed = list[OSError]()

    def resolve() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except UnicodeError:
            failed.append(socket.gaierror(socket.EAI_NONAME, "not a name"))
        except OSError as error:
            failed.append(error)
        else:
            found.extend(dict.fromkeys(str(address[0]) for *_, address in answers))

    asking = threading.Thread(target=resolve, name="resolver", daemon=True)
    asking.start()
    asking.join(patience)
    if failed:
        raise failed[0]
    if not found:
        raise TimeoutError
    return found
