"""Counts the figures of the business now and then, for the metrics."""

import threading

import psycopg

from libs.ledger.errors import LedgerUnavailable
from libs.ledger.views.view import ViewBehind, Views
from libs.runtime.host.parts import Count
from libs.telemetry import logs
from libs.telemetry.metrics import Told

_log = logs.get("figures")

_EVERY = 15.0


class Counting:
    """Keeps the figures of one service up to date. `run` it in a thread of its own.

    While they cannot be counted there are none: nobody is to be calmed by old ones.
    """

    def __init__(self, count: Count, views: Views, every: float = _EVERY) -> None:
        self._count = count
        self._views = views
        self._every = every
        self._told: list[Told] = []

    def run(self, stop: threading.Event) -> None:
        """Count until `stop` is set."""
        while not stop.is_set():
            self.count()
            stop.wait(self._every)
        self._forget()

    def count(self) -> None:
        """Count once."""
        try:
            counted = self._count(self._views)
            self._told = [figure for figure, _ in counted]
            for figure, values in counted:
                figure.tell(values)
        except Exception as error:  # noqa: BLE001  # for want of a figure nobody goes out of service
            self._tell(error)
            self._forget()

    def _tell(self, error: Exception) -> None:
        expected = isinstance(error, (psycopg.Error, LedgerUnavailable, ViewBehind))
        (_log.info if expected else _log.error)(
            "figures cannot be counted",
            service=self._views.ledger.service,
            error=str(error),
            exc_info=None if expected else error,
        )

    def _forget(self) -> None:
        for figure in self._told:
            figure.forget()
        self._told = []
