"""What happens, as it happens: one reader of a ledger in each process, for all who follow it there."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from libs.ledger.decider import Kind, Refusal
from libs.ledger.errors import EventTypeUnknown
from libs.messaging import resume
from libs.messaging.resume import Place
from libs.messaging.stretch import Entry
from libs.messaging.translate import Source
from libs.rpc.pause import Pause
from libs.telemetry import logs

Keys = Callable[[Entry], Iterable[str]]
"""By what an event can be followed: `case-3f2a`, `area-la/central`. Asked once for each event."""
Wake = Callable[[], None]

KEPT = 256
"""Events that a follower may be behind; who falls further behind is ended."""
AGES = 20_000
"""Positions that a resume token may be behind: all between are looked at."""
HEARTBEAT = 5.0
_STEP = 500
_MOST = 100
"""Events in one message."""
GATHER = 0.05
"""Seconds between two messages to one follower: what happens meanwhile comes together.

Who follows a city hears of everything. A message costs far more than one event more in it.
"""
_LOOK = 1.0
"""Seconds between two looks at whether somebody still follows, and between two tries."""
_TRIES = 5

_log = logs.get("live")


class Caller(Protocol):
    """What is asked of a call (`libs.rpc.call.Call`)."""

    @property
    def active(self) -> bool:
        """Whether the caller still waits, and the server does not drain."""

    @property
    def wake(self) -> Wake:
        """What lets the stream go on."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened of what a caller follows; nothing, as a heartbeat. `token`: to go on behind it."""

    entries: Sequence[Entry]
    token: str


class Follower:
    """What one caller follows, and what they have not taken yet: a bounded number of events."""

    __slots__ = ("after", "ended", "events", "position", "wake", "wanted")

    def __init__(self, wanted: Sequence[str], wake: Wake, position: int) -> None:
        self.wanted = wanted
        self.wake = wake
        self.position = position
        """Where the reader was when this began: what lies behind it comes by itself."""
        self.after = position
        """What lies up to here is known."""
        self.events: deque[Entry] = deque()
        self.ended: Exception | None = None


class Live:
    """Reads a source once, and hands each event to those who follow one of its keys.

    Nobody waits for anybody: a follower has a place for `kept` events, and is ended if they are not enough.
    """

    def __init__(self, source: Source, *, kept: int = KEPT, heartbeat: float = HEARTBEAT) -> None:
        self.source = source
        self.heartbeat = heartbeat
        self._kept = kept
        self._keys: Keys = _none
        self._lock = threading.Lock()
        self._followers: dict[str, set[Follower]] = {}
        self._watching: set[Wake] = set()
        self._many = 0
        self._reads = False
        self._closed = False
        self._place = Place(0, b"")  # how far the reader is

    def close(self) -> None:
        """Let the reader end: the ledger closes."""
        self._closed = True

    @property
    def followers(self) -> int:
        """How many follow something."""
        return self._many

    def sort_by(self, keys: Keys) -> None:
        """Say by what events can be followed. Once, before anybody follows."""
        self._keys = keys

    @contextmanager
    def watch(self, wake: Wake) -> Iterator[None]:
        """Be woken whenever something is recorded, and read the source at one's own pace."""
        with self._lock:
            self._begin()
            self._watching.add(wake)
        try:
            yield
        finally:
            with self._lock:
                self._watching.discard(wake)
                self._many -= 1

    @contextmanager
    def follow(self, call: Caller, wanted: Sequence[str], token: str = "") -> Iterator["Following"]:
        """Follow some keys, from now on or behind a token.

        Refuses RESUME_TOKEN_INVALID, RESUME_TOKEN_OLD, POSITION_AHEAD, HISTORY_CHANGED.
        """
        about = resume.about(self.source, wanted)
        place = resume.place_of(token, about) if token else None
        if place is not None:
            resume.must_be_there(self.source, place.position, place.chain)
        follower = self._join(wanted, call.wake)
        try:
            if place is not None:
                if follower.position - place.position > AGES:
                    raise _too_old()
                follower.after = place.position
            yield Following(self, call, follower, about, resumed=place is not None)
        finally:
            self._leave(follower)

    def take(self, follower: Follower) -> tuple[list[Entry], Place]:
        """What a follower has not taken yet, and up to where that is all."""
        with self._lock:
            if follower.ended is not None:
                raise follower.ended.with_traceback(None)  # it is raised for each of them
            events = follower.events
            if len(events) <= _MOST:
                taken, place = list(events), self._place
                events.clear()
            else:
                taken = [events.popleft() for _ in range(_MOST)]
                place = Place(taken[-1].event.sequence, b"")
        new = [entry for entry in taken if entry.event.sequence > follower.after]
        return new, place if place.position > follower.after else Place(follower.after, b"")

    def between(self, after: int, until: int, wanted: Sequence[str]) -> Iterator[tuple[list[Entry], int]]:
        """What was recorded of some keys between two positions, in steps."""
        seen = frozenset(wanted)
        while after < until:
            stretch = self.source.stretch(after, _STEP)
            if stretch.until == after:
                return
            after = min(stretch.until, until)
            entries = (entry for entry in stretch.entries if entry.event.sequence <= until)
            yield [entry for entry in entries if not seen.isdisjoint(self._keys(entry))], after

    def _join(self, wanted: Sequence[str], wake: Wake) -> Follower:
        with self._lock:
            self._begin()
            follower = Follower(wanted, wake, self._place.position)
            for key in wanted:
                self._followers.setdefault(key, set()).add(follower)
        return follower

    def _leave(self, follower: Follower) -> None:
        with self._lock:
            self._forget(follower)
            self._many -= 1

    def _forget(self, follower: Follower) -> None:
        follower.events.clear()
        for key in follower.wanted:
            if following := self._followers.get(key):
                following.discard(follower)
                if not following:
                    del self._followers[key]

    def _begin(self) -> None:
        """One more follows: the reader must run."""
        if not self._reads:
            self._place = self._newest()
            self._reads = True
            name = f"live-{self.source.service}"
            threading.Thread(target=self._read, name=name, daemon=True).start()
        self._many += 1

    def _newest(self) -> Place:
        """Asks the store; where it does not answer, as far as this process has heard."""
        try:
            head = self.source.newest()
            return Place(head, self.source.chain_at(head))
        except Exception:  # noqa: BLE001 # whatever it is: followers are told what the reader meets
            return Place(self.source.head(), b"")

    # -- the reader

    def _read(self) -> None:
        failures = 0
        while self._goes_on():
            try:
                if not self._hand_out():
                    self.source.wait(self._place.position, _LOOK)
                failures = 0
            except (Refusal, EventTypeUnknown) as error:  # another history; for another release
                self._end_all(error)
            except Exception as error:  # noqa: BLE001 # whatever it is, it is said, and tried again
                failures += 1
                _log.warning("reading for followers failed", service=self.source.service, exc_info=error)
                time.sleep(_LOOK)
                if failures == _TRIES:
                    self._end_all(error)
                    failures = 0

    def _goes_on(self) -> bool:
        with self._lock:
            self._reads = self._many > 0 and not self._closed
            return self._reads

    def _hand_out(self) -> bool:
        """Give what was recorded next to those who follow it; False if there is nothing."""
        place = self._place
        resume.must_be_there(self.source, place.position, place.chain)
        stretch = self.source.stretch(place.position, _STEP)
        if stretch.until == place.position:
            return False
        sorted_out = [(entry, tuple(self._keys(entry))) for entry in stretch.entries]  # this may fail
        reached = Place(stretch.until, self.source.chain_at(stretch.until))
        woken = set[Wake]()
        with self._lock:
            for entry, keys in sorted_out:
                for follower in {each for key in keys for each in self._followers.get(key, ())}:
                    self._give(follower, entry)
                    woken.add(follower.wake)
            self._place = reached
            woken |= self._watching
        for wake in woken:
            wake()
        return True

    def _give(self, follower: Follower, entry: Entry) -> None:
        if len(follower.events) < self._kept:
            follower.events.append(entry)
            return
        follower.ended = _too_slow(self._kept)
        self._forget(follower)

    def _end_all(self, why: Exception) -> None:
        """Whoever follows hears why, and the next begin with what is newest now."""
        newest = self._newest()
        with self._lock:
            self._place = newest
            ended = {each for following in self._followers.values() for each in following}
            for follower in ended:
                follower.ended = why
            self._followers.clear()
            woken = {follower.wake for follower in ended} | self._watching
        for wake in woken:
            wake()


class Following:
    """What one caller follows, step by step."""

    def __init__(self, live: Live, call: Caller, follower: Follower, about: str, *, resumed: bool) -> None:
        self.resumed = resumed
        """Whether it goes on behind a token: else the caller is first told how things are."""
        self._live = live
        self._call = call
        self._follower = follower
        self._about = about
        self._place = Place(follower.after, live.source.chain_at(follower.after))

    def newest(self) -> int:
        """The last position recorded: asks the store. The reader may not have got there yet."""
        return self._live.source.newest()

    @property
    def life(self) -> int:
        """The incarnation of the ledger that is followed."""
        return self._live.source.life

    def reached(self, position: int) -> None:
        """The caller was told how things are at a position: they need not hear what led there."""
        if position > self._follower.after:
            self._reach(Place(position, b""))

    @property
    def token(self) -> str:
        """The token to go on from here."""
        return self._place.token(self._about)

    def changes(self) -> Iterator[Changes | Pause]:
        """What happens, until the caller leaves or the server drains; a heartbeat now and then.

        Refuses FOLLOWER_TOO_SLOW when too much has happened since the caller took something, HISTORY_CHANGED.
        """
        follower, said, told = self._follower, time.monotonic(), 0.0
        for entries, until in self._live.between(follower.after, follower.position, follower.wanted):
            self._reach(Place(until, b""))
            yield Changes(entries, self.token) if entries else Pause(0.0)
        while self._call.active:
            now = time.monotonic()
            if now < told + GATHER and len(follower.events) < _MOST:
                yield Pause(told + GATHER - now)
                continue
            entries, place = self._taken()
            self._reach(place)
            if entries or now - said >= self._live.heartbeat:
                said, told = now, now if entries else told
                yield Changes(entries, self.token)
            else:
                yield Pause(said + self._live.heartbeat - now)

    def _taken(self) -> tuple[list[Entry], Place]:
        try:
            return self._live.take(self._follower)
        except Refusal as ended:
            raise Refusal(
                ended.kind, ended.code, ended.message, **ended.facts, resume_token=self.token
            ) from None

    def _reach(self, place: Place) -> None:
        if place.position > self._place.position:
            chain = place.chain or self._live.source.chain_at(place.position)
            self._place = Place(place.position, chain)
        self._follower.after = self._place.position


def _none(_: Entry) -> Iterable[str]:
    return ()


def _too_slow(kept: int) -> Refusal:
    return Refusal(
        Kind.EXHAUSTED,
        "FOLLOWER_TOO_SLOW",
        f"more than {kept} events happened that you have not taken: take messages as they come;"
        " call again with the resume_token to get those that you missed",
        kept=str(kept),
    )


def _too_old() -> Refusal:
    return Refusal(
        Kind.PRECONDITION,
        "RESUME_TOKEN_OLD",
        f"more than {AGES} events were recorded since: call without resume_token and begin with the state as"
        " it is now",
    )
