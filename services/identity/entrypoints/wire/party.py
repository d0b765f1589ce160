"""Residents, bodies and their natural keys."""

from collections.abc import Sequence

from linli.identity.v1 import identity_service_pb2 as pb
from linli.identity.v1 import identity_types_pb2 as types

from libs.rpc.moments import stamp
from libs.rpc.texts import localized
from services.identity.application.ports import BodyRow
from services.identity.domain import body
from services.identity.domain.natural_keys import HeldKey
from services.identity.domain.resident import Registered
from services.identity.domain.values import NaturalKey
from services.identity.entrypoints.wire.words import BODY_KINDS, KEY_KINDS


def natural_key_of(key: types.NaturalKey) -> NaturalKey:
    """A natural key."""
    return NaturalKey(KEY_KINDS.from_wire(key.kind), key.value)


def key_shown(key: HeldKey) -> types.HeldNaturalKey:
    """A natural key of a person, without its value, which nobody knows here."""
    return types.HeldNaturalKey(
        key_id=key.key_id, kind=KEY_KINDS.to_wire(key.kind), added_time=stamp(key.since)
    )


def resident_shown(person: Registered, keys: Sequence[HeldKey]) -> pb.Resident:
    """A person's data."""
    return pb.Resident(
        resident_id=person.resident_id,
        name=person.name.value or "",
        phone=person.phone.value or "",
        address=person.address.value or "",
        area_id=person.area_id,
        area_path=person.area_path,
        key_kind=KEY_KINDS.to_wire(person.key_kind),
        natural_keys=map(key_shown, keys),
        birth_date=person.birth_date.value or "",
    )


def body_shown(shown: BodyRow | body.Registered) -> pb.Body:
    """A body of the view, or as its stream knows it."""
    key = types.NaturalKey(kind=KEY_KINDS.to_wire(shown.key.kind), value=shown.key.value)
    return pb.Body(
        body_id=shown.body_id,
        kind=BODY_KINDS.to_wire(shown.kind),
        name=localized(shown.name),
        natural_key=key,
        area_id=shown.area_id,
        area_path=shown.area_path,
    )


def body_state_shown(state: body.Body) -> pb.Body:
    """A body as its stream knows it."""
    return pb.Body() if isinstance(state, body.Unregistered) else body_shown(state)
