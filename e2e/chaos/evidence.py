"""What a run leaves behind: every ledger from its first event to its last, and what was published of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from linli.feed.v1 import feed_service_pb2 as feed

from libs.ledger.recorded import Recorded
from libs.ledger.revision import parse_revision
from libs.messaging.translate import envelope
from libs.runtime.host.opened import OpenService

Stored = Recorded[Any]

_PAGE = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """A command that a client was told had been done, and the revision it was told, in a story of theirs."""

    service: str
    rpc: str
    request_id: str
    revision: str
    story: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """A request that was refused because of what is there, and with which its story ended."""

    rpc: str
    request_id: str
    reason: str
    story: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """One service's ledger, read whole; personal data stays sealed."""

    opened: OpenService
    events: tuple[Stored, ...]
    streams: Mapping[str, list[Stored]] = field(default_factory=dict)
    published: tuple[feed.Event, ...] = ()

    @classmethod
    def of(cls, opened: OpenService) -> "Evidence":
        """Read it now. Nobody should write meanwhile, or neighbours are compared at different moments."""
        events: list[Stored] = []
        while page := opened.ledger.read(events[-1].position if events else 0, _PAGE):
            events += page
        streams: dict[str, list[Stored]] = defaultdict(list)
        for event in events:
            streams[event.stream].append(event)
        return cls(opened, tuple(events), dict(streams), tuple(_published(opened, events)))

    @property
    def name(self) -> str:
        """The service's name."""
        return self.opened.name

    @property
    def head(self) -> int:
        """Its last position."""
        return self.events[-1].position if self.events else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """The end of a ledger that was lost by nature (its database was restored, a standby lagged).

    `events` is all that lay behind position `after`, `chain` the hash over what lay up to there;
    `saved` is the position up to which nothing may be lost, `life` the incarnation that was lost, and
    `elsewhere` says that another one has begun: then whoever saw the end is told so by their revision.
    """

    service: str
    life: int
    elsewhere: bool
    saved: int
    after: int
    chain: bytes
    events: tuple[Stored, ...]
    published: tuple[feed.Event, ...]

    @classmethod
    def of(cls, before: Evidence, after: int, *, saved: int, elsewhere: bool = False) -> "Loss":
        """What is lost of a ledger, as it was read before that, if nothing behind a position is left."""
        kept = [event for event in before.events if event.position <= after]
        return cls(
            service=before.name,
            life=before.opened.ledger.life.number,
            elsewhere=elsewhere,
            saved=saved,
            after=after,
            chain=kept[-1].chain if kept else b"",
            events=before.events[len(kept) :],
            published=tuple(event for event in before.published if event.sequence > after),
        )

    @property
    def requests(self) -> frozenset[str]:
        """The requests that were answered by what is lost."""
        return frozenset(event.metadata.request_id for event in self.events if event.metadata.request_id)

    def took(self, acknowledged: Iterable[Acknowledged]) -> list[Acknowledged]:
        """Of what clients were told, what is lost: it lay behind the position, in this incarnation."""
        places = {(event.metadata.request_id, event.position, event.version) for event in self.events}
        return [told for told in acknowledged if told.service == self.service and self._at(told) in places]

    def _at(self, told: Acknowledged) -> tuple[str, int, int] | None:
        seen = parse_revision(told.revision)
        return (told.request_id, seen.position, seen.version) if seen.incarnation == self.life else None

    @property
    def causes(self) -> frozenset[str]:
        """The ids of the published events that are lost: neighbours may have handled them."""
        return frozenset(event.id for event in self.published)


def collect(services: Iterable[OpenService]) -> dict[str, Evidence]:
    """The evidence of all services, by name."""
    return {opened.name: Evidence.of(opened) for opened in services}


def _published(opened: OpenService, events: Iterable[Stored]) -> Iterable[feed.Event]:
    for event in events:
        told = opened.service.publish(event)
        if told is not None:
            yield envelope(opened.source.name, event, told)
