"""Checks a ledger against its own hashes, and against a head that was kept elsewhere."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import psycopg
from psycopg import Connection

from libs.ledger.store import chain as chains
from libs.ledger.store.incarnation import Incarnation, incarnations
from libs.ledger.store.recorder import EVENTS_TABLE
from libs.ledger.store.stored import Stored, named, stored_after

_BATCH = 5_000


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """How far a ledger was at a moment, and the hash over all of it: to be kept where nobody alters it.

    `chain` in hexadecimal. Written as JSON.
    """

    ledger: str
    incarnation: int
    position: int
    chain: str

    def text(self) -> str:
        """What `parse` reads: one line of JSON."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def parse(cls, text: str) -> "Head":
        """Raises `ValueError` with what is wrong."""
        try:
            head = msgspec.json.decode(text, type=cls)
            bytes.fromhex(head.chain)
        except (ValueError, msgspec.MsgspecError) as error:
            raise ValueError(f"this is no head of a ledger: {error}") from None
        return head


class Forged(Exception):
    """The ledger is not what it was: `position` is the first one at which that shows."""

    def __init__(self, position: int, what: str) -> None:
        super().__init__(f"position {position}: {what}")
        self.position = position
        self.what = what


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a check is: up to `position` of `head`, after so many events and seconds."""

    position: int
    head: int
    events: int
    seconds: float

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds if self.seconds else 0.0


Say = Callable[[Progress], object]


def verify(dsn: str, since: Head | None = None, say: Say = lambda _: None, *, only_new: bool = False) -> Head:
    """Check every event, and that the ledger holds the head `since`; answers the head that was reached.

    `only_new`: read only what follows `since`.

    Each event's leaf is computed anew from what is stored, and the chain from the leaves. The service
    may run meanwhile: what is recorded after the beginning is left for the next time. `say` is called
    about once a second. Raises `Forged`, `ValueError` for a head of another ledger, and psycopg's errors.
    """
    with psycopg.connect(dsn, connect_timeout=10, application_name="linli verify") as connection:
        connection.set_read_only(True)
        connection.set_isolation_level(psycopg.IsolationLevel.REPEATABLE_READ)
        lives = incarnations(connection)
        if not lives:
            if _head(connection):
                raise Forged(1, "the record of the ledger's incarnations was deleted")
            raise ValueError("this ledger has never been used: there is nothing to verify")
        check = _Check(connection, lives, since, only_new=only_new)
        for _ in check.run():
            say(check.progress())
        return check.head()


def _head(connection: Connection[Any]) -> int:
    row = connection.execute(f"SELECT max(notification_id) FROM public.{EVENTS_TABLE}").fetchone()
    return int(row[0] or 0) if row is not None else 0


class _Check:
    """One pass over a ledger, in one snapshot of its database."""

    def __init__(
        self, connection: Connection[Any], lives: list[Incarnation], since: Head | None, *, only_new: bool
    ) -> None:
        self._connection = connection
        self._began = time.monotonic()
        self._ledger, self._incarnation = lives[0].ledger, lives[-1].number
        if since is not None and since.ledger != self._ledger:
            raise ValueError(f"the head is of ledger {since.ledger}, and this is {self._ledger}")
        self._turns = {life.position: life.chain for life in lives}
        self._end = _head(connection)
        self._position, self._chain = 0, chains.genesis(self._ledger)
        if since is not None and only_new:
            self._position, self._chain = since.position, bytes.fromhex(since.chain)
        self._recorded = -(2**63)  # microseconds since 1970: before any
        self._events = 0
        if since is not None:
            self._must_hold(since)
        self._turn()

    def run(self) -> Iterator[None]:
        """Check all; yields about once a second, and at the end."""
        said = time.monotonic()
        for event in stored_after(self._connection, self._position):
            self._take(event)
            self._events += 1
            if not self._events % _BATCH and time.monotonic() - said >= 1.0:
                said = time.monotonic()
                yield
        if later := [position for position in self._turns if position > self._position]:
            raise Forged(
                max(later), "the last events were deleted: an incarnation began behind this position"
            )
        yield

    def progress(self) -> Progress:
        """How far it is."""
        return Progress(self._position, self._end, self._events, time.monotonic() - self._began)

    def head(self) -> Head:
        """Up to where all is well."""
        return Head(
            ledger=self._ledger,
            incarnation=self._incarnation,
            position=self._position,
            chain=self._chain.hex(),
        )

    def _take(self, event: Stored) -> None:
        position, recorded, version, texts, body, leaf, chain = event
        if chains.leaf_of_sized(position, recorded, version, texts, body) != leaf:
            raise Forged(position, f"{named(version, texts)} was altered")
        link = chains.link(self._chain, leaf)
        if link != chain:
            raise Forged(
                position,
                f"{named(version, texts)} does not follow position {self._position}:"
                " events between were deleted or inserted, or their order was changed",
            )
        if recorded < self._recorded:
            raise Forged(position, f"{named(version, texts)} was recorded before the one in front of it")
        self._position, self._chain, self._recorded = position, link, recorded
        if position in self._turns:
            self._turn()

    def _turn(self) -> None:
        """Where an incarnation began, the chain must be the one that it took over."""
        if self._turns.get(self._position, self._chain) != self._chain:
            raise Forged(self._position, "the history before this position was rewritten")

    def _must_hold(self, since: Head) -> None:
        """The ledger must still hold the event of a kept head, with the chain of then."""
        if since.position == 0:
            return
        row = self._connection.execute(
            f"SELECT chain FROM public.{EVENTS_TABLE} WHERE notification_id = %s", [since.position]
        ).fetchone()
        if row is None:
            what = f"deleted: the ledger ends at {self._end}" if self._end < since.position else "deleted"
            raise Forged(since.position, f"the event at the kept head was {what}")
        if bytes(row[0]) != bytes.fromhex(since.chain):
            raise Forged(since.position, "the history before the kept head was rewritten")
