"""From where a call comes, and whom we believe about it."""

from collections.abc import Iterator

import pytest

from libs.rpc.client import connect
from libs.rpc.peers import NO_PROXIES, TrustedProxies
from libs.rpc.server import Server
from libs.rpc.settings import ServerSettings
from libs.rpc.tests.conftest import Dial
from libs.rpc.tests.greeter import SERVICE, Greeter, message
from libs.testkit.rpc import serving

PROXIES = TrustedProxies.of(["10.0.0.0/8", "fd00::7"])
PROXY, CALLER = "ipv4:10.0.0.7:50414", "192.0.2.1"


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("ipv4:10.0.0.7:50414", "10.0.0.7"),
        ("ipv6:%5B2001:db8:1:2:3::4%5D:50414", "2001:db8:1:2::/64"),
        ("ipv6:[::ffff:10.0.0.7]:50414", "10.0.0.7"),
        ("ipv6:%5Bfe80::1%25eth0%5D:50414", "fe80::/64"),
        ("unix:/run/linli.sock", ""),
        ("unix:", ""),
        ("", ""),
    ],
)
def test_the_address_of_a_peer(peer: str, address: str) -> None:
    assert NO_PROXIES.caller_of(peer, ()) == address


@pytest.mark.parametrize(
    ("forwarded_for", "address"),
    [
        ([CALLER], CALLER),
        (["198.51.100.9, 192.0.2.1"], CALLER),  # who calls the proxy may write what they like before it
        (["198.51.100.9", "192.0.2.1"], CALLER),
        (["198.51.100.9,192.0.2.1, 10.9.9.9"], CALLER),  # a proxy before the proxy
        (["192.0.2.1:4711"], CALLER),
        (["[2001:db8:1:2:3::4]:4711"], "2001:db8:1:2::/64"),
        (["2001:db8:1:2:3::4"], "2001:db8:1:2::/64"),
        (["10.1.1.1"], "10.1.1.1"),  # nobody but proxies: the farthest one
        ([], "10.0.0.7"),
        (["unknown"], "10.0.0.7"),
        (["192.0.2.1, "], "10.0.0.7"),
    ],
)
def test_a_trusted_proxy_is_believed_about_the_hop_that_it_added(
    forwarded_for: list[str], address: str
) -> None:
    assert PROXIES.caller_of(PROXY, forwarded_for) == address
    assert PROXIES.caller_of("ipv6:%5Bfd00::7%5D:1", forwarded_for) in {address, "fd00::/64"}


@pytest.mark.parametrize("peer", ["ipv4:192.0.2.7:1", "ipv6:%5Bfd00::8%5D:1", "unix:"])
def test_nobody_else_is_believed(peer: str) -> None:
    assert PROXIES.caller_of(peer, [CALLER]) == NO_PROXIES.caller_of(peer, ())
    assert NO_PROXIES.caller_of(PROXY, [CALLER]) == "10.0.0.7"


@pytest.mark.parametrize("written", ["10.0.0.0/33", "proxy.example", "10.0.0.7/8", "0.0.0.0/0", "::/0"])
def test_what_is_no_network_of_proxies_is_refused_by_name(written: str) -> None:
    with pytest.raises(ValueError, match=written):
        TrustedProxies.of(["10.0.0.0/8", written])


def test_a_call_knows_the_address_of_its_peer(dial: Dial, greeter: Greeter) -> None:
    dial(metadata={"x-forwarded-for": CALLER}).get_greeting(message("GetGreetingRequest")(greeted="李"))

    assert greeter.calls[0].address == "127.0.0.1"


@pytest.fixture
def behind_a_proxy(greeter: Greeter) -> Iterator[str]:
    proxies = TrustedProxies.of(["127.0.0.0/8"])
    server = Server(ServerSettings(workers=2, trusted_proxies=proxies))
    server.add(SERVICE, greeter)
    with serving(server) as address:
        yield address


def test_a_call_through_a_trusted_proxy_knows_who_called_the_proxy(
    behind_a_proxy: str, greeter: Greeter
) -> None:
    with connect(behind_a_proxy, metadata={"x-forwarded-for": f"198.51.100.9, {CALLER}"}) as client:
        client.service(SERVICE).get_greeting(message("GetGreetingRequest")(greeted="李"))

    assert greeter.calls[0].address == CALLER
