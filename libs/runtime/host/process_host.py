"""What every process that runs services has: probes, readiness, traces, and an order of start and stop.

`Host` (gRPC, threads) and the worker's host (nameko, eventlet) add what they run. No gRPC here: a worker
may not load it.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial

from libs.runtime.config.guards import CannotStart
from libs.runtime.config.settings import CERTIFICATES
from libs.runtime.host.listening import cannot_listen
from libs.runtime.host.opened import OpenService
from libs.runtime.host.process import Facts
from libs.runtime.host.readiness import PROCESS, UseOfViews, checks_of
from libs.runtime.host.tracing import trace
from libs.telemetry import logs, metrics, traces
from libs.telemetry.certificates import Certificates, CertificatesUnusable, ends
from libs.telemetry.http import Endpoint
from libs.telemetry.public_keys import PublicKeys

_log = logs.get("host")


class ProcessHost(ABC):
    """Runs some open services; `start`, then `close` when `failed` says something or a signal came."""

    def __init__(
        self,
        services: Sequence[OpenService],
        *,
        views: UseOfViews,
        died: Callable[[], None],
        keys: PublicKeys | None = None,
    ) -> None:
        """`views`: what this process does with them; `keys` is the public key set, where it is served.

        `died` is called when a part of the process has died; `failed` then says which.
        """
        self.services = services
        self.settings = services[0].settings
        self.failed = ""
        self.http_port = 0
        self._views = views
        self._keys = keys
        self._died = died
        self._started = False
        self._stopping = False
        self._http: Endpoint | None = None

    def start(self) -> None:
        """Start everything, and say that the process has started.

        Raises `CannotStart` (a port is taken; sockets or gRPC are not as this kind of process needs them),
        or what a part's start raises.
        """
        trace(self.settings, *(service.name for service in self.services))
        for name in CERTIFICATES:
            file = getattr(self.settings, name)
            if file is not None:
                metrics.certificate(f"LINLI_{name.upper()}", partial(ends, file))
        self._http = self._endpoint()
        self.http_port = self._http.start()
        self._start_parts(self._http)
        self._started = True

    def wait_until_ready(self, seconds: float) -> None:
        """Wait until all checks of readiness pass; longer than `seconds` only the probes tell."""
        deadline = time.monotonic() + seconds
        while self._http is not None and not self._http.ready()[0]:
            if self.failed or self._stopping or time.monotonic() > deadline:
                break
            time.sleep(0.01)

    def facts(self) -> Facts:
        """What an operator wants to know of it: its ports, and what it still lacks, if anything."""
        facts = {**self._own_facts(), "http_port": self.http_port}
        lacks = self._http.ready()[1] if self._http is not None else {}
        missing = "; ".join(f"{check}: {said}" for check, said in lacks.items() if said != "ok")
        return {**facts, "not_ready": missing} if missing else facts

    def close(self) -> None:
        """Stop everything in order; called twice is fine."""
        self._stopping = True
        self._stop_parts()
        if self._http is not None:
            self._http.stop()
            self._http = None
        for service in self.services:
            service.close()
        traces.shutdown()

    def fail(self, sentence: str, error: BaseException | None = None) -> None:
        """The process can go on no longer: it is not live from now on, and its owner is called."""
        if not self.failed:
            self.failed = sentence
            _log.critical("cannot go on", reason=sentence, exc_info=error)
        self._died()

    @abstractmethod
    def _start_parts(self, http: Endpoint) -> None:
        """Start what this kind of process runs; may add checks of readiness to `http.checks`."""

    @abstractmethod
    def _stop_parts(self) -> None:
        """Stop what `_start_parts` started, as far as it came; called twice is fine."""

    @abstractmethod
    def _own_facts(self) -> Facts:
        """What an operator wants to know beyond the port of the probes."""

    @abstractmethod
    def _stuck(self) -> Sequence[str]:
        """The parts that have waited too long for an answer (`stuck_after`): only a new process helps."""

    def _endpoint(self) -> Endpoint:
        checks = {PROCESS: self._process_check, **checks_of(self.services, views=self._views)}
        settings, address = self.settings, self.settings.http_address
        tls = None
        if settings.tls_cert is not None and settings.tls_key is not None:
            tls = Certificates(settings.tls_cert, settings.tls_key)  # callers need none: probes have none
        try:
            return Endpoint(address, checks=checks, keys=self._keys, live=self._live_check, tls=tls)
        except CertificatesUnusable as error:
            raise CannotStart(str(error)) from error
        except OSError as error:
            raise cannot_listen(address, error) from error

    def _live_check(self) -> str:
        stuck = "" if self.failed else ", ".join(self._stuck())
        return self.failed or (f"stuck: {stuck}" if stuck else "")

    def _process_check(self) -> str:
        if self._stopping:
            return "is shutting down"
        return self.failed or ("" if self._started else "is starting")
