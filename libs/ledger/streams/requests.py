"""The requests that a stream answered: the newest exactly, the older ones by fingerprints.

A retry gets its first answer for as long as the stream lives; but a stream may live long, and it is
held in memory. A fingerprint takes eight bytes and may deceive: it only says where in the stream to look.
"""

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from libs.ledger.recorded import Context, Metadata, Recorded

KEPT = 64
"""So many requests at least are held exactly, and at most twice as many."""
_MOST = 4096  # fingerprints on one shelf: so much of a stream is read to look one up
_SIZE = 8  # bytes of a fingerprint
_WEIGHT = 350  # bytes of a request that is held exactly, as measured


@dataclass(frozen=True, slots=True)
class Request:
    """A request that was answered by events `first` to `last` of a stream, which follow each other."""

    digest: str | None
    first: int
    last: int

    def is_repeated_by(self, context: Context) -> bool:
        """Tell the same request again from another one under the same id."""
        return self.digest == context.request_digest


@dataclass(frozen=True, slots=True)
class Older:
    """A shelf of requests that were answered by events `first` to `last`: their fingerprints, sorted."""

    first: int
    last: int
    fingerprints: bytes

    def __len__(self) -> int:
        return len(self.fingerprints) // _SIZE

    def may_hold(self, fingerprint: bytes) -> bool:
        """False is certain; true is to be looked up."""
        place = bisect_left(range(len(self)), fingerprint, key=self._at)
        return place < len(self) and self._at(place) == fingerprint

    def with_next(self, other: "Older") -> "Older":
        """One shelf of two that follow each other."""
        both = sorted([*self._each(), *other._each()])  # noqa: SLF001  # of the same class
        return Older(min(self.first, other.first), max(self.last, other.last), b"".join(both))

    def _each(self) -> list[bytes]:
        return [self._at(place) for place in range(len(self))]

    def _at(self, place: int) -> bytes:
        return self.fingerprints[place * _SIZE : (place + 1) * _SIZE]


@dataclass(frozen=True, slots=True)
class Requests:
    """All requests that a stream answered; never changed, like the state beside it."""

    newest: Mapping[str, Request] = field(default_factory=dict)
    older: tuple[Older, ...] = ()

    def get(self, key: str) -> Request | None:
        """The request, if it is one of the newest."""
        return self.newest.get(key)

    def places(self, key: str) -> Iterator[Older]:
        """Where else in the stream it may have been answered, the latest first."""
        fingerprint = fingerprint_of(key)
        return (older for older in reversed(self.older) if older.may_hold(fingerprint))

    def noting(self) -> "Noting":
        """More requests, to be noted one by one."""
        return Noting(self)

    @property
    def weight(self) -> int:
        """How much memory they take, in requests that are held exactly."""
        return len(self.newest) + _SIZE * sum(map(len, self.older)) // _WEIGHT


class Noting:
    """Requests that grow by what is recorded; `done` gives them."""

    def __init__(self, requests: Requests) -> None:
        self._newest = dict(requests.newest)
        self._older = list(requests.older)

    def note(self, metadata: Metadata, version: int) -> None:
        """Remember that an event answered a request, if one did."""
        if metadata.request_id is None:
            return
        key = request_key(metadata.request_id, metadata.actor)
        known = self._newest.get(key)
        if known is None and len(self._newest) == 2 * KEPT:
            self._shelve()
        first = known.first if known is not None else version
        self._newest[key] = Request(metadata.request_digest, first, version)

    def done(self) -> Requests:
        """All of them."""
        return Requests(self._newest, tuple(self._older))

    def _shelve(self) -> None:
        """Keep no more than the fingerprints of the older half; shelves of the same size become one."""
        keys = list(self._newest)[:KEPT]
        gone = [self._newest.pop(key) for key in keys]
        shelf = Older(
            min(request.first for request in gone),
            max(request.last for request in gone),
            b"".join(sorted(map(fingerprint_of, keys))),
        )
        while self._older and len(self._older[-1]) == len(shelf) < _MOST:
            shelf = self._older.pop().with_next(shelf)
        self._older.append(shelf)


def request_key(request_id: str, actor: str) -> str:
    """Request ids are their caller's own: two callers may choose the same one."""
    return f"{actor} {request_id}"


def answered_in(recorded: Iterable[Recorded[Any]], key: str) -> Request | None:
    """The request, if it was answered by some of these events."""
    found: Request | None = None
    for one in recorded:
        request_id = one.metadata.request_id
        if request_id is not None and request_key(request_id, one.metadata.actor) == key:
            first = one.version if found is None else found.first
            found = Request(one.metadata.request_digest, first, one.version)
    return found


def fingerprint_of(key: str) -> bytes:
    """What is held of an older request."""
    return hashlib.blake2b(key.encode(), digest_size=_SIZE).digest()
