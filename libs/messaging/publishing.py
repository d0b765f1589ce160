"""Publishing, one message at a time: done when the broker says that it has it."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import amqp
from amqp.exceptions import MessageNacked

from libs.messaging import broker, topology

CONTENT_TYPE = "application/x-protobuf"

_CONFIRM_SECONDS = 10.0
_LOOK_UP = 0.2


class Publishing:
    """A channel of a connection on which is published. Whoever publishes reads that connection, too."""

    def __init__(self, connection: Any) -> None:
        """Raises one of `BROKEN`."""
        self.blocked = False
        """Whether the broker takes nothing now, short of memory or of space on its disk."""
        self._connection = connection
        self._channel = broker.open_channel(connection)
        self._channel.confirm_select()
        self._channel.events["basic_ack"].add(self._confirmed)
        self._channel.events["basic_nack"].add(self._refused)
        connection.on_blocked = self._block
        connection.on_unblocked = self._unblock
        self._waits = self._taken = False

    def publish(self, body: bytes, key: str, *, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Publish a message; returns when the broker has it. Raises one of `BROKEN`.

        While the broker is blocked it waits, however long that takes: whoever connected anew would
        only leave it another connection that it does not read. `meanwhile` is called again and
        again, and ends the waiting by raising.
        """
        message = amqp.Message(body, delivery_mode=2, content_type=CONTENT_TYPE)
        self._waits = True
        self._channel.basic_publish(
            message, exchange=topology.EXCHANGE, routing_key=key, timeout=_CONFIRM_SECONDS
        )
        deadline = time.monotonic() + _CONFIRM_SECONDS
        while self._waits:
            with suppress(TimeoutError):
                self._connection.drain_events(timeout=_LOOK_UP)
            self._connection.heartbeat_tick()
            meanwhile()
            if self.blocked:
                deadline = time.monotonic() + _CONFIRM_SECONDS
            elif time.monotonic() > deadline:
                raise TimeoutError(f"the broker has not confirmed a message within {_CONFIRM_SECONDS:.0f} s")
        if not self._taken:
            raise MessageNacked("the broker could not take a message")

    def _confirmed(self, _tag: int, _multiple: bool) -> None:
        self._waits, self._taken = False, True

    def _refused(self, _tag: int, _multiple: bool) -> None:
        self._waits, self._taken = False, False

    def _block(self, _why: str) -> None:
        self.blocked = True

    def _unblock(self) -> None:
        self.blocked = False
