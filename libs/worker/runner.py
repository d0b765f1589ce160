"""What a worker does for its service: takes in neighbours' batches, and fires its clocks."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from linli.exchange.v1 import exchange_pb2
from nameko.extensions import DependencyProvider
from psycopg import Connection
from psycopg.rows import DictRow

from libs.ledger.store import leader_lock
from libs.messaging.broker import Broker
from libs.messaging.clocks import ClockRunner
from libs.messaging.failures import trouble
from libs.messaging.intake import Delivered, Intake
from libs.messaging.translate import source_name
from libs.runtime.host.opened import OpenService
from libs.telemetry import logs

_log = logs.get("worker")

_A_MOMENT = 1.0
_LEASE = 5.0  # of the leader lock: a worker that is stopped or stuck does not hold up another for longer


class ServiceRunner:
    """Runs the reactions and clocks of one service in a worker's process."""

    def __init__(self, opened: OpenService, broker: Broker) -> None:
        self.opened = opened
        self.broker = broker
        self.upstreams = tuple(sorted(opened.service.subscriptions))
        self.heard = dict.fromkeys(self.upstreams, "has not reached the broker yet")
        self._inbox = opened.inbox()
        self._keys = opened.source_keys() if self.upstreams else None
        self._intakes = {name: self._intake(name) for name in self.upstreams}
        self._clocks = ClockRunner(opened.name, opened.views, opened.streams, opened.service.clocks)
        self._line: Connection[DictRow] | None = None  # holds the leader lock of the clocks, or waits for it
        self._is_leader = False
        self._said = ""
        self._began: dict[str, float] = {}  # what is being done, and since when

    def hear(self, upstream: str, delivered: Delivered) -> exchange_pb2.Rewind | None:
        """Let a neighbour's batch take effect; answers what its relay is to be asked for, if anything."""
        with self._doing(f"{self.opened.name}.from.{upstream}"):
            return self._intakes[upstream].take(delivered)

    def rest(self, upstream: str) -> None:
        """A neighbour's batches come to another worker, or to nobody."""
        self._intakes[upstream].rest()

    def trouble(self) -> str:
        """Which sources stand still because they have another history, or nothing."""
        return self._inbox.trouble()

    def lacks(self, upstream: str) -> str:
        """What keeps us from a neighbour's events, in words; nothing if nothing does."""
        return self.heard[upstream] or self._intakes[upstream].trouble

    def tick(self) -> None:
        """Fire what is due, if this process leads; of several workers one fires.

        For a moment only, if much is due: it is called again at once, and can be stopped in between.
        """
        until = time.monotonic() + _A_MOMENT
        try:
            with self._doing("clocks"):
                while self._leads() and self._clocks.fire() and time.monotonic() < until:
                    pass
        except Exception as error:  # noqa: BLE001  # said, and tried again at the next tick
            self._tell(error)
        else:
            self._said = ""

    def stuck(self) -> list[str]:
        """What has been under way for too long: it waits for a connection that nobody ends."""
        patience = self.opened.settings.stuck_after.total_seconds()
        return [name for name, began in list(self._began.items()) if time.monotonic() - began > patience]

    @contextmanager
    def _doing(self, name: str) -> Iterator[None]:
        self._began[name] = time.monotonic()
        try:
            yield
        finally:
            del self._began[name]

    def close(self) -> None:
        """Store how far we got, and let another worker lead."""
        with suppress(Exception):  # the next start reads again what was not for us
            self._inbox.flush()
        self._give_up_lock()

    def _intake(self, upstream: str) -> Intake:
        assert self._keys is not None  # noqa: S101  # there is an upstream
        source = source_name(self.opened.settings.cell, upstream)
        return Intake(self._inbox, upstream, source, self._keys.of)

    def _leads(self) -> bool:
        if self._line is None or self._line.closed:
            self._is_leader = False
            self._line = leader_lock.connect(self.opened.ledger.settings.dsn, "clocks", lease=_LEASE)
        if self._is_leader:
            self._line.execute("SELECT 1")  # fails when the lock is lost
        elif leader_lock.try_lock(self._line, "clocks"):
            self._is_leader = True
            _log.info("clocks are active", service=self.opened.name)
        return self._is_leader

    def _give_up_lock(self) -> None:
        if self._line is not None:
            with suppress(psycopg.Error):
                self._line.close()
        self._line = None

    def _tell(self, error: Exception) -> None:
        """Say what the clocks wait for, once, and not twice a second."""
        said = f"{type(error).__name__}: {error}"
        if said != self._said:
            _log.warning("clocks wait", service=self.opened.name, **trouble(error))
        self._said = said


class RunnerProvider(DependencyProvider):  # type: ignore[misc]  # nameko ships no types
    """Gives the methods of a nameko service the `ServiceRunner` of their process."""

    def get_dependency(self, worker_ctx: Any) -> ServiceRunner:
        """The runner that `WorkerHost` hung on the container."""
        runner: ServiceRunner = self.container.runner
        return runner
