"""A process that would hang refuses to start and says why."""

import subprocess
import sys

import pytest

from libs.runtime.config import guards


def test_an_ordinary_process_may_serve_grpc() -> None:
    guards.refuse_patched_sockets()


@pytest.mark.process
def test_a_process_with_patched_sockets_must_not_serve_grpc() -> None:
    program = (
        "import eventlet; eventlet.monkey_patch();"
        "from libs.runtime.config import guards; guards.refuse_patched_sockets()"
    )

    ended = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True)

    assert ended.returncode == 1
    assert "run the api and the worker as separate processes" in ended.stderr


def test_a_process_with_grpc_must_not_be_a_worker() -> None:
    import grpc  # noqa: F401 # it is loaded now

    with pytest.raises(guards.CannotStart, match="gRPC is loaded"):
        guards.refuse_grpc()


def test_a_process_with_plain_sockets_must_not_be_a_worker() -> None:
    with pytest.raises(guards.CannotStart, match="eventlet has not patched"):
        guards.refuse_unpatched_sockets()
