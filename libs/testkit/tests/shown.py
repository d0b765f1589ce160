"""A program that shows what it was started with, and ends as it is told: `shown HOW [worker]`."""

import sys

if sys.argv[2:3] == ["worker"]:
    import libs.worker.patch  # noqa: F401

import atexit
import ctypes
import gc
import json
import os
import signal
import threading
from pathlib import Path
from typing import Any

from libs.runtime.config import guards


def _facts() -> dict[str, Any]:
    main = sys.modules["__main__"]
    streams: list[Any] = [sys.stdin, sys.stdout, sys.stderr]
    words = Path("/proc/self/cmdline").read_bytes().rstrip(b"\0").split(b"\0")
    bound = ctypes.c_int()
    ctypes.CDLL(None).prctl(2, ctypes.byref(bound))  # PR_GET_PDEATHSIG
    return {
        "environ": dict(os.environ),
        "folder": str(Path.cwd()),
        "command": [sys.argv, sys.orig_argv, [word.decode() for word in words], sys.executable, sys.path],
        "main": [main.__name__, main.__file__, main.__spec__ and main.__spec__.name, sorted(vars(main))],
        "streams": [
            [
                of.name,
                of.mode,
                of.encoding,
                of.errors,
                of.line_buffering,
                of.write_through,
                str(type(of.buffer)),
            ]
            for of in streams
        ],
        "given": sys.stdin.read(),
        "leads": [os.getsid(0) == os.getpid(), os.getpgid(0) == os.getpid()],
        "parent": os.getppid(),
        "signals": {
            str(number): str(signal.getsignal(number)).partition(" at ")[0]
            for number in signal.valid_signals()
        },
        "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
        "bound": bound.value,
        "files": sorted(each.name for each in Path("/proc/self/fd").iterdir()),
        "threads": [threading.active_count(), threading.current_thread() is threading.main_thread()],
        "collected": [gc.isenabled(), gc.get_threshold()],
        "patched": guards.is_patched(),
        "knows grpc": "grpc" in sys.modules,
        "forked": gc.get_freeze_count() > 0,
    }


def _watched() -> int:
    """How many files eventlet's hub watches when it has begun to watch the standard input."""
    from eventlet.hubs import get_hub

    poll = get_hub().poll
    poll.register(0, 1)
    return Path(f"/proc/self/fdinfo/{poll.fileno()}").read_text("ascii").count("tfd:")


def _end(how: str) -> int:
    match how:
        case "raise":
            raise RuntimeError("nobody foresaw this")
        case "words":
            sys.exit("it cannot")
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "interrupt":
            os.kill(os.getpid(), signal.SIGINT)
        case "later":
            atexit.register(print, "at the end")
            threading.Timer(0.01, print, ["a thread"]).start()
        case "grpc":
            import grpc  # noqa: F401

            guards.refuse_grpc()
        case _:
            pass
    return 3 if how == "status" else 0


if __name__ == "__main__":
    if sys.argv[1] == "watch":
        sys.stdout.write(f"{_watched()}\n")
        sys.stdout.flush()
        sys.stdin.read()
        raise SystemExit
    sys.stdout.write(f"{json.dumps(_facts())}\n")
    raise SystemExit(_end(sys.argv[1]))
