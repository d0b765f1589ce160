"""The envelope of an event: who, when, why, on whose behalf, and where it lies in the ledger."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Generic, TypeVar

import msgspec

from libs.ledger.ids import new_id
from libs.ledger.personal import Personal

E = TypeVar("E")


class Metadata(msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """What is kept with every event beside its facts; never in the domain classes.

    `area` is where the subject lies: the ids from the root to the area, joined by "/". Where only
    the area is known (from a neighbour's event) it is that id alone: the last one is the area.
    `origin`: the neighbour's event that called for this one, by source and position:
    `linli://demo/cases#1024`.

    Stored as an array to be compact: new fields go to the end, with a default; none is ever
    removed or moved. Nothing here may be personal data but `said`: actors and subjects are ids.
    `reason` is the service's own (of a reaction or a clock), `said` what a person typed, enciphered
    under their key. `delegation_id`: by which delegation the actor stood in for another body.
    """

    event_id: str
    occurred_at: datetime
    actor: str
    on_behalf_of: str | None = None
    consent_id: str | None = None
    roles: tuple[str, ...] = ()
    area: str | None = None
    request_id: str | None = None
    request_digest: str | None = None
    correlation_id: str | None = None
    causation_id: str | None = None
    traceparent: str | None = None
    reason: str | None = None
    origin: str | None = None
    said: Personal | None = None
    delegation_id: str | None = None

    @property
    def why(self) -> str | None:
        """The reason, whoever gave it; None, too, once who typed it was erased.

        Raises `PersonalSealed` for events read with the whole ledger.
        """
        return self.reason if self.said is None else self.said.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a caller brings along with a command.

    `request_id` makes the command repeatable; `request_digest` tells a repetition from another
    request under the same id. `occurred_at` is set for history imports, otherwise now is taken.
    `guard` is asked before anything is decided, after the permit: it raises if the command must not
    go on, whoever asks for it (an rpc that never looked at its caller's reach). It is not stored.
    `reason` is the service's own, `said` the words of a person, under whose key they are kept.
    `within` is the path of the area in which alone something may be appended ("": anywhere): not stored.
    """

    actor: str
    on_behalf_of: str | None = None
    consent_id: str | None = None
    within: str = ""
    roles: tuple[str, ...] = ()
    area: str | None = None
    request_id: str | None = None
    request_digest: str | None = None
    correlation_id: str | None = None
    causation_id: str | None = None
    traceparent: str | None = None
    reason: str | None = None
    origin: str | None = None
    said: Personal | None = None
    occurred_at: datetime | None = None
    delegation_id: str | None = None
    guard: Callable[[], None] | None = field(default=None, compare=False, repr=False)

    def metadata(self, now: datetime) -> Metadata:
        """The metadata of one event that happens in this context, under a new event id."""
        return Metadata(
            event_id=new_id(),
            occurred_at=self.occurred_at or now,
            actor=self.actor,
            on_behalf_of=self.on_behalf_of,
            consent_id=self.consent_id,
            roles=self.roles,
            area=self.area,
            request_id=self.request_id,
            request_digest=self.request_digest,
            correlation_id=self.correlation_id,
            causation_id=self.causation_id,
            traceparent=self.traceparent,
            reason=self.reason,
            origin=self.origin,
            said=self.said,
            delegation_id=self.delegation_id,
        )


@dataclass(frozen=True, slots=True)
class UnknownType:
    """Stands for an event of a type that only a newer release knows; `published`: neighbours wait for it."""

    published: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded(Generic[E]):
    """One event as it lies in the ledger.

    `version` counts within the stream from 1 without gaps; `position` orders the whole ledger
    and may have gaps: never compute with `position + 1`. `recorded_at` is the database's time at
    the commit, and never goes back from one position to the next; `chain` the hash over the ledger
    up to this event.

    Where the whole ledger is read, `event` may be an `UnknownType`: the release that stored it is newer.
    """

    stream: str
    version: int
    position: int
    name: str
    event: E
    metadata: Metadata
    recorded_at: datetime
    chain: bytes = b""

    @property
    def known(self) -> bool:
        """Whether this release knows the type of the event; if not, there is only the metadata."""
        return type(self.event) is not UnknownType

    @property
    def category(self) -> str:
        """The kind of stream: `case` of `case-3f2a`."""
        return self.stream.partition("-")[0]

    @property
    def subject_id(self) -> str:
        """The id of what the stream is about: `3f2a` of `case-3f2a`."""
        return self.stream.partition("-")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Events that are to follow version `expected_version` of a stream (0: the stream is new).

    `life` is the incarnation of the ledger in which that version was read; 0: not known.
    """

    stream: str
    expected_version: int
    events: Sequence[tuple[object, Metadata]]
    life: int = 0


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far the events of a neighbour have been handled, stored with the effects of handling them.

    With `after` the append is refused unless exactly that position is stored, so that two
    consumers with overlapping batches cannot both take effect. `incarnation` and `chain` are the
    source's at that position, as far as they are known: they tell whether it is still the same history.
    """

    source: str
    position: int
    after: int | None = None
    incarnation: int = 0
    chain: bytes = b""


def utc_now() -> datetime:
    """The current time, aware, in UTC."""
    return datetime.now(UTC)
