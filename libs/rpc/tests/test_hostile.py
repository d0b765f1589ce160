"""Whatever is sent to the greeter, it answers clearly."""

import pytest

from libs.rpc.client import connect
from libs.rpc.tests.greeter import SERVICE, Greeter
from libs.testkit.hostile import assert_never_broken
from libs.testkit.rpc import Mint, every_rpc


def test_hostile_requests_never_break_an_rpc(address: str, mint: Mint) -> None:
    everything = mint.person("OPERATOR")

    with connect(address, everything) as client:
        assert_never_broken(client, every_rpc(SERVICE), seeds={"note_id": ["n1", "n2"]})


def test_the_suite_finds_an_rpc_that_breaks(address: str, mint: Mint, greeter: Greeter) -> None:
    greeter.trouble = ValueError("a bug")

    with connect(address, mint.person("OPERATOR")) as client, pytest.raises(AssertionError, match="INTERNAL"):
        assert_never_broken(client, every_rpc(SERVICE))
