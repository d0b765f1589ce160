"""The one thread that commits: drains what waits into one transaction, and answers each caller."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue

import psycopg

from libs.ledger.datastore import told
from libs.ledger.errors import LedgerClosed, LedgerUnavailable, OutcomeUnknown
from libs.ledger.store.blame import answer_to, is_of_one, may_pass
from libs.ledger.store.soundness import Question, Soundness
from libs.ledger.store.unit import Unit
from libs.retry.backoff import Backoff

log = logging.getLogger(__name__)

_BACKOFF = Backoff(first=0.04, most=0.5)

# Measured with 16 writers: a third more appends a second on a busy machine, none less on an idle one.
_PATIENCE = 0.25
_MOST_PATIENCE = 0.002


@dataclass(frozen=True, slots=True)
class Committed:
    """What one transaction did, for metrics."""

    appends: int
    events: int
    refused: int
    attempts: int
    seconds: float
    errors: Sequence[BaseException] = ()


class Committer:
    """Group commit without a timer: those who come during one commit make up the next batch.

    Whoever comes first is committed at once, alone. Only while several come at once, a batch waits
    a moment (`_PATIENCE` of what a commit takes just now) for those who were answered last: most
    come right back, and fuller batches make up for it.

    `commit` does one transaction for a batch: it fills in each unit's positions or error, and
    raises if nothing was committed. `reconnect` is called with a failure of the database: it drops
    the connection if that may be the cause, and says whether it broke with a commit under way, which
    leaves the outcome in doubt. `probe` raises if its connection could not commit just now.
    """

    def __init__(
        self,
        commit: Callable[[Sequence[Unit]], None],
        reconnect: Callable[[psycopg.Error], bool],
        *,
        probe: Callable[[], None] = lambda: None,
        retry_for: float = 15.0,
        batch_events: int = 1000,
        queue_limit: int = 10_000,
        observe: Callable[[Committed], None] = lambda _: None,
    ) -> None:
        self._commit = commit
        self._reconnect = reconnect
        self._retry_for = retry_for
        self._batch_events = batch_events
        self._queue_limit = queue_limit
        self.observe = observe
        self._queue: SimpleQueue[Unit | Question | None] = SimpleQueue()
        self._held: Unit | None = None  # taken from the queue, but not fitting into the batch at hand
        self._door = threading.Lock()
        self._expected, self._patience = 0, 0.0
        self._began = 0.0
        self._soundness = Soundness(probe, reconnect)
        self._closing = False
        self._thread: threading.Thread | None = None

    def submit(self, unit: Unit) -> None:
        """Commit one append; returns when it is durable, otherwise raises why not."""
        unit.expires = time.monotonic() + self._retry_for
        with self._door:
            if self._closing:
                raise LedgerClosed("this process is shutting down: nothing was stored, try another one")
            if self._queue.qsize() >= self._queue_limit:
                raise LedgerUnavailable("too many appends are waiting: nothing was stored, try again later")
            self._put(unit)
        unit.done.wait()
        if unit.error is not None:
            raise unit.error

    def close(self) -> None:
        """Commit what waits, take nothing more, stop."""
        with self._door:
            if self._closing:
                return
            self._closing = True
            self._queue.put(None)
        if self._thread is not None:
            self._thread.join()

    def waiting(self) -> int:
        """How many appends wait for a transaction."""
        return self._queue.qsize()

    def committing(self) -> float:
        """Seconds since the transaction under way began; 0 if there is none."""
        began = self._began
        return time.monotonic() - began if began else 0.0

    def trouble(self, patience: float) -> str:
        """What keeps the committer's own connection from committing, or nothing.

        Between two batches the committer's thread asks its connection. A batch under way is not
        disturbed, and waited for `patience` seconds at most: then its own attempts tell. Whoever asks
        often gets what was found out within the last half second.
        """
        with self._door:
            if self._closing:
                return "this process has closed it"
            question = self._soundness.question(self._put)
        return self._soundness.told(question, patience, self.committing)

    def _put(self, item: Unit | Question) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="ledger-committer", daemon=True)
            self._thread.start()
        self._queue.put(item)

    def _run(self) -> None:
        while batch := self._take():
            now = time.monotonic()
            expired = [unit for unit in batch if unit.expires < now]
            self._fail(
                expired, LedgerUnavailable("the database did not answer: nothing was stored, try again")
            )
            if fresh := [unit for unit in batch if unit.expires >= now]:
                self._settle(fresh)
            self._began = 0.0

    def _take(self) -> list[Unit]:
        """The next batch: waits for the first append, then takes all that wait; empty at the end."""
        first = self._held or self._next(None)
        self._held = None
        if first is None:
            return []
        batch, events, until = [first], len(first.rows), time.monotonic() + self._patience
        while not first.alone and events < self._batch_events:
            try:
                unit = self._next(until if len(batch) < self._expected else 0.0)
            except Empty:
                break
            if unit is None:
                self._queue.put(None)  # for the next round: this batch still has to be committed
                break
            if unit.alone:
                self._held = unit
                break
            batch.append(unit)
            events += len(unit.rows)
        return batch

    def _next(self, until: float | None) -> Unit | None:
        """What waits, or comes in before a moment (None: whenever). Raises `Empty`."""
        while True:
            left = None if until is None else until - time.monotonic()
            item = (
                self._queue.get_nowait() if left is not None and left <= 0 else self._queue.get(timeout=left)
            )
            if not isinstance(item, Question):
                return item
            self._began = time.monotonic()
            self._soundness.answer(item)
            self._began = 0.0

    def _settle(self, batch: list[Unit]) -> None:
        """Commit a batch, however often that takes; everybody in it gets an answer."""
        started, attempts = time.monotonic(), 1
        while True:
            self._began = time.monotonic()
            try:
                self._commit(batch)
            except psycopg.Error as error:
                if is_of_one(error, batch, attempts):
                    self._settle_alone(batch, error)
                    return
                if not self._may_go_on(batch, error, attempts):
                    return
                attempts += 1
            except BaseException as error:  # noqa: BLE001  # each caller gets it as the answer
                self._settle_alone(batch, error)
                return
            else:
                break
        self._soundness.found("")
        self._answer(batch, attempts, time.monotonic() - started)

    def _settle_alone(self, batch: list[Unit], error: BaseException) -> None:
        """One append of the batch cannot be committed: find out which, so that the others are."""
        if len(batch) == 1:
            self._fail(batch, answer_to(error, batch[0]))
            return
        log.warning("a batch of %d appends failed, trying each alone", len(batch))
        for unit in batch:
            self._settle([unit])

    def _may_go_on(self, batch: list[Unit], error: psycopg.Error, attempts: int) -> bool:
        """After a failure of the database: is there time for another attempt?"""
        if self._reconnect(error):
            for unit in batch:
                unit.in_doubt = True
        log.warning(
            "the ledger's database failed (%s: %s), attempt %d", type(error).__name__, told(error), attempts
        )
        self._soundness.found(told(error))
        if time.monotonic() < batch[0].expires and may_pass(error, attempts):
            time.sleep(_BACKOFF.pause(attempts))
            return True
        if any(unit.in_doubt for unit in batch):
            answer: LedgerUnavailable = OutcomeUnknown(
                "the database went away during the commit: repeat the request"
            )
        else:
            answer = LedgerUnavailable(
                "the database did not take the append in time: nothing was stored, try again"
            )
        answer.__cause__ = error
        self._fail(batch, answer)
        return False

    def _answer(self, batch: list[Unit], attempts: int, seconds: float) -> None:
        errors = [unit.error for unit in batch if unit.error is not None]
        events = sum(len(unit.positions) for unit in batch if unit.error is None)
        for unit in batch:
            unit.done.set()
        self._expected = len(batch) + self._queue.qsize()
        self._patience = min(_PATIENCE * seconds, _MOST_PATIENCE) if self._expected > 1 else 0.0
        try:
            self.observe(Committed(len(batch), events, len(errors), attempts, seconds, errors))
        except Exception:  # nobody who only looks on may stop the committer
            log.exception("an observer of commits failed")

    def _fail(self, batch: list[Unit], error: BaseException) -> None:
        for unit in batch:
            unit.error = error
            unit.done.set()
