"""Two releases of the counter over one ledger: the newer stores types that the older does not know."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from libs.ledger.privacy.master_key import MasterKey
from libs.ledger.recorded import Context, Draft, utc_now
from libs.ledger.store.ledger import Append, Ledger, LedgerSettings
from libs.messaging.schema import migrate
from libs.messaging.tests.town import ALICE, Town
from libs.runtime.host.opened import OpenService, open_service
from libs.runtime.tests.example import counter, newer
from libs.runtime.tests.running import MASTER_KEY, database_of, settings_for
from libs.testkit.postgres import TestServer


@dataclass
class Releases:
    """The counter of both releases, as two processes have it."""

    old: OpenService
    new: OpenService

    @property
    def dsn(self) -> str:
        """Their database, as its owner."""
        return self.old.settings.database_url.reveal()

    def count(self, *steps: int, who: str = "a") -> None:
        """Count by each of the steps, by the new release."""
        for by in steps:
            self.new.streams["counter"].handle(who, counter.Count(by=by), ALICE)

    def tag(self, who: str = "a", *, asked: str | None = None) -> int:
        """Store an event of a private type that the old release does not know; answers its position."""
        context = Context(actor="alice", request_id=asked)
        return self.new.streams["counter"].handle(who, newer.Tag(tag="blue"), context).position

    def announce(self, who: str = "a") -> int:
        """The same of a type that is published."""
        return self.new.streams["counter"].handle(who, newer.Announce(), ALICE).position

    def unregister(self, name: str) -> None:
        """As if no release had ever stored such events: what lies there is a corruption."""
        with psycopg.connect(self.dsn) as owner:
            owner.execute("DELETE FROM event_types WHERE name = %s", [name])


@contextmanager
def both(server: TestServer) -> Iterator[Releases]:
    """Both releases over a fresh database, which the newer one has migrated."""
    dsn = database_of(server, counter.SERVICE)
    migrate(dsn, "counter", newer.SERVICE.views, events=newer.EVENTS)
    old, new = (open_service(release, settings_for(dsn), {}) for release in (counter.SERVICE, newer.SERVICE))
    try:
        yield Releases(old, new)
    finally:
        old.close()
        new.close()
        server.drop(dsn)


def store_checked(town: Town, who: str = "a") -> None:
    """Let the tally's next release store an event of a private type in one of its streams."""
    dsn = town.tally.settings.database_url.reveal()
    migrate(dsn, "tally", events=newer.TALLY_EVENTS)
    metadata = ALICE.metadata(utc_now())
    with Ledger.connect(
        LedgerSettings(dsn=dsn, service="tally"), newer.TALLY_EVENTS, MasterKey.from_text(MASTER_KEY)
    ) as ledger:
        version = len(ledger.read_stream(f"tally-{who}"))
        draft = Draft(stream=f"tally-{who}", expected_version=version, events=[(newer.Checked(), metadata)])
        ledger.append(Append(drafts=[draft]))
