"""The loop that sends what waits: of several processes that could, one does."""

import time
from collections.abc import Callable
from threading import Event

from libs.ledger.store import leader_lock
from libs.messaging.failures import trouble
from libs.retry.backoff import Backoff, Failures
from libs.telemetry import logs

_log = logs.get("notices")

_BACKOFF = Backoff(first=0.5, most=30.0)
_STAND_BY = 2.0

Leads = Callable[[], None]
"""Raises when another process may lead by now: to be asked before each message."""


class Sender:
    """Calls `work` again and again in the process that holds the leader lock. `run` it in a thread.

    The lock has no lease, and is held until `drain` has waited for what is under way: while a channel takes
    its time, no other process may send the same message, be it that this one stops or that its work fails.
    Only where the database ends the connection of the lock may another one send it as well.
    `work(leads)` sends what it can and answers how much that was; what it began may outlast it.
    """

    def __init__(
        self,
        service: str,
        dsn: str,
        work: Callable[[Leads], int],
        *,
        drain: Callable[[], None],
        what: str = "notices",
        done: str = "sent",
        every: float = 1.0,
    ) -> None:
        """`work` is asked for more every so many seconds, and at once while there is more.

        `drain` waits for all that `work` began, though not for ever. `what` it sends names the lock: what has
        another name is sent beside it. `done`: what becomes of it, for the log.
        """
        self._service = service
        self._dsn = dsn
        self._work = work
        self._drain = drain
        self._what = what
        self._done = done
        self._every = every

    def run(self, stop: Event) -> None:
        """Send until `stop` is set; outlasts every trouble with the database."""
        failures = Failures(_BACKOFF)
        while not stop.is_set():
            began = time.monotonic()
            try:
                self._lead(stop)
            except Exception as error:  # noqa: BLE001  # whatever it is, it is said, and tried again
                _log.warning(f"{self._what} wait", service=self._service, **trouble(error))
                stop.wait(failures.pause(lasted=time.monotonic() - began))

    def _lead(self, stop: Event) -> None:
        with leader_lock.connect(self._dsn, self._what) as connection:
            if not leader_lock.stand_by(connection, self._what, stop, _STAND_BY):
                return
            _log.info(f"{self._what} are {self._done} by this process", service=self._service)

            def leads() -> None:
                connection.execute("SELECT 1")  # fails when the lock is lost

            try:
                while not stop.is_set():
                    leads()
                    if not self._work(leads):
                        stop.wait(self._every)
            finally:
                self._drain()  # another process leads as soon as the connection ends
