"""Starts the project's programs by fork, wherever a test or what it tests starts them by `subprocess`."""

import ctypes
import inspect
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from libs.runtime.cluster.supervised import BOUND

PATCH = "libs.worker.patch"
_PARENT = "libs.testkit.forked.parent"
_OURS = {"libs", "services", "e2e"}
_READ_BEFORE = ("PYTHON", "LC_", "LANG", "LD_", "TZ", "PSYCOPG_", "GRPC_", "EVENTLET_", "MALLOC_", "GLIBC_")
"""How names begin of what interpreters and libraries read as they start."""
_STREAMS = ("p2cread", "c2pwrite", "errwrite")
_PIPES = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")
_USUAL: Mapping[str, Any] = {
    "executable": None, "preexec_fn": None, "close_fds": True, "pass_fds": (), "shell": False,
    "restore_signals": True, "gid": None, "gids": None, "uid": None, "umask": -1, "process_group": -1,
}  # fmt: skip
_PR_SET_CHILD_SUBREAPER = 36
_ROOM = "-" * 4000  # on the parent's command line, for the commands of its processes
_execute = subprocess.Popen._execute_child  # type: ignore[attr-defined]  # noqa: SLF001 - what starts by exec
_parameters = inspect.signature(_execute)


class Parent:
    """The process that forks one kind of test processes; it starts when the first is wanted."""

    def __init__(self, *modules: str) -> None:
        """`modules` are imported before the first fork, in this order."""
        self._modules = modules
        self._running: tuple[socket.socket, subprocess.Popen[bytes]] | None = None

    def fork(self, order: Mapping[str, Any], fds: Sequence[int]) -> int:
        """Fork a child of this process; its pid. `fds` become its standard input, output and error."""
        orders, _ = self._running = self._running or self._started()
        try:
            with _adopting():
                socket.send_fds(orders, [json.dumps(order).encode()], list(fds))
                pid = orders.recv(64)
            if not pid:
                raise RuntimeError("the parent of the test processes has ended: its last words are on stderr")
        except BaseException:
            self.close()  # a late answer would be taken for that to the next order
            raise
        return int(pid)

    def close(self) -> None:
        """End it; processes that it has forked go on."""
        if self._running is not None:
            orders, process = self._running
            orders.close()
            process.kill()
            process.wait()
            self._running = None

    def _started(self) -> "tuple[socket.socket, subprocess.Popen[bytes]]":
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            null, fd = subprocess.DEVNULL, theirs.fileno()
            command = [sys.executable, "-m", _PARENT, str(fd), _ROOM, *self._modules]
            return ours, subprocess.Popen(command, pass_fds=[fd], stdin=null, stdout=null)


class Starter:
    """Decides for each program that is to start whether it is forked, and from which parent."""

    def __init__(self, plain: Sequence[str], worker: Sequence[str]) -> None:
        """What the parents import first: that of plain processes, and that of workers (`SERVICE worker`)."""
        self.by_exec = False
        self._parents = {False: Parent(*plain), True: Parent(PATCH, *worker)}
        self._folder = Path.cwd()
        self._environ = dict(os.environ)
        self._lock = threading.Lock()

    def start(self, wanted: Mapping[str, Any]) -> int:
        """Fork the program that `subprocess` is asked for; its pid, or 0 if it takes an exec."""
        command, bound = _unbound([os.fsdecode(word) for word in wanted["args"]])
        fds = [fd if fd != -1 else n for n, fd in enumerate(wanted[of] for of in _STREAMS)]
        given = os.environ if wanted["env"] is None else wanted["env"]
        environ = {os.fsdecode(name): os.fsdecode(value) for name, value in given.items()}
        if self.by_exec or not (
            all(wanted[name] == usual for name, usual in _USUAL.items())
            and _is_ours(command)
            and Path(wanted["cwd"] or ".").absolute() == self._folder
            and _read_before(environ) == _read_before(self._environ)
            and not any(map(os.isatty, fds))
        ):
            return 0
        order = {
            "command": command,
            "environ": environ,
            "session": wanted["start_new_session"],
            "bound": bound,
            "parent": os.getpid(),
        }
        with self._lock:
            return self._parents[_is_worker(command)].fork(order, fds)

    def close(self) -> None:
        """End the parents."""
        for parent in self._parents.values():
            parent.close()


@contextmanager
def forking(starter: Starter) -> Iterator[None]:
    """Meanwhile, `subprocess` of this process asks the starter first."""

    def execute(self: "subprocess.Popen[Any]", *given: Any) -> None:
        wanted = _parameters.bind(self, *given).arguments
        if pid := starter.start(wanted) if isinstance(wanted["args"], list | tuple) else 0:
            self.pid = pid
            self._child_created = True  # type: ignore[attr-defined]
            self._close_pipe_fds(*(wanted[end] for end in _PIPES))  # type: ignore[attr-defined]
        else:
            _execute(self, *given)

    with pytest.MonkeyPatch.context() as patching:
        patching.setattr(subprocess.Popen, "_execute_child", execute)
        yield


def _unbound(command: list[str]) -> tuple[list[str], bool]:
    """The command that a supervisor binds to its own life, and whether it does."""
    binding = [sys.executable, "-I", "-S", "-c", BOUND, str(os.getpid())]
    bound = command[: len(binding)] == binding
    return command[len(binding) :] if bound else command, bound


def _is_ours(command: Sequence[str]) -> bool:
    """Whether it is `python [-u] -m MODULE ...` with a module of the project."""
    if command[0] != sys.executable or "-m" not in command[1:-1]:
        return False
    at = command.index("-m")
    return set(command[1:at]) <= {"-u"} and command[at + 1].partition(".")[0] in _OURS


def _is_worker(command: Sequence[str]) -> bool:
    """Whether it is `python -m MODULE SERVICE worker`, a process of another kind from its first import on."""
    return command[command.index("-m") + 3 :][:1] == ["worker"]


def _read_before(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name.startswith(_READ_BEFORE)}


@contextmanager
def _adopting() -> Iterator[None]:
    """Meanwhile, what is orphaned among our descendants becomes our child."""
    prctl = ctypes.CDLL(None).prctl
    prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
