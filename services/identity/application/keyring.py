"""Use cases of the keys that sign tokens."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Handled, Stream
from services.identity.application.ports import RevocationReads, SigningKeys, Token, TokenClaims
from services.identity.domain import keyring
from services.identity.domain.keyring import IntroduceSigningKey, Keyring, KeyringEvent, SigningKey

KeyringStream = Stream[IntroduceSigningKey, Keyring, KeyringEvent]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySet:
    """The keys to verify tokens with, and whose tokens were revoked before which moment.

    Everybody may read it: the subjects are concealed, each under every key that may have signed.
    """

    keys: tuple[SigningKey, ...]
    revocations: dict[str, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What can be done with the keyring.

    `longest` is the longest life of a token; `conceal` hides a subject under a key's id.
    """

    stream: KeyringStream
    signing: SigningKeys
    revocations: RevocationReads
    longest: timedelta
    conceal: Callable[[str, str], str]

    def sign(self, claims: TokenClaims) -> Token:
        """A token, signed with the key of the moment."""
        ring = self.stream.load(keyring.ID).state
        key, newest = ring.signing(claims.issued_at), ring.newest
        if key is None or newest is None:
            raise LookupError("there is no signing key: `ensure` runs at every start")
        # After the Secret was replaced only the newest key can be derived from it.
        ours = self.signing.derive(key.generation).key_id == key.key_id
        return self.signing.sign(claims, key if ours else newest)

    def rotate(self, retire_earlier: bool, at: datetime, context: Context) -> Handled[Keyring, KeyringEvent]:
        """Introduce the key of the next generation."""
        newest = self.stream.load(keyring.ID).state.newest
        command = self._introduce(newest.generation + 1 if newest else 0, retire_earlier, at)
        return self.stream.handle(keyring.ID, command, context)

    def ensure(self, at: datetime) -> None:
        """See to it that the newest key is one that our Secret can sign with; done at every start."""
        newest = self.stream.load(keyring.ID).state.newest
        generation = newest.generation if newest else 0
        if newest is not None and self.signing.derive(generation).key_id != newest.key_id:
            generation += 1  # the Secret was replaced: its key follows those of the one before
        self.stream.handle(keyring.ID, self._introduce(generation, False, at), Context(actor="system"))

    def key_set(self, now: datetime) -> KeySet:
        """What verifiers need."""
        keys = self.stream.load(keyring.ID).state.trusted(now, self.longest)
        revoked = self.revocations.since(now - self.longest)
        return KeySet(
            keys=keys,
            revocations={
                self.conceal(key.key_id, subject): before
                for key in keys
                for subject, before in sorted(revoked.items())
            },
        )

    def _introduce(self, generation: int, retire_earlier: bool, at: datetime) -> IntroduceSigningKey:
        key = self.signing.derive(generation)
        return IntroduceSigningKey(
            key_id=key.key_id,
            generation=generation,
            public_key=key.public_key,
            retire_earlier=retire_earlier,
            at=at,
        )
