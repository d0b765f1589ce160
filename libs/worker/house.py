"""What the methods of a worker work with: the service, opened, and what it does with each event."""

from contextlib import suppress
from typing import Any

import psycopg
from linli.exchange.v1 import exchange_pb2
from nameko.extensions import DependencyProvider
from psycopg import Connection

from libs.ledger import turns
from libs.messaging.broker import Broker
from libs.messaging.clocks import ClockRunner
from libs.messaging.failures import trouble
from libs.messaging.intake import Delivered, Intake
from libs.messaging.translate import source_name
from libs.runtime.opened import OpenService
from libs.telemetry import logs

_log = logs.get("worker")


class House:
    """One service in a worker's process."""

    def __init__(self, opened: OpenService, broker: Broker) -> None:
        self.opened = opened
        self.broker = broker
        self.upstreams = tuple(sorted(opened.service.subscriptions))
        self.heard = dict.fromkeys(self.upstreams, "has not reached the broker yet")
        self._inbox = opened.inbox()
        self._intakes = {name: self._intake(name) for name in self.upstreams}
        parts = opened.parts
        self._clocks = ClockRunner(opened.name, opened.ledger, parts.streams, parts.clocks)
        self._turn: Connection[Any] | None = None

    def hear(self, upstream: str, delivered: Delivered) -> exchange_pb2.Rewind | None:
        """Let a neighbour's batch take effect; answers what its relay is to be asked for, if anything."""
        return self._intakes[upstream].take(delivered)

    def tick(self) -> None:
        """Fire what is due, if it is this process' turn; of several workers one fires."""
        if self.opened.parts.clocks and self._has_turn():
            while self._clocks.fire():
                pass

    def close(self) -> None:
        """Store how far we got, and let another worker have the turn."""
        with suppress(Exception):  # the next start reads again what was not for us
            self._inbox.flush()
        self._give_up_turn()

    def _intake(self, upstream: str) -> Intake:
        return Intake(self._inbox, upstream, source_name(self.opened.settings.cell, upstream))

    def _has_turn(self) -> bool:
        try:
            if self._turn is not None:
                self._turn.execute("SELECT 1")
                return True
            connection = turns.connect(self.opened.ledger.settings.dsn, "clocks")
            if turns.try_lock(connection, "clocks"):
                _log.info("clocks are active", service=self.opened.name)
                self._turn = connection
                return True
            connection.close()
        except psycopg.Error as error:
            _log.warning("clocks wait for the database", service=self.opened.name, **trouble(error))
            self._give_up_turn()
        return False

    def _give_up_turn(self) -> None:
        if self._turn is not None:
            with suppress(psycopg.Error):
                self._turn.close()
        self._turn = None


class TheHouse(DependencyProvider):  # type: ignore[misc]  # nameko ships no types
    """Gives a worker's methods the `House` of their process."""

    def get_dependency(self, worker_ctx: Any) -> House:
        """The house that the container stands in."""
        house: House = self.container.house
        return house
