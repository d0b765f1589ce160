"""The keyring: which keys sign tokens, and which still count. Private keys are never here."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from libs.ledger.decider import Decider

# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKeyIntroduced:
    """Tokens will be signed with another key; `public_key` is raw Ed25519 in base64url."""

    key_id: str
    generation: int
    public_key: str
    introduced_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKeyRetired:
    """Tokens signed with this key count no more."""

    key_id: str
    retired_at: datetime


KeyringEvent = SigningKeyIntroduced | SigningKeyRetired


# Situations


ID = "tokens"
"""There is one keyring: its stream is `keyring-tokens`."""


LEAD = timedelta(minutes=1)
"""A new key is published so long before it signs, so that every verifier has heard of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A public key; `generation` tells how the private one is derived."""

    key_id: str
    generation: int
    public_key: str
    introduced_at: datetime
    retired_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Keyring:
    """All keys, the oldest first."""

    keys: tuple[SigningKey, ...] = ()

    @property
    def newest(self) -> SigningKey | None:
        """The key introduced last."""
        return self.keys[-1] if self.keys else None

    def signing(self, now: datetime) -> SigningKey | None:
        """The newest key that verifiers have had time to learn of; else the oldest that still counts."""
        good = [key for key in self.keys if key.retired_at is None]
        known = [key for key in good if key.introduced_at + LEAD <= now]
        return known[-1] if known else next(iter(good), None)

    def trusted(self, now: datetime, lifetime: timedelta) -> tuple[SigningKey, ...]:
        """The keys whose tokens count: the newest, and those whose last tokens may still be in use."""
        successors = (*self.keys[1:], None)
        return tuple(
            key
            for key, successor in zip(self.keys, successors, strict=True)
            if key.retired_at is None
            and (successor is None or now < successor.introduced_at + LEAD + lifetime)
        )


# Evolve


def evolve(keyring: Keyring, event: KeyringEvent) -> Keyring:
    """The keyring after the event."""
    match event:
        case SigningKeyIntroduced():
            key = SigningKey(
                key_id=event.key_id,
                generation=event.generation,
                public_key=event.public_key,
                introduced_at=event.introduced_at,
            )
            return Keyring((*keyring.keys, key))
        case SigningKeyRetired():
            return Keyring(
                tuple(
                    replace(key, retired_at=event.retired_at) if key.key_id == event.key_id else key
                    for key in keyring.keys
                )
            )


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class IntroduceSigningKey:
    """Sign with another key soon; `retire_earlier`: at once, and trust those before it no more."""

    key_id: str
    generation: int
    public_key: str
    retire_earlier: bool
    at: datetime


# Decide


def decide(command: IntroduceSigningKey, keyring: Keyring) -> Sequence[KeyringEvent]:
    """A new key will sign; the newest once more changes nothing."""
    newest = keyring.newest
    if newest is not None and newest.key_id == command.key_id:
        return []
    introduced = SigningKeyIntroduced(
        key_id=command.key_id,
        generation=command.generation,
        public_key=command.public_key,
        introduced_at=command.at,
    )
    if not command.retire_earlier:
        return [introduced]
    earlier = [key for key in keyring.keys if key.retired_at is None]
    return [introduced, *(SigningKeyRetired(key_id=key.key_id, retired_at=command.at) for key in earlier)]


KEYRING: Decider[IntroduceSigningKey, Keyring, KeyringEvent] = Decider(
    category="keyring", initial=Keyring(), decide=decide, evolve=evolve
)
