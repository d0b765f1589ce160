"""A resident: a person known by a natural key, until they are erased."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from libs.ledger.decider import Decider
from libs.ledger.personal import Personal
from libs.rules.areas import AreaPath
from services.identity.domain import correction_refusals as unfit
from services.identity.domain import refusals
from services.identity.domain.values import (
    KeyKind,
    NaturalKey,
)

MOST_CORRECTIONS = 500
"""Of one person: all of them are shown at once."""

MOST_BY_THEMSELF = 200
"""Of these, by the person alone: staff can always correct more."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LIFETIME = timedelta(days=150 * 365)

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
    birth_date: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentCorrected:
    """Something that was known of a person is otherwise; what is None stays as it was."""

    resident_id: str
    name: Personal | None
    phone: Personal | None
    address: Personal | None
    birth_date: Personal | None
    by_themself: bool
    corrected_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentErased:
    """The person's key was destroyed: what was personal about them cannot be read any more.

    `has_receipt`: each service is to say when it has forgotten them; False of before there were receipts.
    """

    resident_id: str
    area_id: str
    area_path: AreaPath
    erased_at: datetime
    has_receipt: bool = False


ResidentEvent = ResidentRegistered | ResidentCorrected | ResidentErased


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
    birth_date: Personal
    corrections: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """Somebody was known here; nobody can tell who."""

    resident_id: str
    area_path: AreaPath


Resident = Unregistered | Registered | Erased


# Evolve


def evolve(resident: Resident, event: ResidentEvent) -> Resident:
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
                birth_date=event.birth_date or Personal(event.resident_id, ""),
            )
        case ResidentCorrected():
            return _corrected(resident, event) if isinstance(resident, Registered) else resident
        case ResidentErased():
            return Erased(resident_id=event.resident_id, area_path=event.area_path)


def _corrected(resident: Registered, event: ResidentCorrected) -> Registered:
    return replace(
        resident,
        name=event.name or resident.name,
        phone=event.phone or resident.phone,
        address=event.address or resident.address,
        birth_date=event.birth_date or resident.birth_date,
        corrections=resident.corrections + 1,
    )


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
    birth_date: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectResident:
    """Put right what is known of a person; what is None stays. `reason`: whether one was given."""

    resident_id: str
    name: Personal | None = None
    phone: Personal | None = None
    address: Personal | None = None
    birth_date: Personal | None = None
    by_themself: bool
    reason: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseResident:
    """Make everything personal about a person unreadable, for ever."""

    resident_id: str
    at: datetime


ResidentCommand = RegisterResident | CorrectResident | EraseResident


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
        case CorrectResident():
            if not isinstance(resident, Registered):
                raise refusals.party_is_unknown(command.resident_id)
            return _correction(command, resident)
        case EraseResident():
            if isinstance(resident, Unregistered):
                raise refusals.party_is_unknown(command.resident_id)
            return [_erased(command, resident)] if isinstance(resident, Registered) else []


def _registered(command: RegisterResident) -> ResidentRegistered:
    if command.key.is_blank:
        raise refusals.natural_key_is_blank()
    _check_birth(command.birth_date, command.at)
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
        birth_date=command.birth_date,
    )


def _correction(command: CorrectResident, resident: Registered) -> Sequence[ResidentCorrected]:
    """What is as it was said to be already is no correction."""
    if not command.by_themself and not command.reason:
        raise unfit.reason_is_missing()
    _check_birth(command.birth_date, command.at)
    corrected = ResidentCorrected(
        resident_id=command.resident_id,
        name=_new(command.name, resident.name),
        phone=_new(command.phone, resident.phone),
        address=_new(command.address, resident.address),
        birth_date=_new(command.birth_date, resident.birth_date),
        by_themself=command.by_themself,
        corrected_at=command.at,
    )
    if not any((corrected.name, corrected.phone, corrected.address, corrected.birth_date)):
        return []
    most = MOST_BY_THEMSELF if command.by_themself else MOST_CORRECTIONS
    if resident.corrections >= most:
        raise unfit.corrections_are_too_many(most)
    return [corrected]


def _new(said: Personal | None, known: Personal) -> Personal | None:
    return None if said == known else said


def _check_birth(born: Personal | None, at: datetime) -> None:
    """Refuse what is no day of the last 150 years."""
    if born is None or not born.value:
        return
    if not _DAY.fullmatch(born.value):
        raise unfit.birth_date_is_unfit()
    try:
        day = date.fromisoformat(born.value)
    except ValueError:
        raise unfit.birth_date_is_unfit() from None
    if not at.date() - _LIFETIME <= day <= at.date():
        raise unfit.birth_date_is_unfit()


def _erased(command: EraseResident, resident: Registered) -> ResidentErased:
    return ResidentErased(
        resident_id=resident.resident_id,
        area_id=resident.area_id,
        area_path=resident.area_path,
        erased_at=command.at,
        has_receipt=True,
    )


RESIDENT: Decider[ResidentCommand, Resident, ResidentEvent] = Decider(
    category="resident", initial=Unregistered(), decide=decide, evolve=evolve
)
