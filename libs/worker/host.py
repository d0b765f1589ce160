"""One worker process: a nameko container around an open service, its probes, and a watch over the hub."""

import logging
import time
from collections.abc import Callable
from functools import partial

import eventlet
from eventlet import Timeout
from nameko.containers import ServiceContainer

from libs.messaging.failures import trouble
from libs.runtime.config import guards
from libs.runtime.host.listening import cannot_listen
from libs.runtime.host.opened import OpenService, broker_of
from libs.runtime.host.process import Facts
from libs.runtime.host.readiness import checks_of
from libs.runtime.host.tracing import trace
from libs.telemetry import logs, traces
from libs.telemetry.http import Endpoint
from libs.worker.nameko_class import nameko_class
from libs.worker.runner import ServiceRunner
from libs.worker.watch import HubWatch

_log = logs.get("worker")


class WorkerHost:
    """Runs a worker; `start`, then `close` when `failed` says something or a signal came."""

    def __init__(
        self,
        opened: OpenService,
        died: Callable[[], None] = lambda: None,
        *,
        make: Callable[[OpenService], type] = nameko_class,
    ) -> None:
        """`died` is called when the container has died; `make` answers the nameko class that it runs."""
        self.failed = ""
        self._opened = opened
        self._told_died = died
        logging.getLogger("nameko").setLevel(logging.CRITICAL)  # what went wrong is said here, and once
        self._runner = ServiceRunner(opened, broker_of(opened.settings))
        self._container = ServiceContainer(make(opened))
        self._container.runner = self._runner
        self._http: Endpoint | None = None
        self._started = False
        self._stopping = False
        self._watch = HubWatch(opened.settings.hub_patience.total_seconds())

    def start(self) -> None:
        """Start everything. Raises `CannotStart` (gRPC is loaded; a port is taken)."""
        guards.refuse_unpatched_sockets()
        trace(self._opened.settings, self._opened.name)
        self._http = self._endpoint()
        self._http.start()
        self._container.start()
        eventlet.spawn(self._wait_for_death)
        self._watch.start()
        guards.refuse_grpc()
        self._started = True

    def wait_until_ready(self, seconds: float) -> None:
        """Wait until all checks of readiness pass; longer than `seconds` only the probes tell."""
        deadline = time.monotonic() + seconds
        while self._http is not None and not self._http.ready()[0]:
            if self.failed or time.monotonic() > deadline:
                break
            time.sleep(0.02)

    def facts(self) -> Facts:
        """What an operator wants to know: its port, whom it hears, and what it still lacks."""
        if self._http is None:
            return {}
        lacks = {check: said for check, said in self._http.ready()[1].items() if said != "ok"}
        missing = "; ".join(f"{check}: {said}" for check, said in lacks.items())
        hears = ", ".join(self._runner.upstreams) or "nobody"
        facts: dict[str, str | int | float] = {"http_port": self._http.port, "hears": hears}
        return {**facts, "not_ready": missing} if missing else facts

    def close(self) -> None:
        """Finish the batches in hand within the grace period, then let go of everything."""
        self._stopping = True
        grace = self._opened.settings.drain.total_seconds()
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
        if self._http is not None:
            self._http.stop()
            self._http = None
        self._opened.close()
        traces.shutdown()

    def _endpoint(self) -> Endpoint:
        checks = {"process": self._process_check, **checks_of([self._opened], views=False)}
        for upstream in self._runner.upstreams:
            checks[f"{self._opened.name}.from.{upstream}"] = partial(self._runner.heard.__getitem__, upstream)
        address = self._opened.settings.http_address
        try:
            return Endpoint(address, checks=checks, live=lambda: self.failed or self._runner.stuck())
        except OSError as error:
            raise cannot_listen(address, error) from error

    def _process_check(self) -> str:
        if self._stopping:
            return "is shutting down"
        return self.failed or ("" if self._started else "is starting")

    def _wait_for_death(self) -> None:
        try:
            self._container.wait()
        except BaseException as error:  # noqa: BLE001  # whatever a part of it died of
            self.failed = f"the worker died: {type(error).__name__}"
            _log.critical("cannot go on", reason=self.failed, exc_info=error)
        if not self._stopping:
            self.failed = self.failed or "the worker ended by itself"
            self._told_died()
