"""Refusals at start-up: a process that cannot work says why before it serves anybody."""

import sys


class CannotStart(Exception):
    """The process must not start; the message says why and what to do."""


def refuse_patched_sockets() -> None:
    """A gRPC process whose sockets eventlet has patched hangs: refuse to be one."""
    if is_patched():
        raise CannotStart(
            "eventlet has patched the sockets of this process, and gRPC hangs on patched sockets:"
            " run the api and the worker as separate processes (`linli <service> server`, started by exec)"
        )


def refuse_unpatched_sockets() -> None:
    """The worker stands on eventlet: with the plain sockets each wait would hold up all the others."""
    if not is_patched():
        raise CannotStart(
            "eventlet has not patched the sockets of this process: run the worker by `linli <service> worker`"
        )


def refuse_grpc() -> None:
    """The worker stands on eventlet: if gRPC is loaded, too, its hub freezes."""
    if any(name == "grpc" or name.startswith("grpc.") for name in sys.modules):
        raise CannotStart(
            "gRPC is loaded in this process, and a worker on eventlet freezes with it:"
            " run the worker as a process of its own, started by exec"
        )


def is_patched() -> bool:
    """Whether eventlet has patched the sockets of this process."""
    patcher = sys.modules.get("eventlet.patcher")
    return patcher is not None and bool(patcher.is_monkey_patched("socket"))
