"""A body: a department, committee, provider or residents' group, known by its natural key."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from libs.ledger.decider import Decider
from libs.ledger.text import Text
from libs.rules.areas import AreaPath
from services.identity.domain import refusals
from services.identity.domain.values import (
    BodyKind,
    KeyKind,
    NaturalKey,
)

# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyRegistered:
    """A body is known; its key kind and value are public."""

    body_id: str
    kind: BodyKind
    name: Text
    key_kind: KeyKind
    key_value: str
    area_id: str
    area_path: AreaPath
    registered_at: datetime


BodyEvent = BodyRegistered


# Situations


@dataclass(frozen=True, slots=True)
class Unregistered:
    """No body has this id yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A body that is known."""

    body_id: str
    kind: BodyKind
    name: Text
    key: NaturalKey
    area_id: str
    area_path: AreaPath


Body = Unregistered | Registered


# Evolve


def evolve(body: Body, event: BodyEvent) -> Body:  # noqa: ARG001  # a body has one event so far
    """The body after the event."""
    return Registered(
        body_id=event.body_id,
        kind=event.kind,
        name=event.name,
        key=NaturalKey(event.key_kind, event.key_value),
        area_id=event.area_id,
        area_path=event.area_path,
    )


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterBody:
    """Make a body known, or find the one that has this key."""

    body_id: str
    key: NaturalKey
    kind: BodyKind
    name: Text
    area_id: str
    area_path: AreaPath
    at: datetime


# Decide


def decide(command: RegisterBody, body: Body) -> Sequence[BodyEvent]:
    """A body is registered once: the same key again finds it and changes nothing."""
    match body:
        case Registered():
            if body.key.normal != command.key.normal:
                raise refusals.body_id_is_taken(body.body_id)
            return []
        case Unregistered():
            if command.key.is_blank:
                raise refusals.natural_key_is_blank()
            if not command.name:
                raise refusals.name_is_missing()
            return [
                BodyRegistered(
                    body_id=command.body_id,
                    kind=command.kind,
                    name=command.name,
                    key_kind=command.key.kind,
                    key_value=command.key.value,
                    area_id=command.area_id,
                    area_path=command.area_path,
                    registered_at=command.at,
                )
            ]


BODY: Decider[RegisterBody, Body, BodyEvent] = Decider(
    category="body", initial=Unregistered(), decide=decide, evolve=evolve
)
