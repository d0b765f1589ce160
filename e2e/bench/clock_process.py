"""The clocks of cases and nothing else, as the worker runs them: `python -m e2e.bench.clock_process`."""

import os
import signal
import threading

from libs.messaging.clocks import ClockRunner
from libs.runtime.config.settings import Settings, read
from libs.runtime.host.opened import open_service
from services.cases.wiring import SERVICE


def main() -> None:
    """Fire what falls due, until the process is told to stop."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    service = open_service(SERVICE, read(Settings, os.environ), os.environ)
    try:
        ClockRunner(service.name, service.views, service.streams, SERVICE.clocks).run(stop)
    finally:
        service.close()


if __name__ == "__main__":
    main()
