"""Checks the newest events of a ledger against their hashes, again and again while the service runs.

It begins with what is recorded when the process starts. What was there before is checked by
`linli <service> verify`, against a head that was kept elsewhere.
"""

import threading
import time

import psycopg

from libs.ledger.errors import LedgerUnavailable
from libs.ledger.store.ledger import Ledger
from libs.ledger.store.verify import Forged, Head, verify
from libs.telemetry import logs, metrics

_log = logs.get("verify")

_EVERY = 60.0


class Checking:
    """Checks one ledger. `run` it in a thread of its own."""

    def __init__(self, ledger: Ledger, every: float = _EVERY) -> None:
        self._ledger = ledger
        self._every = every
        self._head: Head | None = None
        self.forged: Forged | None = None

    def run(self, stop: threading.Event) -> None:
        """Check until `stop` is set."""
        while not stop.is_set():
            self.check()
            stop.wait(self._every)

    def check(self) -> None:
        """Check what is new since the last time; an altered event is measured for as long as it is there."""
        service = self._ledger.service
        try:
            if self._head is None or self._head.incarnation != self._ledger.life.number:
                self._head = self._begin()
            self._head = verify(self._ledger.settings.dsn, self._head, only_new=True)
            self.forged = None
        except Forged as forged:
            if self.forged is None:
                _log.critical("the ledger is not what its hashes say", service=service, reason=str(forged))
            self.forged = forged
        except (psycopg.Error, LedgerUnavailable, ValueError) as error:
            _log.info("newest events could not be verified", service=service, error=str(error))
            return
        position = self._head.position if self._head is not None else 0
        metrics.verified(service, position, time.time(), forged=self.forged is not None)

    def _begin(self) -> Head:
        """The head of this moment: of what came before it nothing is said."""
        life, position = self._ledger.life, self._ledger.head()
        chain = self._ledger.chain_at(position)
        return Head(ledger=str(life.ledger), incarnation=life.number, position=position, chain=chain.hex())
