"""What a run leaves behind: every ledger from its first event to its last, and what was published of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from linli.feed.v1 import feed_service_pb2 as feed

from libs.ledger.recorded import Recorded
from libs.messaging.translate import envelope
from libs.runtime.host.opened import OpenService

Stored = Recorded[Any]

_PAGE = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """A command that a client was told had been done, and the revision it was told."""

    service: str
    rpc: str
    request_id: str
    revision: str


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


def collect(services: Iterable[OpenService]) -> dict[str, Evidence]:
    """The evidence of all services, by name."""
    return {opened.name: Evidence.of(opened) for opened in services}


def _published(opened: OpenService, events: Iterable[Stored]) -> Iterable[feed.Event]:
    for event in events:
        told = opened.service.publish(event)
        if told is not None:
            yield envelope(opened.source.name, event, told)
