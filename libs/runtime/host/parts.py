"""What a service hands to the shell that runs it: a declaration, and the parts built from it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from threading import Event
from types import ModuleType, SimpleNamespace
from typing import Any, Self, TypeVar

from google.protobuf.descriptor import ServiceDescriptor
from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.decider import Decider
from libs.ledger.store.ledger import Ledger
from libs.ledger.store.mapper import Events
from libs.ledger.streams.registry import Streams
from libs.ledger.streams.stream import Stream
from libs.ledger.views.view import View, Views
from libs.messaging.clocks import Clock
from libs.messaging.live import Live
from libs.messaging.published import Publish
from libs.messaging.reactions import Subscriptions
from libs.rpc.delegating import Delegations
from libs.rpc.naming import snake_case
from libs.rpc.principal import Consents
from libs.runtime.config.settings import Settings
from libs.telemetry.metrics import Told, Values
from libs.telemetry.public_keys import PublicKeys

C = TypeVar("C")
S = TypeVar("S")
E = TypeVar("E")


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """One gRPC service: its descriptor, and the object with a method for each rpc.

    `messages` are the refusals' texts in other languages: `{"zh": {"CASE_IS_CLOSED": "…"}}`.
    """

    descriptor: ServiceDescriptor
    implementation: object
    messages: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, proto: ModuleType, *nouns: object, zh: Mapping[str, str]) -> Self:
        """The one service of a `_service_pb2` module, its rpcs shared out among objects, one for each noun.

        Raises TypeError unless every rpc has a method on exactly one of them.
        """
        (descriptor,) = proto.DESCRIPTOR.services_by_name.values()
        methods = {snake_case(method.name): method.full_name for method in descriptor.methods}
        served: dict[str, Any] = {}
        for name, rpc in methods.items():
            owners = [noun for noun in nouns if hasattr(noun, name)]
            if len(owners) != 1:
                found = ", ".join(type(noun).__name__ for noun in owners) or "nobody"
                raise TypeError(f"{rpc} is served by {found}: give `{name}` to one noun")
            served[name] = getattr(owners[0], name)
        return cls(descriptor=descriptor, implementation=SimpleNamespace(**served), messages={"zh": zh})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What the shell has opened for a service: it stands on this and opens nothing itself."""

    settings: Settings
    ledger: Ledger
    views: Views
    streams: Streams
    clock: Callable[[], datetime]
    live: Live

    def stream(
        self, decider: Decider[C, S, E], *, area: Callable[[S], str | None] | None = None
    ) -> Stream[C, S, E]:
        """The streams of a kind, known from now on to reactions and clocks by their decider.

        `area` derives from a state the path of the area where the subject lies.
        """
        return self.streams.open(decider, area=area)


ByHand = Callable[[Mapping[str, str]], str]
"""Words of the command line in; what was done, in a sentence. Refuses by `Refusal` or ValueError."""


Count = Callable[[Views], Sequence[tuple[Told, Values]]]
"""Counts in the views what people wait for: the figures of the business, with their values of the moment."""


def _nothing() -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceParts:
    """A service, wired.

    `on_start` runs once in a process with the api role, after the projector started and before the
    process says that it is ready (identity makes its first signing key there); it must be idempotent.
    `sends` runs in a thread where the views are folded, until its stop is set: it carries something out of
    the platform, or does long work of the service's own, and may take its time.
    `by_hand` are acts that only whoever is at the machine may do, by name (`linli <service> <name>`).
    `consents` tell who may act in whose name, `delegations` who in the place of which body, where an rpc may
    be called so.
    `public_keys` (identity only) is the JSON Web Key Set served at `/keys.json`; `revoked`
    (identity only) says of a token's claims (`libs.rpc.tokens.Claims`) whether it was revoked: it is
    asked on every call, so it must be quick.
    """

    apis: tuple[Api, ...] = ()
    on_start: Callable[[], None] = _nothing
    sends: Callable[[Event], None] | None = None
    by_hand: Mapping[str, ByHand] = field(default_factory=dict)
    public_keys: PublicKeys | None = None
    consents: Consents | None = None
    delegations: Delegations | None = None
    revoked: Callable[[Any], bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lasting:
    """Something that is known until a day only (None: nobody said until when), and what to do before that."""

    what: str
    until: date | None
    do: str


Lasts = Callable[[Cursor[DictRow]], Iterable[Lasting]]
"""What lasts until a day, by a cursor on the tables of views."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What a service declares before anything is opened: `SERVICE` in its `wiring.py`.

    `settings` is a dataclass whose fields are read from `LINLI_<SERVICE>_<FIELD>`; an instance of
    it is the second argument of `build`. `figures` are counted every 15 seconds, where the views are folded.
    `lasting` tells `linli doctor`, by views, what is known until a day only.
    """

    name: str
    events: Events
    views: tuple[View, ...]
    publish: Publish
    build: Callable[[Ground, Any], ServiceParts]
    settings: type = field(default=type(None))
    subscriptions: Subscriptions = field(default_factory=dict)
    figures: Count | None = None
    clocks: tuple[Clock, ...] = ()
    lasting: tuple[tuple[View, ...], Lasts] | None = None

    @property
    def has_worker(self) -> bool:
        """Whether there is anything for a worker to do: neighbours to hear, or moments to fire."""
        return bool(self.subscriptions or self.clocks)
