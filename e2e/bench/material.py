"""What travels in the measurements of the exchange: real events of cases, and as many texts for nameko."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from e2e.bench.appender import StoredRow
from e2e.bench.copies import multiply
from e2e.bench.ground import Ground
from libs.ledger.store.recorder import EVENTS_TABLE
from libs.messaging.translate import Source
from libs.runtime.bundled.postgres import EmbeddedPostgres
from services.cases.wiring import SERVICE as CASES
from services.supervision.wiring import SERVICE as SUPERVISION

ORIGINALS = "cases_originals"


@dataclass(frozen=True, slots=True)
class Material:
    """Stored events of cases, how many of them supervision hears of, and as many texts for nameko."""

    rows: Sequence[StoredRow]
    heard: int
    texts: Sequence[str]


def material(ground: Ground, server: EmbeddedPostgres, number: int) -> Material:
    """The first events of the replayed cases, or of copies where there are too few."""
    ground.copy_database(server, "cases", ORIGINALS)
    dsn = server.dsn(ORIGINALS)
    streams, events = _counted(dsn)
    if events < number:
        multiply(dsn, "case", streams * number // events + 1)
    with psycopg.connect(dsn) as connection:
        found = connection.execute(
            f"SELECT originator_id, originator_version, topic, state, notification_id FROM {EVENTS_TABLE}"
            " WHERE originator_id LIKE 'case-%%' ORDER BY notification_id LIMIT %s",
            [number],
        ).fetchall()
    texts = _texts(ground, until=found[-1][-1])
    return Material([row[:-1] for row in found], len(texts), texts)


def _counted(dsn: str) -> tuple[int, int]:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            f"SELECT count(DISTINCT originator_id), count(*) FROM {EVENTS_TABLE}"
            " WHERE originator_id LIKE 'case-%'"
        ).fetchone()
    assert row is not None
    return row


def _texts(ground: Ground, until: int) -> list[str]:
    """What nameko carries for each event that supervision hears of: JSON, as long as our envelope."""
    wanted = frozenset(message.DESCRIPTOR.full_name for message in SUPERVISION.subscriptions["cases"])
    texts: list[str] = []
    with ground.ledger(CASES, ORIGINALS) as ledger:
        source = Source(CASES.name, "demo", ledger, CASES.publish)
        after = 0
        while after < until:
            batch = source.batch(after, 500, wanted)
            after = batch.until
            for event in batch.events:
                if event.sequence <= until:
                    bare = json.dumps({"id": event.id, "data": ""})
                    filling = "x" * max(0, event.ByteSize() - len(bare))
                    texts.append(json.dumps({"id": event.id, "data": filling}))
    return texts
