"""From where a call comes."""

import pytest

from libs.rpc.peers import address_of
from libs.rpc.tests.conftest import Dial
from libs.rpc.tests.greeter import Greeter, message


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
    assert address_of(peer) == address


def test_a_call_knows_the_address_of_its_peer(dial: Dial, greeter: Greeter) -> None:
    dial().get_greeting(message("GetGreetingRequest")(greeted="李"))

    assert greeter.calls[0].address == "127.0.0.1"
