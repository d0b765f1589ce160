"""A consumer learns its sources' keys from identity, and goes on with them while identity is away."""

from dataclasses import dataclass, field
from typing import Any

from libs.messaging.source_keys import SourceKeys
from libs.messaging.tests.town import SOURCE, Town
from libs.rpc.keys import Jwks, SigningKey

OLD, NEW, FORGED = (SigningKey.generate() for _ in range(3))


@dataclass
class Identity:
    """Publishes keys, or is away."""

    keys: list[SigningKey] = field(default_factory=lambda: [OLD])
    away: bool = False
    asked: int = 0
    now: float = 0.0

    def load(self) -> Jwks:
        self.asked += 1
        if self.away:
            raise OSError("nobody answers")
        return {"keys": [FORGED.jwk], "sources": {SOURCE: [key.jwk for key in self.keys]}}

    def consumer(self, town: Town, load: Any = None) -> SourceKeys:
        """A consumer's process that has just started."""
        connect = town.tally.ledger.connection
        return SourceKeys(load or self.load, connect, fresh=300.0, pause=10.0, clock=lambda: self.now)


def test_keys_that_identity_publishes_are_known_and_no_others(town: Town) -> None:
    keys = Identity().consumer(town)

    assert keys.of(SOURCE, OLD.kid) == OLD.private.public_key()
    assert keys.of("linli://test/other", OLD.kid) is None
    assert keys.of(SOURCE, FORGED.kid) is None  # it verifies tokens, not batches


def test_a_consumer_that_starts_while_identity_is_away_goes_on_with_the_keys_that_it_had(town: Town) -> None:
    identity = Identity()
    identity.consumer(town).of(SOURCE, OLD.kid)
    identity.away = True

    keys = identity.consumer(town)

    assert keys.of(SOURCE, OLD.kid) == OLD.private.public_key()


def test_a_consumer_that_never_heard_of_a_key_takes_it_as_soon_as_identity_is_there(town: Town) -> None:
    identity = Identity(away=True)
    keys = identity.consumer(town)
    at_first = keys.of(SOURCE, OLD.kid)

    identity.away, identity.now = False, 1.0

    assert at_first is None
    assert keys.of(SOURCE, OLD.kid) is not None


def test_a_key_is_changed_with_overlap_and_without_a_restart(town: Town) -> None:
    identity = Identity()
    keys = identity.consumer(town)
    keys.of(SOURCE, OLD.kid)

    identity.keys, identity.now = [OLD, NEW], 20.0
    both = keys.of(SOURCE, NEW.kid), keys.of(SOURCE, OLD.kid)
    identity.keys, identity.now = [NEW], 400.0
    only_new = keys.of(SOURCE, NEW.kid), keys.of(SOURCE, OLD.kid)

    assert None not in both
    assert only_new == (NEW.private.public_key(), None)
    identity.away = True
    assert identity.consumer(town).of(SOURCE, OLD.kid) is None  # nor does the next start find it


def test_forged_key_ids_make_nobody_ask_identity_again_and_again(town: Town) -> None:
    identity = Identity()
    keys = identity.consumer(town)
    for second in range(60):
        identity.now = float(second)
        keys.of(SOURCE, f"forged-{second}")

    assert identity.asked == 6


def test_an_identity_that_does_not_speak_of_sources_takes_no_key_away(town: Town) -> None:
    identity = Identity()
    identity.consumer(town).of(SOURCE, OLD.kid)

    keys = identity.consumer(town, load=lambda: {"keys": [FORGED.jwk]})

    assert keys.of(SOURCE, OLD.kid) is not None
