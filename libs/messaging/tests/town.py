"""A counter and a tally that hears of it, for the tests of this room."""

from dataclasses import dataclass
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from linli.exchange.v1 import exchange_pb2
from linli.feed.v1 import feed_service_pb2 as feed

from libs.ledger.recorded import Context, utc_now
from libs.messaging.desk import ParkingDesk
from libs.messaging.effects import Effects
from libs.messaging.inbox import Inbox
from libs.messaging.progress import Rewind
from libs.messaging.signed import Signer
from libs.rpc.keys import SigningKey
from libs.runtime.host.opened import OpenService
from libs.runtime.host.parts import Service
from libs.runtime.tests.example import counter, tally
from libs.testkit import losing
from libs.testkit.clocks import moment
from libs.testkit.eventually import eventually

SOURCE = "linli://test/counter"
KEY = SigningKey.generate()
"""The key of the counter's relay."""
SIGNER = Signer(KEY)
ALICE = Context(actor="alice", correlation_id="c-1")


def later(batch: feed.Batch, seconds: float = 60) -> feed.Batch:
    """The batch as it would be published later, or by a clock that is ahead."""
    batch.published_time.FromDatetime(utc_now() + timedelta(seconds=seconds))
    return batch


@dataclass
class Town:
    """A counter, and a tally that hears of it."""

    counter: OpenService
    tally: OpenService

    def count(self, *steps: int, who: str = "a") -> None:
        """Count by each of the steps."""
        for by in steps:
            self.counter.streams["counter"].handle(who, counter.Count(by=by), ALICE)

    def ring(self, *moments: str, who: str = "a") -> None:
        """Set alarms, which are for nobody but the counter."""
        for at in moments:
            self.counter.streams["counter"].handle(who, counter.SetAlarm(at=moment(at)), ALICE)

    def mark(self, many: int = 1, who: str = "a") -> None:
        """Make marks, which a later release of the tally hears of."""
        for _ in range(many):
            self.counter.streams["counter"].handle(who, counter.Mark(), ALICE)

    def batch(self, after: int = 0, limit: int = 500) -> feed.Batch:
        """What the counter publishes."""
        return self.counter.source.batch(after, limit)

    def past(self, behind: Rewind | None, limit: int = 500) -> feed.Batch:
        """What the counter publishes to types that are behind."""
        assert behind is not None
        return self.counter.source.batch(behind.after, limit, behind.types)

    def inbox(self, release: Service | None = None) -> Inbox:
        """A new consumer of the tally, of this release or another."""
        release = release or tally.SERVICE
        effects = Effects("tally", self.tally.ledger, self.tally.streams, release.subscriptions)
        return Inbox(effects, release.subscriptions, pause=lambda _: None)

    def desk(self) -> ParkingDesk:
        """Where the tally's parked events lie."""
        return ParkingDesk(self.tally.ledger, self.tally.effects())

    def marks(self, who: str = "a") -> list[int]:
        """The sequences of the marks that were noted, in order."""
        return list(self.steps(f"{who}-marks"))

    def published(self, kind: str, who: str = "a") -> list[int]:
        """The sequences of a counter's events of a type, in order."""
        batch = self.counter.source.batch(0, 100_000, [f"linli.example.v1.{kind}"])
        return [event.sequence for event in batch.events if event.subject == f"counter-{who}"]

    def steps(self, who: str = "a") -> tuple[int, ...]:
        """The sequences of the events that were added up, in order."""
        steps: tuple[int, ...] = self.tally.streams["tally"].load(who).state.steps
        return steps


def lose_all_behind(town: Town, position: int, *, elsewhere: bool = False) -> None:
    """Take the counter's ledger back to a position, `elsewhere` or in its own files."""
    losing.lose_all_behind(town.counter.settings.database_url.reveal(), position, elsewhere=elsewhere)
    eventually(lambda: town.counter.ledger.known_head == position, "the counter noticed")


def key_of(source: str, kid: str) -> Ed25519PublicKey | None:
    """What a consumer knows: the counter's key, and no other."""
    return KEY.private.public_key() if (source, kid) == (SOURCE, KEY.kid) else None


def unsealed(message: bytes) -> feed.Batch:
    """The batch in a message."""
    return feed.Batch.FromString(exchange_pb2.SignedBatch.FromString(message).batch)


def sequences(batch: feed.Batch) -> list[int]:
    """The positions of a batch's events."""
    return [event.sequence for event in batch.events]
