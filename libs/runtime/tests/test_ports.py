"""Ports: which can be used, and the reason why not."""

import os
import socket
import subprocess
import sys
from contextlib import closing

import pytest

from libs.runtime.bundled import ports
from libs.runtime.bundled.ports import free_instead, free_ports, port_number, refuse_taken, taken
from libs.runtime.config.guards import CannotStart

AS_A_USER = ["setpriv", "--bounding-set=-net_bind_service"] if os.geteuid() == 0 else []


def test_a_port_is_a_number_that_leaves_room_for_those_that_follow() -> None:
    assert [port_number("0"), port_number("65535"), port_number("65486", 49)] == [0, 65535, 65486]


@pytest.mark.parametrize(("text", "following"), [("99999", 0), ("-1", 0), ("many", 0), ("65530", 49)])
def test_what_is_no_port_is_refused_in_a_sentence(text: str, following: int) -> None:
    with pytest.raises(ValueError, match=f"'{text}' is not a port: use a number from 1 to 65"):
        port_number(text, following)


def test_a_port_that_is_in_use_is_refused_with_who_uses_it_and_one_that_is_free() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]

        with pytest.raises(CannotStart) as refused:
            refuse_taken(port, "Choose another with --port")

    sentence, _, instead = str(refused.value).rpartition(", for instance ")
    assert sentence.startswith(f"port {port} cannot be used: ")
    assert f"(process {os.getpid()}) listens there. Choose another with --port" in sentence
    assert int(instead) != port
    assert taken(int(instead)) == ""


def test_no_port_is_answered_twice_nor_by_two_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_part", (0, 1))

    ports.keep_to(1, 7)
    one = [*free_ports(300), *free_ports(300)]
    ports.keep_to(2, 7)
    other = free_ports(300)

    assert len({*one, *other}) == 900


def test_what_is_suggested_is_never_what_was_refused() -> None:
    for port in (80, 7400, 7500, 65_500, *free_ports(2)):
        assert free_instead(port) != port


@pytest.mark.process
def test_a_port_that_only_root_may_use_is_refused_with_that_reason() -> None:
    program = "from libs.runtime.bundled.ports import refuse_taken; refuse_taken(80, 'Choose another')"

    refused = subprocess.run([*AS_A_USER, sys.executable, "-c", program], capture_output=True, text=True)

    assert (
        "port 80 cannot be used: only root may listen on ports below 1024. Choose another" in refused.stderr
    )
