"""The baseline of the exchange: nameko's own EventDispatcher and event_handler, with nameko's defaults.

    python -m e2e.bench.nameko_events handle URI DSN           one INSERT an event, committed by itself
    python -m e2e.bench.nameko_events dispatch URI FILE COUNT  each line of FILE, from COUNT threads

Both are driven by a line on standard input and answer with lines of JSON on standard output.
"""

import json
import os
import signal
import sys
import threading
import time
import warnings
from itertools import count
from pathlib import Path
from typing import Any

EVENT_TYPE = "happened"
TABLE = "CREATE TABLE taken (number bigserial PRIMARY KEY, id text NOT NULL, event text NOT NULL)"


def main() -> None:
    """Run the half that was asked for."""
    half, uri, *rest = sys.argv[1:]
    if half == "handle":
        _handle(uri, rest[0])
    else:
        _dispatch(uri, Path(rest[0]), int(rest[1]))


def _dispatch(uri: str, file: Path, threads: int) -> None:
    """Dispatch all events, in order if by one thread; each waits for the broker's confirmation."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from nameko.standalone.events import event_dispatcher

    events = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    dispatch = event_dispatcher(uri=uri)
    numbers = count()

    def run() -> None:
        while (number := next(numbers)) < len(events):
            dispatch("cases", EVENT_TYPE, events[number])

    workers = [threading.Thread(target=run) for _ in range(threads)]
    _say(ready=True)
    sys.stdin.readline()
    began = time.monotonic()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    _say(began=began, ended=time.monotonic())


def _handle(uri: str, dsn: str) -> None:
    """Handle events until SIGTERM, as `nameko run` does: patched sockets, ten workers, ten prefetched."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import eventlet
    os.environ["PSYCOPG_WAIT_FUNC"] = "wait_selector"
    eventlet.monkey_patch()

    from nameko import config
    from nameko.runners import ServiceRunner

    config.setup({"AMQP_URI": uri})
    runner = ServiceRunner()
    runner.add_service(_taker(dsn))
    signal.signal(signal.SIGTERM, lambda *_: eventlet.spawn_n(runner.stop))
    _say(ready=True)
    sys.stdin.readline()
    began = time.monotonic()
    runner.start()
    _say(began=began, listens=time.monotonic())
    runner.wait()


def _taker(dsn: str) -> type:
    """The service; call it when sockets are patched, and nameko is configured."""
    import psycopg
    from eventlet.queue import LightQueue
    from nameko.constants import DEFAULT_MAX_WORKERS
    from nameko.events import event_handler
    from nameko.extensions import DependencyProvider

    class Connections(DependencyProvider):  # type: ignore[misc]  # nameko ships no types
        """One connection to the database for each worker, opened once."""

        def start(self) -> None:
            self._free: LightQueue = LightQueue()
            for _ in range(DEFAULT_MAX_WORKERS):
                self._free.put(psycopg.connect(dsn, autocommit=True))

        def get_dependency(self, _context: Any) -> LightQueue:
            return self._free

    class Taker:
        """A service that notes each event."""

        name = "taker"
        connections = Connections()

        @event_handler("cases", EVENT_TYPE)  # type: ignore[untyped-decorator]  # nameko ships no types
        def take(self, event: dict[str, Any]) -> None:
            connection = self.connections.get()
            try:
                connection.execute(
                    "INSERT INTO taken (id, event) VALUES (%s, %s)",
                    [event["id"], event["data"]],
                    prepare=True,
                )
            finally:
                self.connections.put(connection)

    return Taker


def _say(**what: object) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main()
