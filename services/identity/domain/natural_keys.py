"""Natural keys of a person: those beyond the key of their registration, and those that were released."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from libs.ledger.decider import Decider
from libs.ledger.personal import Personal
from services.identity.domain import natural_key_refusals as unfit
from services.identity.domain import refusals
from services.identity.domain.values import KEYS_OF_RESIDENTS, MAILBOX, KeyKind, NaturalKey

MOST = 20
"""Keys of one person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldKey:
    """A key by which a person is found; of its value only a keyed digest is kept."""

    kind: KeyKind
    digest: Personal
    since: datetime

    @property
    def key_id(self) -> str:
        """What the key is called in answers; it is kept nowhere, and says nothing of the value."""
        return sha256(f"{self.digest.subject}|{self.digest.value}".encode()).hexdigest()[:16]


def check_form(key: NaturalKey) -> None:
    """Refuse what is no key of a person: NATURAL_KEY_UNFIT, NATURAL_KEY_BLANK."""
    if key.kind not in KEYS_OF_RESIDENTS:
        raise refusals.natural_key_does_not_fit("a registration number is a key of bodies, not of people")
    if not key.dialled_from_anywhere:
        raise refusals.natural_key_does_not_fit("a phone number that is a key has a country code")
    if key.is_blank:
        raise refusals.natural_key_is_blank()
    if key.kind is KeyKind.EMAIL and not MAILBOX.fullmatch(key.value):
        raise refusals.natural_key_does_not_fit("an e-mail address looks like name@example.org")
    if key.kind is KeyKind.HOUSEHOLD_REGISTER and "" in key.normal.partition(":")[2].partition("/"):
        advice = "give the number of the household register and the person's page in it: 110105-0012345/3"
        raise refusals.natural_key_does_not_fit(advice)


# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class NaturalKeyAdded:
    """A person is found by one more key from now on."""

    resident_id: str
    key_kind: KeyKind
    key_digest: Personal
    added_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NaturalKeyReleased:
    """A person is found by this key no more; somebody else may have it."""

    resident_id: str
    key_kind: KeyKind
    key_digest: Personal
    released_at: datetime


NaturalKeysEvent = NaturalKeyAdded | NaturalKeyReleased


# Situations


@dataclass(frozen=True, slots=True, kw_only=True)
class NaturalKeys:
    """Keys that were added, and those that were ever released."""

    added: tuple[HeldKey, ...] = ()
    released: tuple[Personal, ...] = ()

    def with_first(self, first: HeldKey) -> Sequence[HeldKey]:
        """All keys of the person, that of their registration first if it was not released."""
        return [*([] if first.digest in self.released else [first]), *self.added]


# Evolve


def evolve(keys: NaturalKeys, event: NaturalKeysEvent) -> NaturalKeys:
    """The keys after the event."""
    digest = event.key_digest
    match event:
        case NaturalKeyAdded():
            held = HeldKey(kind=event.key_kind, digest=digest, since=event.added_at)
            return NaturalKeys(added=(*keys.added, held), released=keys.released)
        case NaturalKeyReleased():
            return NaturalKeys(
                added=tuple(each for each in keys.added if each.digest != digest),
                released=(*(each for each in keys.released if each != digest), digest),
            )


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class AddNaturalKeys:
    """Have a person found by these keys, too; `first` is that of their registration."""

    resident_id: str
    first: HeldKey
    keys: tuple[HeldKey, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseNaturalKey:
    """Have a person found by a key no more."""

    resident_id: str
    first: HeldKey
    key_id: str
    at: datetime


NaturalKeysCommand = AddNaturalKeys | ReleaseNaturalKey


# Decide


def decide(command: NaturalKeysCommand, keys: NaturalKeys) -> Sequence[NaturalKeysEvent]:
    """What a person has already is not added again; the last key stays."""
    held = keys.with_first(command.first)
    match command:
        case AddNaturalKeys():
            new = {each.key_id: each for each in command.keys}
            for each in held:
                new.pop(each.key_id, None)
            if new and len(held) + len(new) > MOST:
                raise unfit.natural_keys_are_too_many(MOST)
            return [_added(command, each) for each in new.values()]
        case ReleaseNaturalKey():
            found = [each for each in held if each.key_id == command.key_id]
            if not found:
                raise unfit.natural_key_is_unknown()
            if len(held) == 1:
                raise unfit.natural_key_is_the_last()
            return [_released(command, found[0])]


def assure_one_national_id(held: Sequence[HeldKey], new: Sequence[HeldKey]) -> None:
    """Refuse a second national id at a registration: who was found by a shared phone is somebody else then.

    A mistyped one is put right by hand: the right one is added, then the wrong one is released.
    """
    known = {each.digest for each in held if each.kind is KeyKind.NATIONAL_ID}
    brought = {each.digest for each in new if each.kind is KeyKind.NATIONAL_ID} - known
    if brought and len(known | brought) > 1:
        raise unfit.national_id_is_another()


def _added(command: AddNaturalKeys, key: HeldKey) -> NaturalKeyAdded:
    return NaturalKeyAdded(
        resident_id=command.resident_id, key_kind=key.kind, key_digest=key.digest, added_at=command.at
    )


def _released(command: ReleaseNaturalKey, key: HeldKey) -> NaturalKeyReleased:
    return NaturalKeyReleased(
        resident_id=command.resident_id, key_kind=key.kind, key_digest=key.digest, released_at=command.at
    )


NATURAL_KEYS: Decider[NaturalKeysCommand, NaturalKeys, NaturalKeysEvent] = Decider(
    category="natural_keys", initial=NaturalKeys(), decide=decide, evolve=evolve
)
