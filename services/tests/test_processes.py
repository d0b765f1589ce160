"""What a process must not load: gRPC where it serves none, heavy things before they are needed."""

import subprocess
import sys

import pytest

from services.up import NAMES

HEAVY = ("grpc", "eventlet", "nameko", "ortools", "pandas")


@pytest.mark.parametrize("name", NAMES)
def test_a_service_is_wired_without_grpc_and_without_heavy_libraries(name: str) -> None:
    program = (
        f"import services.{name}.wiring, libs.runtime.opened, libs.messaging.inbox, sys;"
        f"print(*(module for module in {HEAVY} if module in sys.modules))"
    )

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert ended.stdout.split() == []
