"""What a process must not load: gRPC where it serves none, heavy things before they are needed."""

import subprocess
import sys
from pathlib import Path

import pytest

import services
from services.up import NAMES

HEAVY = ("grpc", "eventlet", "nameko", "ortools", "pandas")


@pytest.mark.parametrize("name", NAMES)
def test_a_service_is_wired_without_grpc_and_without_heavy_libraries(name: str) -> None:
    program = (
        f"import services.{name}.wiring, libs.runtime.host.opened, libs.messaging.inbox, sys;"
        f"print(*(module for module in {HEAVY} if module in sys.modules))"
    )

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert ended.stdout.split() == []


@pytest.mark.parametrize("name", NAMES)
def test_a_worker_loads_no_grpc_and_an_api_patches_no_sockets(name: str) -> None:
    """Each as its process loads it; that both refuse to start otherwise is shown beside the guards."""
    worker = (
        f"import libs.worker.patch, services.{name}.wiring, services.{name}.entrypoints.worker;"
        "from libs.runtime.config import guards; guards.refuse_grpc(); guards.refuse_unpatched_sockets()"
    )
    api = (
        f"import sys; sys.argv = ['linli', '--help']; import services.{name}.wiring;"
        "import libs.runtime.host.serving;"
        "from libs.runtime.config import guards; guards.refuse_patched_sockets();"
        "assert not {'eventlet', 'nameko'} & set(sys.modules)"
    )

    for program in (worker, api):
        subprocess.run([sys.executable, "-c", program], check=True)


def test_the_entrypoint_of_each_service_patches_before_anything_else() -> None:
    for name in NAMES:
        lines = (Path(services.__file__).parent / name / "__main__.py").read_text().splitlines()
        first = next(number for number, line in enumerate(lines) if "import libs.worker.patch" in line)

        earlier = [line for line in lines[:first] if line.startswith(("import ", "from "))]

        assert earlier == ["import sys"]
