"""The states of one kind of stream: folded from the store, cached, caught up, kept as snapshots."""

import logging
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, Generic, TypeVar

from libs.ledger.decider import Decider
from libs.ledger.recorded import Recorded
from libs.ledger.store.ledger import Ledger
from libs.ledger.streams.folded import Cache, Folded
from libs.ledger.streams.requests import Request, answered_in
from libs.ledger.streams.snapshots import Snapshots

S = TypeVar("S")
E = TypeVar("E")

log = logging.getLogger(__name__)

_PAGE = 1000  # events
_LONG_WAY = 10  # so many times the distance between two snapshots


class States(Generic[S, E]):
    """Folds streams by `evolve`; safe for use by many threads.

    Streams longer than `snapshot_every` events get snapshots, if their state can be stored exactly.
    """

    def __init__(
        self, ledger: Ledger, decider: Decider[Any, S, E], cache_size: int, snapshot_every: int
    ) -> None:
        self._ledger = ledger
        self._initial = decider.initial
        self._evolve = decider.evolve
        self._cache: Cache[S] = Cache(cache_size)
        self._every = snapshot_every
        self._snapshots = Snapshots.where_possible(ledger, decider)

    def blank(self) -> Folded[S]:
        """A stream in which nothing has happened."""
        return Folded(state=self._initial, epoch=self._ledger.keys.epoch, life=self._ledger.life.number)

    def cached(self, name: str) -> Folded[S] | None:
        """What is known of a stream without asking the store: it may be out of date."""
        return self._cache.get(name, self._ledger.keys.epoch)

    def newest(self, name: str) -> Folded[S]:
        """A stream as it is in the store now."""
        known = self.cached(name)
        return self.catch_up(name, known) if known is not None else self._read(name)

    def catch_up(self, name: str, folded: Folded[S]) -> Folded[S]:
        """The same with what was appended since."""
        if folded.version == 0 or folded.epoch != self._ledger.keys.epoch:
            return self._read(name)
        return self._put(name, self._onwards(name, folded))

    def advance(self, name: str, folded: Folded[S], news: Sequence[Recorded[E]]) -> Folded[S]:
        """The same with events that were read behind it."""
        return self._put(name, folded.then(news, self._evolve))

    def at(self, name: str, version: int) -> Folded[S]:
        """A stream as it was at an earlier version; nothing of it is kept."""
        folded = self.blank()
        if version >= self._every and self._snapshots is not None:
            snapshot = self._snapshots.load(name, folded)
            folded = snapshot if snapshot is not None and snapshot.version <= version else folded
        return self._onwards(name, folded, version)

    def after(self, folded: Folded[S], recorded: Sequence[Recorded[E]]) -> Folded[S]:
        """The same with more events, of which nothing is kept."""
        return folded.then(recorded, self._evolve)

    def answered(self, name: str, folded: Folded[S], key: str) -> Request | None:
        """A request that the stream has answered; an old one is looked up in the store."""
        known = folded.requests.get(key)
        places = folded.requests.places(key) if known is None else ()
        for older in places:
            events = chain.from_iterable(self._pages(name, older.first - 1, older.last))
            if (known := answered_in(events, key)) is not None:
                break
        return known

    def keep(self, name: str, before: Folded[S], after: Folded[S]) -> None:
        """Remember a stream after an append."""
        self._cache.put(name, after)
        if after.version // self._every > before.version // self._every:
            self._save(name, after)

    def _save(self, name: str, folded: Folded[S]) -> None:
        try:
            if self._snapshots is not None:
                self._snapshots.save(name, folded)
        except Exception:  # a snapshot is a convenience: the append stands without it
            log.exception("no snapshot of %s was kept", name)

    def _read(self, name: str) -> Folded[S]:
        """Fold from the beginning, or, if that is far away, from a snapshot."""
        folded = self.blank()
        page = self._ledger.read_stream(name, limit=self._every)
        if len(page) < self._every:
            return self.advance(name, folded, page)
        snapshot = self._snapshots.load(name, folded) if self._snapshots is not None else None
        if snapshot is not None and snapshot.version >= page[-1].version:
            folded = snapshot
        else:
            folded = folded.then(page, self._evolve)
        newest = self._onwards(name, folded)
        if newest.version - folded.version >= _LONG_WAY * self._every:
            self._save(name, newest)  # whoever reads it next need not go so far
        return self._put(name, newest)

    def _put(self, name: str, folded: Folded[S]) -> Folded[S]:
        if folded.version:
            self._cache.put(name, folded)
        return folded

    def _onwards(self, name: str, folded: Folded[S], until: int | None = None) -> Folded[S]:
        """The same with what follows in the store."""
        for page in self._pages(name, folded.version, until):
            folded = folded.then(page, self._evolve)
        return folded

    def _pages(self, name: str, after: int, until: int | None) -> Iterator[Sequence[Recorded[E]]]:
        """A part of a stream, which may be too long for the memory."""
        more = until is None or after < until
        while more:
            page = self._ledger.read_stream(name, after=after, until=until, limit=_PAGE)
            if page:
                yield page
                after = page[-1].version
            more = len(page) == _PAGE
