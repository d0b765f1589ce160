"""Group commit at 16 writers, against the library's own `Application.save` on the same PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg.conninfo
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from e2e.bench.figures import Figure, medians, per_second
from e2e.bench.ground import Ground
from libs.ledger.ids import new_id
from libs.ledger.privacy.master_key import MasterKey
from libs.ledger.recorded import Context, Draft
from libs.ledger.store.ledger import Append, Ledger, LedgerSettings
from libs.messaging.schema import migrate
from libs.rules.areas import AreaPath
from libs.runtime.bundled.postgres import EmbeddedPostgres
from services.volunteers.adapters.ledger import EVENTS
from services.volunteers.domain.noted import AreaNoted

WRITERS = 16
EACH = 120


class Area(Aggregate):
    """The same content, as the library would store it."""

    @event("Noted")
    def __init__(self, area_id: str, area_path: str) -> None:
        """Two short texts, as in the event that we append."""
        self.area_id = area_id
        self.area_path = area_path


def measure(ground: Ground) -> Figure:
    """Appends of one event to a new stream, 16 threads at once, both in turn."""
    each = EACH // 4 if ground.quick else EACH
    with ground.postgres() as server, _ours(server) as ledger, _theirs(server) as application:

        def append(_number: int) -> None:
            area = AreaNoted(area_id=new_id(), area_path=AreaPath("la/la-region-8/la-nc-47"))
            metadata = Context(actor="bench").metadata(datetime.now(UTC))
            draft = Draft(stream=f"area-{area.area_id}", expected_version=0, events=[(area, metadata)])
            ledger.append(Append(drafts=[draft]))

        def save(_number: int) -> None:
            application.save(Area(uuid4().hex, "la/la-region-8/la-nc-47"))

        ours, theirs = medians(
            lambda: per_second(append, WRITERS, each * 8), lambda: per_second(save, WRITERS, each)
        )
    return Figure(
        name=f"Group commit, {WRITERS} writers",
        measured=f"{ours:,.0f} appends/s",
        baseline=f"eventsourcing Application.save, {WRITERS} threads: {theirs:,.0f}/s",
        ratio=ours / theirs,
        goal="8 times or more",
        reached=ours / theirs >= 8,
        limit="one commit after the other: 1.1 to 1.6 ms for 13 appends, most of it PostgreSQL and the disk;"
        " an append takes 65 us of Python (writer 40, committer 25), which sets in at about 12,000/s",
    )


@contextmanager
def _ours(server: EmbeddedPostgres) -> Iterator[Ledger]:
    dsn = server.ensure_database("bench_ours")
    migrate(dsn, EVENTS.service)
    settings = LedgerSettings(dsn=dsn, service=EVENTS.service, listen=False)
    with Ledger.connect(settings, EVENTS, MasterKey.generate()) as ledger:
        yield ledger


@contextmanager
def _theirs(server: EmbeddedPostgres) -> Iterator[Application[UUID]]:
    about = psycopg.conninfo.conninfo_to_dict(server.ensure_database("bench_theirs"))
    environment = {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(about["dbname"]),
        "POSTGRES_HOST": str(about["host"]),
        "POSTGRES_PORT": str(about.get("port", "5432")),
        "POSTGRES_USER": str(about["user"]),
        "POSTGRES_PASSWORD": "",
        "POSTGRES_POOL_SIZE": str(WRITERS),
        "POSTGRES_LOCK_TIMEOUT": "30",
    }
    application: Application[UUID] = Application(env=environment)
    try:
        yield application
    finally:
        application.close()
