"""Hears what other processes commit: new events, and keys destroyed."""

import logging
import threading
from collections.abc import Callable

import psycopg
from psycopg import Connection
from psycopg.sql import SQL, Identifier

log = logging.getLogger(__name__)


class Listener:
    """A thread with a connection of its own on PostgreSQL's NOTIFY.

    `heard(channel, payload, backend)` is called for each notification, `lost` when the connection
    is lost, and `back` once we hear again, at the start, too: some may have been missed by then.
    """

    def __init__(
        self,
        connect: Callable[[], Connection[object]],
        channels: tuple[str, ...],
        heard: Callable[[str, str, int], None],
        lost: Callable[[], None],
        back: Callable[[], None],
    ) -> None:
        self._connect = connect
        self._channels = channels
        self._heard = heard
        self._lost = lost
        self._back = back
        self._stopping = threading.Event()
        self.listening = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ledger-listener", daemon=True)
        self._thread.start()

    def stop(self, wake: Callable[[], None]) -> None:
        """End the thread; `wake` sends a notification on one of the channels so that it looks up."""
        self._stopping.set()
        try:
            wake()
        except psycopg.Error:
            log.info("the database is gone: the listener ends by itself")
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._listen()
            except Exception as error:  # noqa: BLE001  # whatever it is: listening goes on
                self.listening.clear()
                log.warning("the ledger's listener lost its connection: %s", type(error).__name__)
                self._lost()
                self._stopping.wait(0.5)

    def _listen(self) -> None:
        with self._connect() as connection:
            for channel in self._channels:
                connection.execute(SQL("LISTEN {}").format(Identifier(channel)))
            self._back()
            self.listening.set()
            while not self._stopping.is_set():
                for notice in connection.notifies(timeout=5.0):
                    self._heard(notice.channel, notice.payload, notice.pid)
                    if self._stopping.is_set():
                        break
        self.listening.clear()
