"""Which services there are, what each declares, and what runs it."""

import importlib
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # `linli call` loads no more of a service than its stubs
    from libs.runtime.host.parts import Service

NAMES = ("identity", "catalog", "cases", "volunteers", "supervision")


def load(name: str) -> "Service":
    """A service's declaration."""
    service: Service = importlib.import_module(f"services.{name}.wiring").SERVICE
    return service


def command_of(name: str) -> tuple[str, ...]:
    """The command of a service in a process of its own; the role follows it."""
    return (sys.executable, "-m", "services.command", name)
