"""One worker process: a nameko container around an open service, its probes, and a watch over the hub."""

import logging
from collections.abc import Callable, Sequence
from functools import partial

import eventlet
from eventlet import Timeout
from nameko.containers import ServiceContainer

from libs.messaging.failures import trouble
from libs.runtime.config import guards
from libs.runtime.host.opened import OpenService, broker_of
from libs.runtime.host.process import Facts
from libs.runtime.host.process_host import ProcessHost
from libs.telemetry import logs
from libs.telemetry.http import Endpoint
from libs.worker.nameko_class import nameko_class
from libs.worker.runner import ServiceRunner
from libs.worker.watch import HubWatchdog

_log = logs.get("worker")


class WorkerHost(ProcessHost):
    """Runs the worker of one service."""

    def __init__(
        self,
        opened: OpenService,
        died: Callable[[], None] = lambda: None,
        *,
        make: Callable[[OpenService], type] = nameko_class,
    ) -> None:
        """`died` is called when the container has died; `make` answers the nameko class that it runs."""
        super().__init__([opened], views="read" if opened.service.clocks else "none", died=died)
        logging.getLogger("nameko").setLevel(logging.CRITICAL)  # what went wrong is said here, and once
        self._runner = ServiceRunner(opened, broker_of(opened.settings))
        self._container = ServiceContainer(make(opened))
        self._container.runner = self._runner
        self._watch = HubWatchdog(opened.settings.hub_patience.total_seconds())

    def start(self) -> None:
        """Start everything. Raises `CannotStart` (gRPC is loaded, sockets are unpatched, a port is taken)."""
        guards.refuse_unpatched_sockets()
        super().start()

    def _start_parts(self, http: Endpoint) -> None:
        for upstream in self._runner.upstreams:
            name = f"{self._runner.opened.name}.from.{upstream}"
            http.checks[name] = partial(self._runner.lacks, upstream)
        http.checks[f"{self._runner.opened.name}.inbox"] = self._runner.trouble
        self._container.start()
        eventlet.spawn(self._wait_for_death)
        self._watch.start()
        guards.refuse_grpc()

    def _stop_parts(self) -> None:
        """Finish the batches in hand within the grace period, then let go of everything."""
        grace = self.settings.drain.total_seconds()
        try:
            with Timeout(max(0.1, grace)):
                self._container.stop()
        except Timeout:
            _log.warning("batches in hand are dropped, and delivered again", seconds=grace)
            self._container.kill()
        except Exception as error:  # noqa: BLE001  # it died before: said already
            _log.info("container had ended", **trouble(error))
        self._watch.close()
        self._runner.close()

    def _own_facts(self) -> Facts:
        return {"hears": ", ".join(self._runner.upstreams) or "nobody"}

    def _stuck(self) -> Sequence[str]:
        return self._runner.stuck()

    def _wait_for_death(self) -> None:
        try:
            self._container.wait()
        except BaseException as error:  # noqa: BLE001  # whatever a part of it died of
            self.fail(f"the worker died: {type(error).__name__}", error)
            return
        if not self._stopping:
            self.fail("the worker ended by itself")
