"""What a consumer does with the batches that a broker delivers, and when it asks for some again.

The inbox says what a batch is: new, known, or beyond a gap. Here a gap becomes a request to the
relay to publish again, once and not with every batch that lies beyond it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from linli.exchange.v1 import exchange_pb2
from linli.feed.v1 import feed_service_pb2 as feed

from libs.messaging.inbox import Inbox
from libs.messaging.progress import Handled, Rewind
from libs.messaging.signed import KeyOf, NotGenuine, opened
from libs.messaging.translate import last_recorded
from libs.telemetry import logs, metrics

_log = logs.get("intake")

_TELL_AGAIN = 30.0
_ASKS_AGAIN = 5  # patiences: who still gets batches has asked again by then
_MOST_PATIENT = 4  # patiences: an answer may come behind a long queue, and asking again makes it no shorter


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a relay was asked for: what follows which position, when, and whether any of it came.

    `patience`: how long to wait for it, twice as long after each time in vain.
    """

    after: int
    types: tuple[str, ...]  # none: all of it, as something is missing
    since: float
    patience: float
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
        key_of: KeyOf,
        *,
        patience: float = 3.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`source` is the neighbour's name in batches, `key_of` knows its keys; `patience`: seconds without
        progress after which an unanswered request is made again.
        """  # noqa: D205 # one list
        self._inbox = inbox
        self._upstream = upstream
        self._source = source
        self._key_of = key_of
        self.trouble = ""
        """What keeps us from verifying anything, in words; nothing once a batch was verified."""
        self._patience = patience
        self._clock = clock
        self._head = 0  # the end of the neighbour's ledger, as far as it has told us
        self._meter = metrics.read(inbox.service, f"inbox.{upstream}", lambda: self._head)
        self._counts = metrics.intake(
            inbox.service, upstream, is_open=self._waits, silence=lambda: self._clock() - self._heard_at
        )
        self._heard_at = clock()
        self._asked: _Asked | None = None
        self._has_read = False
        self._refused_at: dict[str, float] = {}

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
        self._heard_at = self._clock()
        self._head = batch.head
        self._meter.hear()  # before it is handled: that may take for ever
        answer = self._inbox.handle(batch)
        if isinstance(answer, Rewind):
            return self._ask(answer, ended=self._ends_answer(delivered, batch))
        self._meter(answer.position, batch.head, len(batch.events), last_recorded(batch))
        self._heard(batch, delivered, answer)
        if answer.behind is None or self._is_short():
            return None
        return self._ask(answer.behind, ended=self._ends_answer(delivered, batch))

    def rest(self) -> None:
        """Nothing comes to us any more, another process may have the queue: measure no more."""
        self._meter.close()

    def _waits(self) -> bool:
        """Whether something was asked for and is not there; not if others have had the queue since."""
        asked = self._asked
        return asked is not None and self._clock() - asked.since < _ASKS_AGAIN * asked.patience

    def _is_short(self) -> bool:
        """Whether events of all types are missing: that comes first, and then the past of some types."""
        return self._asked is not None and not self._asked.types

    def _ends_answer(self, delivered: Delivered, batch: feed.Batch) -> bool:
        """Whether an answer to what we asked for has ended, so that nothing is on its way to us any more."""
        asked = self._asked
        same = asked is not None and set(batch.types) == set(asked.types)
        return same and delivered.again and not batch.events and batch.after == batch.until

    def _heard(self, batch: feed.Batch, delivered: Delivered, answer: Handled) -> None:
        asked = self._asked
        if asked is None:
            return
        if asked.types:
            self._heard_past(asked, answer)
        elif not delivered.again and batch.until == answer.position:  # the live ones join on again
            self._asked = None
            self._counts.repaired()
            _log.info(
                "gap repaired", service=self._inbox.service, source=self._source, position=answer.position
            )
        elif answer.position > asked.after:
            self._asked = _Asked(answer.position, (), self._clock(), self._patience, answered=True)

    def _heard_past(self, asked: _Asked, answer: Handled) -> None:
        """The same of types that were behind."""
        if answer.behind is None:
            self._asked = None
        elif answer.behind.after > asked.after:
            self._asked = _Asked(
                answer.behind.after, asked.types, self._clock(), self._patience, answered=True
            )

    def _ask(self, lacks: Rewind, *, ended: bool) -> exchange_pb2.Rewind | None:
        """`ended`: an answer has ended, so that nothing is on its way to us any more.

        Unless it brought nothing: then it answers an older request, and the newer one still holds.
        """
        now, asked, patience = self._clock(), self._asked, self._patience
        if asked is None or asked.types != lacks.types:
            self._tell(lacks)
        elif not (ended and asked.answered):
            if now - asked.since < asked.patience:
                return None
            patience = min(2 * asked.patience, _MOST_PATIENT * self._patience)
        self._asked = _Asked(lacks.after, lacks.types, now, patience)
        return exchange_pb2.Rewind(
            source=self._source, consumer=self._inbox.service, after=lacks.after, types=lacks.types
        )

    def _tell(self, lacks: Rewind) -> None:
        about = {"service": self._inbox.service, "source": self._source, "after": lacks.after}
        if lacks.types:
            _log.info("asks for the past of types", types=lacks.types, **about)
        else:
            self._counts.gap()
            _log.info("gap found", **about)

    def _read(self, body: bytes) -> feed.Batch | None:
        """The batch, if it is one of this neighbour's; anything else is left out, counted, and said.

        It is not kept: a genuine batch that is left out (its key was not known yet) leaves a gap, and is
        asked for again.
        """
        try:
            batch = opened(body, self._source, self._key_of)
        except NotGenuine as refused:
            self._refuse(refused)
            return None
        self.trouble, self._has_read = "", True
        return batch

    def _refuse(self, refused: NotGenuine) -> None:
        self._counts.refused(refused.reason)
        if refused.reason == "key_unknown" and not self._has_read:
            self.trouble = f"no batch could be verified yet: {refused}"
        now = self._clock()
        if now - self._refused_at.get(refused.reason, float("-inf")) >= _TELL_AGAIN:
            self._refused_at[refused.reason] = now
            about = {"service": self._inbox.service, "source": self._source, "why": str(refused)}
            _log.error("batch refused: it is not genuine", reason=refused.reason, **about)
