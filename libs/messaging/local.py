"""In-process delivery: the transport of `linli up`, where all services live in one process.

One thread a consuming service carries batches from its upstream sources to its inbox. It is a
transport like any other: it may stop anywhere, and goes on from the inbox's positions.
"""

import threading
import time
from collections.abc import Sequence

from libs.ledger.errors import EventTypeUnknown
from libs.messaging.failures import PASSING, trouble
from libs.messaging.histories import HistoryChanged
from libs.messaging.inbox import Inbox
from libs.messaging.translate import Source, last_recorded
from libs.retry.backoff import Backoff, Failures
from libs.telemetry import logs, metrics

_log = logs.get("delivery")

_BACKOFF = Backoff(first=0.1, most=5.0)
_CAUSE_FIRST = 0.5  # seconds, as the clocks wait


class LocalDelivery:
    """Carries the events of some sources to one inbox. `run` it in a thread of its own."""

    def __init__(
        self,
        inbox: Inbox,
        sources: Sequence[Source],
        *,
        limit: int = 500,
        gather: float = 0.01,
        look: float = 1.0,
    ) -> None:
        """Batches cover up to `limit` stored events.

        `gather` is how long (seconds) events may come together before they are carried, so that
        a busy source costs one transaction for many; every `look` seconds the sources are read
        even when nobody said that something was recorded.
        """
        self._inbox = inbox
        self._sources = sources
        self._limit = limit
        self._gather = gather
        self._look = look
        self._news = threading.Event()
        self._waiting: dict[str, str] = {}  # sources of which only a newer release can carry what comes next
        self._meters = {s.name: metrics.read(inbox.service, f"inbox.{s.service}", s.head) for s in sources}
        for source in sources:
            source.on_news(self._news.set)

    def run(self, stop: threading.Event) -> None:
        """Carry events until `stop` is set; failures of the store are waited out."""
        failures, looked = Failures(_BACKOFF), float("-inf")
        while not stop.is_set():
            self._news.clear()
            look = time.monotonic() - looked >= self._look
            try:
                carried = self.carry(look=look)
                failures.reset()
                looked = time.monotonic() if look else looked
                if carried == 0 and not self._news.wait(self._look):
                    self._inbox.flush()  # all is quiet: whoever asks how far we are reads it in the store
            except Exception as error:  # noqa: BLE001  # logged, and tried again for as long as it takes
                # a process that is about to end because of the same trouble names the cause first
                if not stop.wait(max(failures.pause(), _CAUSE_FIRST)):
                    _log.warning("delivery failed", service=self._inbox.service, **trouble(error))
                continue
            if carried < self._limit:
                stop.wait(self._gather)
        self._flush()

    def wake(self) -> None:
        """Make `run` look at its `stop` at once."""
        self._news.set()

    def carry(self, *, look: bool = True) -> int:
        """Carry at most one batch of each source; how many positions the longest of them covered.

        One more of each that has types behind, with events of these alone. `look`: ask the store of
        every source; otherwise only of those that have news, as far as this process has heard.
        """
        longest = 0
        for source in self._sources:
            try:
                longest = max(longest, self._carry_new(source, look=look), self._carry_past(source))
            except HistoryChanged:  # said by the inbox; the other sources go on
                continue
            except EventTypeUnknown as error:  # the data are a newer release's; the other sources go on
                if source.name not in self._waiting:
                    _log.error("delivery waits for a newer release", source=source.name, reason=str(error))
                self._waiting[source.name] = str(error)
            else:
                self._waiting.pop(source.name, None)
        return longest

    def trouble(self) -> str:
        """Why events of some source do not take effect, for readiness; or nothing."""
        return "; ".join(filter(None, [self._inbox.trouble(), *self._waiting.values()]))

    def _carry_new(self, source: Source, *, look: bool) -> int:
        """Carry a batch of what is new, if anything is; also an empty one where the source was looked at."""
        after = self._inbox.position(source.name)
        if not look and after >= source.head():
            return 0
        batch = source.batch(after, self._limit, self._inbox.wanted(source.service))
        covered = batch.until - after
        if covered or look:
            self._inbox.handle(batch)  # never early: it begins at the inbox's own position
        if covered:
            head = batch.until if covered < self._limit else source.head()
            self._meters[source.name](batch.until, head, len(batch.events), last_recorded(batch))
        return covered

    def _carry_past(self, source: Source) -> int:
        """Carry a batch of the past to types that are behind, if any are."""
        behind = self._inbox.behind(source.name)
        if behind is None:
            return 0
        batch = source.batch(behind.after, self._limit, behind.types)
        self._inbox.handle(batch)
        return batch.until - batch.after

    def lag(self) -> int:
        """How many positions the inbox is behind its sources, all together."""
        return sum(max(0, source.head() - self._inbox.position(source.name)) for source in self._sources)

    def _flush(self) -> None:
        try:
            self._inbox.flush()
        except PASSING as error:  # the next start reads again what was not for us
            _log.info("position not stored", service=self._inbox.service, error=type(error).__name__)
