"""The parent of test processes: it has imported what they would, and forks one for each order.

Run as `python -m libs.testkit.forked.parent FD MODULE ...`: the socket on which orders come, and what to
import first; with `libs.worker.patch` at their head its processes are of a worker's kind. It starts no
thread, and ends when nobody holds the other end of the socket.
"""

import ctypes
import gc
import io
import json
import os
import runpy
import signal
import socket
import sys
import time
import types
from importlib import import_module
from pathlib import Path
from typing import Any

LONGEST = 2**20
"""Bytes of an order, of which nearly all is the environment."""

_PR_SET_PDEATHSIG = 1
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
_fork, _waitpid, _read, _write, _sleep = os.fork, os.waitpid, os.read, os.write, time.sleep
"""As they are before eventlet takes their place."""


def _main(fd: int, modules: list[str]) -> dict[str, Any]:
    """Import, and then fork; answers in each forked process what it is to be."""
    connection = socket.socket(fileno=fd)
    before = dict(os.environ)
    for module in modules:
        import_module(module)
    imported = {name: value for name, value in os.environ.items() if before.get(name) != value}
    gc.freeze()
    unblocked = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # they wait until it is who it is to be
    order = _ordered(connection)
    _become(order)
    _have_own_hub()
    signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)
    os.environ.clear()
    os.environ.update(order["environ"] | imported)
    return order


def _ordered(connection: socket.socket) -> dict[str, Any]:
    """Fork for each order that comes; returns in the forked process, with its order."""
    while True:
        said, fds, _, _ = socket.recv_fds(connection, LONGEST, 3)
        if not said:
            os._exit(0)
        answer, telling = os.pipe()
        if (between := _fork()) == 0:
            between = os.getpid()
            if (pid := _fork()) == 0:
                for each in (connection.detach(), answer, telling):
                    os.close(each)
                order: dict[str, Any] = json.loads(said) | {"fds": fds, "between": between}
                return order
            _write(telling, b"%d" % pid)
            os._exit(0)
        _waitpid(between, 0)  # with it gone, the forked process is a child of the test's process
        for each in (telling, *fds):
            os.close(each)
        connection.send(_read(answer, 64))
        os.close(answer)


def _become(order: dict[str, Any]) -> None:
    """Be, to the system, as a process that was started by exec."""
    for number, fd in enumerate(order["fds"]):
        os.dup2(fd, number)
        os.close(fd)
    if order["session"]:
        os.setsid()
    while os.getppid() == order["between"]:
        _sleep(0.0005)
    if order["bound"]:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != order["parent"]:
            os._exit(0)
    _show(order["command"])


def _have_own_hub() -> None:
    """Where eventlet is loaded, let its hub wait on an epoll of this process: the parent's is everybody's."""
    if hubs := sys.modules.get("eventlet.hubs"):
        hub = hubs.get_hub()
        hub.poll.close()
        hub.poll = type(hub)().poll


def _show(command: list[str]) -> None:
    """Put the command where the system reads it for /proc/PID/cmdline."""
    fields = Path("/proc/self/stat").read_text("ascii").rpartition(")")[2].split()
    begin, end = int(fields[45]), int(fields[46])
    words = b"".join(os.fsencode(word) + b"\0" for word in command)[: end - begin - 1]
    ctypes.memmove(begin, words.ljust(end - begin, b"\0"), end - begin)


def _stream(old: Any, mode: str, unbuffered: bool) -> io.TextIOWrapper:
    """A standard stream as the interpreter makes it, of what its descriptor is now."""
    layer: Any = io.FileIO(old.fileno(), mode, closefd=False)
    layer.name = old.name
    newline = None if mode == "r" else "\n"
    if mode == "r":
        layer = io.BufferedReader(layer)
    elif not unbuffered:
        layer = io.BufferedWriter(layer)
    stream = io.TextIOWrapper(layer, old.encoding, old.errors, newline, old.line_buffering, unbuffered)
    stream.mode = mode  # type: ignore[misc]
    return stream


def _run(order: dict[str, Any]) -> None:
    """Be, to the program, the interpreter that was started with its command."""
    _, *options, _, module = order["command"][: order["command"].index("-m") + 2]
    unbuffered = "-u" in options or bool(os.environ.get("PYTHONUNBUFFERED"))
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = _stream(getattr(sys, name), mode, unbuffered)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    sys.orig_argv = order["command"]
    sys.argv = ["-m", *order["command"][order["command"].index("-m") + 2 :]]
    sys.modules["__main__"] = types.ModuleType("__main__")
    sys.modules["__main__"].__annotations__ = {}
    runpy._run_module_as_main(module)  # type: ignore[attr-defined]  # noqa: SLF001 - what `python -m` calls


if __name__ == "__main__":
    _run(_main(int(sys.argv[1]), sys.argv[3:]))
