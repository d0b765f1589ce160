"""Ports as options name them."""

import argparse

import pytest

from libs.runtime.bundled.ports import port_option


def test_a_port_is_a_number_that_leaves_room_for_those_that_follow() -> None:
    assert [port_option()("0"), port_option()("65535"), port_option(49)("65486")] == [0, 65535, 65486]


@pytest.mark.parametrize(("text", "following"), [("99999", 0), ("-1", 0), ("many", 0), ("65530", 49)])
def test_what_is_no_port_is_refused_in_a_sentence(text: str, following: int) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=f"'{text}' is no port: use a number from 1 to 65"):
        port_option(following)(text)
