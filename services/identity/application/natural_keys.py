"""Use cases of natural keys: one more way to find a person, and one fewer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.personal import Personal
from libs.ledger.recorded import Context
from libs.ledger.streams.claims import Claimed, Claims
from libs.ledger.streams.stream import Handled
from libs.query.reach import Jurisdiction, Permit
from services.identity.application.registration import first_key
from services.identity.application.resident import (
    MergerStream,
    NaturalKeysStream,
    ResidentStream,
    registered,
    survivor_of,
)
from services.identity.domain import natural_key_refusals as unfit
from services.identity.domain import natural_keys
from services.identity.domain.natural_keys import (
    AddNaturalKeys,
    HeldKey,
    NaturalKeysCommand,
    NaturalKeysEvent,
    ReleaseNaturalKey,
    check_form,
)
from services.identity.domain.resident import Registered
from services.identity.domain.values import NaturalKey


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysChanged:
    """The keys of a person after a command on them."""

    keys: Sequence[HeldKey]
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NaturalKeys:
    """What can be done with the natural keys of people who are registered."""

    stream: NaturalKeysStream
    residents: ResidentStream
    claims: Claims
    mergers: MergerStream

    def add(
        self, resident_id: str, key: NaturalKey, at: datetime, context: Context, permit: Permit
    ) -> KeysChanged:
        """Have a person found by one more key. Refuses NATURAL_KEY_TAKEN, without saying who has it."""
        check_form(key)
        person = registered(self.residents, resident_id)
        held = self._key(resident_id, key, at)
        first = first_key(person)
        command = AddNaturalKeys(resident_id=resident_id, first=first, keys=(held,), at=at)
        try:
            return self._handle(person, command, context, permit)
        except Claimed as claimed:
            if survivor_of(self.mergers, claimed.holder) != survivor_of(self.mergers, resident_id):
                raise unfit.natural_key_is_taken() from None
        return KeysChanged(keys=self.of(person), revision=self.stream.load(resident_id).revision)

    def release(
        self,
        resident_id: str,
        key: NaturalKey | str,
        at: datetime,
        context: Context,
        permit: Permit,
    ) -> KeysChanged:
        """Have a person found by a key, or by that with this id, no more."""
        person = registered(self.residents, resident_id)
        key_id = key if isinstance(key, str) else self._key(resident_id, key, at).key_id
        first = first_key(person)
        command = ReleaseNaturalKey(resident_id=resident_id, first=first, key_id=key_id, at=at)
        return self._handle(person, command, context, permit)

    def of(self, person: Registered) -> Sequence[HeldKey]:
        """All keys of a person, in the order in which they got them."""
        return self.stream.load(person.resident_id).state.with_first(first_key(person))

    def _key(self, resident_id: str, key: NaturalKey, at: datetime) -> HeldKey:
        digest = Personal(resident_id, self.claims.digest(key.normal))
        return HeldKey(kind=key.kind, digest=digest, since=at)

    def _handle(
        self, person: Registered, command: NaturalKeysCommand, context: Context, permit: Permit
    ) -> KeysChanged:
        permit(Jurisdiction(area_path=person.area_path))
        context = replace(context, area=person.area_path or None)
        handled: Handled[natural_keys.NaturalKeys, NaturalKeysEvent] = self.stream.handle(
            person.resident_id, command, context
        )
        return KeysChanged(
            keys=handled.state.with_first(first_key(person)),
            revision=handled.revision,
        )
