"""The counter and the tally as processes, workers among them: `counter <role>`, `tally worker`.

What a test does to a worker, it does by signals and by files in the folder LINLI_TEST_HOOKS:

- SIGUSR1: say on a line of stderr whether gRPC is loaded, and whether sockets are patched;
- SIGUSR2: hang the hub;
- `gate`: as long as it is there, a batch with events waits before it takes effect;
- `raise`: what carries a batch to its effects raises what nobody foresaw;
- `die`: the process kills itself between the commit of such a batch and its acknowledgement;
- `die in the past`: the same with a batch of some types only.

With LINLI_TEST_MENDED the tally takes every number; with LINLI_TEST_NEWER it is of the next release,
and with LINLI_TEST_NEWER=checks of one that stores another type of its own.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

if sys.argv[2:3] == ["worker"]:  # another kind of process, from its first import on
    import libs.worker.patch  # noqa: F401

from libs.runtime.config import guards
from libs.runtime.host.opened import OpenService
from libs.runtime.host.process_host import ProcessHost
from libs.runtime.host.shell import Died
from libs.runtime.tests.example import counter, newer, tally
from libs.runtime.tests.example.roles import run

IS_WORKER = sys.argv[2:3] == ["worker"]
HOOKS = Path(os.environ.get("LINLI_TEST_HOOKS", "/nowhere"))


def _hooked(opened: OpenService) -> type:
    """The class that a service's worker runs, with what a test does to it."""
    import eventlet
    from linli.exchange.v1 import exchange_pb2
    from linli.feed.v1 import feed_service_pb2 as feed

    from libs.messaging.intake import Delivered
    from libs.messaging.tests.town import unsealed
    from libs.worker.deliveries import deliveries
    from libs.worker.nameko_class import Hears, nameko_class

    made = nameko_class(opened)
    if not issubclass(made, Hears):
        return made

    class Hooked(made):  # type: ignore[misc,valid-type]  # made a line ago
        @deliveries
        def hear(self, upstream: str, delivered: Delivered) -> exchange_pb2.Rewind | None:
            while (HOOKS / "gate").exists() and unsealed(delivered.body).events:
                (HOOKS / "in hand").touch()
                eventlet.sleep(0.01)
            if (HOOKS / "raise").exists():
                raise RuntimeError("nobody foresaw this")
            answer = super().hear(upstream, delivered)
            for last in (HOOKS / "die", HOOKS / "die in the past"):
                batch = unsealed(delivered.body) if last.exists() else feed.Batch()
                if batch.events and bool(batch.types) == last.name.endswith("past"):
                    last.unlink()
                    os.kill(os.getpid(), signal.SIGKILL)
            return answer  # type: ignore[no-any-return]  # as its base says

    return Hooked


def _worker(opened: OpenService, died: Died) -> ProcessHost:
    from libs.worker.host import WorkerHost

    return WorkerHost(opened, died, make=_hooked)


def _say_what_is_loaded(_number: int, _frame: Any) -> None:
    from eventlet import patcher

    said = {
        "event": "loaded",
        "grpc": any(name.partition(".")[0] == "grpc" for name in sys.modules),
        "patched": guards.is_patched(),
    }
    patcher.original("os").write(2, f"{json.dumps(said)}\n".encode())


def _hang(_number: int, _frame: Any) -> None:
    from eventlet import patcher

    patcher.original("time").sleep(600)


def _main(words: list[str]) -> int:
    signal.signal(signal.SIGUSR1, _say_what_is_loaded)
    signal.signal(signal.SIGUSR2, _hang)
    if os.environ.get("LINLI_TEST_MENDED"):
        tally.mended.add(tally.POISON)
    releases = {"": tally.SERVICE, "checks": newer.TALLY_SERVICE}
    tallying = releases.get(os.environ.get("LINLI_TEST_NEWER", ""), tally.NEWER)
    service = {"counter": counter.SERVICE, "tally": tallying}[words[0]]
    return run(service, words[1:], worker=_worker if IS_WORKER else None)


if __name__ == "__main__":
    raise SystemExit(_main(sys.argv[1:]))
