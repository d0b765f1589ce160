"""What a consumer does with the batches that a broker delivers, and when it asks for some again.

The inbox says what a batch is: new, known, or beyond a gap. Here a gap becomes a request to the
relay to publish again, once and not with every batch that lies beyond it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from google.protobuf.message import DecodeError
from linli.exchange.v1 import exchange_pb2
from linli.feed.v1 import feed_service_pb2 as feed

from libs.messaging.inbox import Inbox, Rewind
from libs.telemetry import logs, metrics

_log = logs.get("intake")

_ASKS_AGAIN = 5  # patiences: who still gets batches has asked again by then


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a relay was asked for: what follows which position, when, and whether any of it came."""

    after: int
    since: float
    answered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What the broker brought: `again` if a relay published it for us alone."""

    body: bytes
    again: bool = False
    redelivered: bool = False


class Intake:
    """One neighbour's batches on their way into the inbox. One at a time."""

    def __init__(
        self,
        inbox: Inbox,
        upstream: str,
        source: str,
        *,
        patience: float = 3.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`source` is the neighbour's name in batches; `patience`: seconds without progress after
        which an unanswered request is made again.
        """  # noqa: D205 # one list
        self._inbox = inbox
        self._upstream = upstream
        self._source = source
        self._patience = patience
        self._clock = clock
        self._meter = metrics.read(inbox.service, f"inbox.{upstream}")
        self._counts = metrics.intake(inbox.service, upstream, is_open=self._waits)
        self._asked: _Asked | None = None

    def take(self, delivered: Delivered) -> exchange_pb2.Rewind | None:
        """Let a batch take effect; answers a request to be sent to the neighbour's relay, if any.

        The batch may be acknowledged when this returns. Raises what `Inbox.handle` raises: then it
        has to be delivered again.
        """
        if delivered.redelivered:
            self._counts.redelivered()
        batch = self._read(delivered.body)
        if batch is None:
            return None
        answer = self._inbox.handle(batch)
        if isinstance(answer, Rewind):
            ended = delivered.again and not batch.events and batch.after == batch.until
            return self._ask(answer, ended=ended)
        self._meter(answer.position, batch.head, len(batch.events))
        self._heard(batch, delivered, answer.position)
        return None

    def _waits(self) -> bool:
        """Whether something was asked for and is not there; not if others have had the queue since."""
        asked = self._asked
        return asked is not None and self._clock() - asked.since < _ASKS_AGAIN * self._patience

    def _heard(self, batch: feed.Batch, delivered: Delivered, position: int) -> None:
        asked = self._asked
        if asked is None:
            return
        if not delivered.again and batch.until == position:  # the live ones join on again
            self._asked = None
            self._counts.repaired()
            _log.info("gap repaired", service=self._inbox.service, source=self._source, position=position)
        elif position > asked.after:
            self._asked = _Asked(position, self._clock(), answered=True)

    def _ask(self, gap: Rewind, *, ended: bool) -> exchange_pb2.Rewind | None:
        """`ended`: an answer has ended, so that nothing is on its way to us any more.

        Unless it brought nothing: then it answers an older request, and the newer one still holds.
        """
        now, asked = self._clock(), self._asked
        if asked is None:
            self._counts.gap()
            _log.info("gap found", service=self._inbox.service, source=self._source, after=gap.after)
        elif not (ended and asked.answered) and now - asked.since < self._patience:
            return None
        self._asked = _Asked(gap.after, now)
        return exchange_pb2.Rewind(source=self._source, consumer=self._inbox.service, after=gap.after)

    def _read(self, body: bytes) -> feed.Batch | None:
        """The batch, if it is one of this neighbour's; anything else is left out, and said."""
        try:
            batch = feed.Batch.FromString(body)
        except DecodeError:
            _log.error("message is not a batch", service=self._inbox.service, source=self._source)
            return None
        if batch.source != self._source:
            _log.error(
                "batch from another cell: is the virtual host shared?",
                service=self._inbox.service,
                source=self._source,
                found=batch.source,
            )
            return None
        return batch
