"""A resident: a person known by a natural key, until they are erased."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from libs.ledger.decider import Decider
from libs.ledger.personal import Personal
from libs.rules.areas import AreaPath
from services.identity.domain import refusals
from services.identity.domain.values import (
    KeyKind,
    NaturalKey,
)

# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentRegistered:
    """A person is known; the natural key is kept as a keyed digest only, and erased with the rest."""

    resident_id: str
    key_kind: KeyKind
    key_digest: Personal
    name: Personal
    phone: Personal
    address: Personal
    area_id: str
    area_path: AreaPath
    registered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentErased:
    """The person's key was destroyed: what was personal about them cannot be read any more."""

    resident_id: str
    area_id: str
    area_path: AreaPath
    erased_at: datetime


ResidentEvent = ResidentRegistered | ResidentErased


# Situations


@dataclass(frozen=True, slots=True)
class Unregistered:
    """Nobody is known under this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A person who is known."""

    resident_id: str
    key_kind: KeyKind
    key_digest: Personal
    name: Personal
    phone: Personal
    address: Personal
    area_id: str
    area_path: AreaPath
    registered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """Somebody was known here; nobody can tell who."""

    resident_id: str
    area_path: AreaPath


Resident = Unregistered | Registered | Erased


# Evolve


def evolve(resident: Resident, event: ResidentEvent) -> Resident:  # noqa: ARG001  # each event says all
    """The resident after the event."""
    match event:
        case ResidentRegistered():
            return Registered(
                resident_id=event.resident_id,
                key_kind=event.key_kind,
                key_digest=event.key_digest,
                name=event.name,
                phone=event.phone,
                address=event.address,
                area_id=event.area_id,
                area_path=event.area_path,
                registered_at=event.registered_at,
            )
        case ResidentErased():
            return Erased(resident_id=event.resident_id, area_path=event.area_path)


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterResident:
    """Make a person known, or find the one who has this key."""

    resident_id: str
    key: NaturalKey
    key_digest: Personal
    name: Personal
    phone: Personal
    address: Personal
    area_id: str
    area_path: AreaPath
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseResident:
    """Make everything personal about a person unreadable, for ever."""

    resident_id: str
    at: datetime


ResidentCommand = RegisterResident | EraseResident


# Decide


def decide(command: ResidentCommand, resident: Resident) -> Sequence[ResidentEvent]:
    """A person is registered once and erased once; either of it again changes nothing.

    An erased id is never used again: somebody who comes back is registered under another one.
    """
    match command:
        case RegisterResident():
            if isinstance(resident, Erased):
                raise refusals.party_is_unknown(resident.resident_id)
            return [_registered(command)] if isinstance(resident, Unregistered) else []
        case EraseResident():
            if isinstance(resident, Unregistered):
                raise refusals.party_is_unknown(command.resident_id)
            return [_erased(command, resident)] if isinstance(resident, Registered) else []


def _registered(command: RegisterResident) -> ResidentRegistered:
    if command.key.is_blank:
        raise refusals.natural_key_is_blank()
    return ResidentRegistered(
        resident_id=command.resident_id,
        key_kind=command.key.kind,
        key_digest=command.key_digest,
        name=command.name,
        phone=command.phone,
        address=command.address,
        area_id=command.area_id,
        area_path=command.area_path,
        registered_at=command.at,
    )


def _erased(command: EraseResident, resident: Registered) -> ResidentErased:
    return ResidentErased(
        resident_id=resident.resident_id,
        area_id=resident.area_id,
        area_path=resident.area_path,
        erased_at=command.at,
    )


RESIDENT: Decider[ResidentCommand, Resident, ResidentEvent] = Decider(
    category="resident", initial=Unregistered(), decide=decide, evolve=evolve
)
