"""The class that nameko runs has a method for what its service declares, and none besides."""

import subprocess
import sys

import pytest

from libs.testkit import patience

PROGRAM = """
import libs.worker.patch
import sys
from types import SimpleNamespace
from nameko.containers import ServiceContainer
from libs.worker.nameko_class import nameko_class

hears, ticks = (bool(int(word)) for word in sys.argv[1:])
service = SimpleNamespace(subscriptions={"street": {}} if hears else {}, clocks=("due",) if ticks else ())
opened = SimpleNamespace(name="tally", service=service)
container = ServiceContainer(nameko_class(opened))
print(container.service_name, *sorted(entrypoint.method_name for entrypoint in container.entrypoints))
"""


@pytest.mark.process
@pytest.mark.parametrize(
    ("hears", "ticks", "methods"),
    [(True, True, ["hear", "tick"]), (True, False, ["hear"]), (False, True, ["tick"]), (False, False, [])],
)
def test_a_worker_hears_neighbours_and_ticks_as_its_service_declares(
    hears: bool, ticks: bool, methods: list[str]
) -> None:
    command = [sys.executable, "-c", PROGRAM, str(int(hears)), str(int(ticks))]

    ended = subprocess.run(command, capture_output=True, text=True, timeout=patience.seconds(60), check=True)

    assert ended.stdout.split() == ["tally", *methods]
