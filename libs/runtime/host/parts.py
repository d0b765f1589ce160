"""What a service hands to the shell that runs it: a declaration, and the parts built from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from google.protobuf.descriptor import ServiceDescriptor

from libs.ledger.store.ledger import Ledger
from libs.ledger.store.mapper import Events
from libs.ledger.streams.stream import Stream
from libs.ledger.views.view import View, Views
from libs.messaging.clocks import Clock
from libs.messaging.published import Publish
from libs.messaging.reactions import Subscriptions
from libs.runtime.config.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """One gRPC service: its descriptor, and the object with a method for each rpc.

    `messages` are the refusals' texts in other languages: `{"zh": {"CASE_IS_CLOSED": "…"}}`.
    """

    descriptor: ServiceDescriptor
    implementation: object
    messages: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What the shell has opened for a service: it stands on this and opens nothing itself."""

    settings: Settings
    ledger: Ledger
    views: Views
    clock: Callable[[], datetime]


def _no_apis() -> tuple[Api, ...]:
    return ()


def _nothing() -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceParts:
    """A service, wired.

    `apis` is a function, so that a process that serves no gRPC never imports it. `on_start` runs
    once in a process with the api role, after the projector started and before the process says
    that it is ready (identity makes the operator's client there); it must be idempotent.
    `public_keys` (identity only) answers the JSON Web Key Set served at `/keys.json`; `revoked`
    (identity only) says of a token's claims (`libs.rpc.tokens.Claims`) whether it was revoked: it is
    asked on every call, so it must be quick.
    """

    streams: Mapping[str, Stream[Any, Any, Any]]
    apis: Callable[[], tuple[Api, ...]] = _no_apis
    clocks: tuple[Clock, ...] = ()
    on_start: Callable[[], None] = _nothing
    public_keys: Callable[[], Mapping[str, Any]] | None = None
    revoked: Callable[[Any], bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What a service declares before anything is opened: `SERVICE` in its `wiring.py`.

    `settings` is a dataclass whose fields are read from `LINLI_<SERVICE>_<FIELD>`; an instance of
    it is the second argument of `build`.
    """

    name: str
    events: Events
    views: tuple[View, ...]
    publish: Publish
    build: Callable[[Ground, Any], ServiceParts]
    settings: type = field(default=type(None))
    subscriptions: Subscriptions = field(default_factory=dict)
