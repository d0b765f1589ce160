"""Ports as options name them."""

import click
import pytest

from services.command.options import Port


def test_a_port_is_a_number_that_leaves_room_for_those_that_follow() -> None:
    read = [Port().convert("0", None, None), Port().convert("65535", None, None)]

    assert [*read, Port(49).convert("65486", None, None)] == [0, 65535, 65486]


@pytest.mark.parametrize(("text", "following"), [("99999", 0), ("-1", 0), ("many", 0), ("65530", 49)])
def test_what_is_no_port_is_refused_in_a_sentence(text: str, following: int) -> None:
    with pytest.raises(click.BadParameter, match=f"'{text}' is not a port: use a number from 1 to 65"):
        Port(following).convert(text, None, None)
