"""Where messages to strangers may go: to public addresses, and nowhere inside."""

import socket
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from libs.notify.safe_addresses import AddressRefused, SafeAddresses, networks

UNSPECIFIED = str(ip_address(0))
PUBLIC = ["93.184.216.34", "1.1.1.1", "2606:4700:4700::1111", "2a00:1450:4001:81b::200e"]
INSIDE = [
    *("127.0.0.1", "127.8.9.10", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", UNSPECIFIED),
    *("169.254.169.254", "100.64.0.1", "100.127.255.255", "198.18.0.1", "192.0.2.1", "224.0.0.1"),
    *("240.0.0.1", "255.255.255.255", "192.88.99.1", "192.0.0.8"),
    *("::1", "::", "fe80::1", "fe80::1%1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1"),
    *("::ffff:127.0.0.1", "::ffff:93.184.216.34", "::127.0.0.1"),  # IPv4 in IPv6
    *("2002:7f00:1::", "2002:a9fe:a9fe::1"),  # 6to4
    *("64:ff9b::7f00:1", "64:ff9b:1::a9fe:a9fe", "64:ff9b::5db8:d822"),  # NAT64
    *("2001:0:4136:e378:8000:63bf:3fff:fdd2", "3fff::1", "5f00::1", "100::1"),  # Teredo and others
]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_permitted(address: str) -> None:
    assert SafeAddresses().permits(ip_address(address))


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_or_in_disguise_is_refused(address: str) -> None:
    assert not SafeAddresses().permits(ip_address(address))


def test_an_operator_allows_internal_networks_and_refuses_public_ones() -> None:
    safe = SafeAddresses(
        allowed=networks("10.20.0.0/16, fd12:3456::/32"), refused=networks("10.20.30.0/24,93.184.216.0/24")
    )

    permitted = {each: safe.permits(ip_address(each)) for each in ("10.20.1.1", "fd12:3456::1", "1.1.1.1")}
    assert all(permitted.values()), permitted
    for address in ("10.20.30.1", "93.184.216.34", "10.21.0.1", "127.0.0.1"):
        assert not safe.permits(ip_address(address)), address


NEVER = [
    *("169.254.169.254", "fe80::1", UNSPECIFIED, "224.0.0.1", "fd00:ec2::254", "100.100.100.200"),
    *("168.63.129.16", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1"),
]


@pytest.mark.parametrize("address", NEVER)
def test_no_setting_allows_metadata_of_clouds_or_multicast(address: str) -> None:
    everything = SafeAddresses(allowed=(ip_network("0.0.0.0/0"), ip_network("::/0")))

    assert not everything.permits(ip_address(address))
    assert everything.permits(ip_address("10.0.0.1"))


def test_an_ipv6_address_that_stands_for_an_ipv4_address_leads_nowhere_else() -> None:
    """In a network without IPv4 an operator allows NAT64, and no way inside by it."""
    safe = SafeAddresses(allowed=networks("64:ff9b::/96, ::ffff:0:0/96"), refused=networks("1.1.1.0/24"))

    assert safe.permits(ip_address("64:ff9b::5db8:d822"))  # 93.184.216.34
    for inside in ("64:ff9b::a00:1", "::ffff:10.0.0.1", "64:ff9b::101:101"):
        assert not safe.permits(ip_address(inside)), inside


@pytest.mark.parametrize("text", ["10.0.0.0/33", "example.org", "10.0.0.1/8"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        networks(text)


def answers(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """The resolver answers so; answers what it was asked."""
    asked: list[str] = []

    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


def test_of_several_addresses_only_those_that_are_permitted_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answers(monkeypatch, "10.0.0.1", "93.184.216.34", "::1")

    assert SafeAddresses().of("partner.example.org", 443, 5.0) == ["93.184.216.34"]
    assert asked == ["partner.example.org"]


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]"])
def test_a_host_that_stands_for_this_machine_is_refused_however_it_is_written(host: str) -> None:
    with pytest.raises((AddressRefused, socket.gaierror)):
        SafeAddresses().of(host, 443, 5.0)


def test_nobody_waits_for_a_resolver_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    never = socket.socketpair()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: never[0].recv(1))

    with pytest.raises(TimeoutError):
        SafeAddresses().of("partner.example.org", 443, 0.01)

    for each in never:
        each.close()
