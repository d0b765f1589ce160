"""Counts the figures of the business now and then, for the metrics."""

import threading

import psycopg

from libs.ledger.errors import LedgerUnavailable
from libs.ledger.views.view import ViewBehind, Views
from libs.runtime.host.parts import Count
from libs.telemetry import logs
from libs.telemetry.metrics import Figure

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
        self._told: list[Figure] = []

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
        except (psycopg.Error, LedgerUnavailable, ViewBehind) as error:
            _log.info("figures cannot be counted", service=self._views.ledger.service, error=str(error))
            self._forget()
            return
        for figure, values in counted:
            figure.tell(values)
        self._told = [figure for figure, _ in counted]

    def _forget(self) -> None:
        for figure in self._told:
            figure.forget()
        self._told = []
