"""A registration: a person as a caller describes them, and the keys by which they are found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from libs.ledger.decider import Kind, Refusal
from libs.ledger.personal import Personal
from libs.ledger.streams.stream import Handled
from libs.query.reach import Jurisdiction, Permit
from libs.rules.areas import AreaPath
from services.identity.domain import resident
from services.identity.domain.natural_keys import HeldKey
from services.identity.domain.resident import RegisterResident
from services.identity.domain.values import KeyKind, NaturalKey


@dataclass(frozen=True, slots=True, kw_only=True)
class NewResident:
    """A person as a caller describes them."""

    key: NaturalKey
    name: str
    phone: str
    address: str
    area_id: str
    at: datetime
    birth_date: str = ""
    more_keys: tuple[NaturalKey, ...] = ()

    @property
    def keys(self) -> Sequence[NaturalKey]:
        """All their keys, each once."""
        return list({each.normal: each for each in (self.key, *self.more_keys)}.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Who or what a registration led to; `existing`: it was known before.

    `left_out`: kinds of keys that nobody has, and that the caller may not add where this person lives.
    """

    id: str
    existing: bool
    revision: str
    left_out: tuple[KeyKind, ...] = ()


def first_key(person: resident.Registered) -> HeldKey:
    """The natural key by which they were registered."""
    return HeldKey(kind=person.key_kind, digest=person.key_digest, since=person.registered_at)


def held(resident_id: str, keys: Mapping[str, NaturalKey], at: datetime) -> Sequence[HeldKey]:
    """Keys by their digests, as those of a person."""
    return [
        HeldKey(kind=key.kind, digest=Personal(resident_id, digest), since=at) for digest, key in keys.items()
    ]


def registering(new: NewResident, first: HeldKey, area_path: AreaPath) -> RegisterResident:
    """What registers a person by their first key, or changes nothing where they are known."""
    resident_id = first.digest.subject
    return RegisterResident(
        resident_id=resident_id,
        key=new.key,
        key_digest=first.digest,
        name=Personal(resident_id, new.name),
        phone=Personal(resident_id, new.phone),
        address=Personal(resident_id, new.address),
        area_id=new.area_id,
        area_path=area_path,
        at=new.at,
        birth_date=Personal(resident_id, new.birth_date) if new.birth_date else None,
    )


def may_change(person: resident.Registered, permit: Permit) -> bool:
    """Whether the caller registers people where this person lives."""
    try:
        permit(Jurisdiction(area_path=person.area_path))
    except Refusal as refusal:
        if refusal.kind is not Kind.PERMISSION:
            raise
        return False
    return True


def found(party_id: str, handled: Handled[Any, Any]) -> Found:
    """Whom or what a registration led to."""
    existing = not handled.events and not handled.repeated
    return Found(id=party_id, existing=existing, revision=handled.revision)
