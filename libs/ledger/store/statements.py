"""The SQL of the committer: one function for the usual batch, and single statements for the others."""

from collections.abc import Sequence
from typing import Any

from eventsourcing.postgres import PostgresProcessRecorder
from psycopg.sql import SQL, Composed, Identifier, Literal

from libs.ledger.privacy.keys import TABLE as KEYS_TABLE
from libs.ledger.privacy.keys import DataKey
from libs.ledger.recorded import Checkpoint
from libs.ledger.store.unit import Unit

# One call is one transaction and one round trip: with many threads in the interpreter each wait for
# an answer may cost a turn of its lock. The statements run under the table lock, each with a fresh
# view of what is committed, so the answer is exact: NULL, and nothing stored, if anything conflicts.
_FUNCTION = """
CREATE OR REPLACE FUNCTION {function}(
    timeout text,
    streams {id}[], firsts bigint[], dense boolean[],
    sources text[], reached bigint[], afters bigint[],
    subjects text[], wraps bytea[], fresh boolean[],
    ids {id}[], versions bigint[], names text[], bodies bytea[]
) RETURNS bigint[] LANGUAGE plpgsql AS $function$
DECLARE
    positions bigint[];
BEGIN
    PERFORM set_config('lock_timeout', timeout, true);
    {lock};
    IF EXISTS (
        SELECT 1 FROM unnest(streams, firsts, dense) AS s(stream, first, dense)
        CROSS JOIN LATERAL (
            SELECT coalesce((
                SELECT e.originator_version FROM {events} AS e WHERE e.originator_id = s.stream
                ORDER BY e.originator_version DESC LIMIT 1
            ), CASE WHEN s.dense THEN 0 ELSE -1 END) AS last
        ) AS t
        WHERE s.first <= t.last OR (s.dense AND s.first <> t.last + 1)
    ) OR EXISTS (
        SELECT 1 FROM unnest(sources, reached, afters) AS c(source, position, after)
        LEFT JOIN {tracking} AS t ON t.application_name = c.source
        WHERE coalesce(t.notification_id, 0) >= c.position OR coalesce(t.notification_id, 0) <> c.after
    ) OR EXISTS (
        SELECT 1 FROM unnest(subjects, wraps, fresh) AS k(subject, wrapped, fresh)
        LEFT JOIN {keys} AS s ON s.subject = k.subject
        WHERE s.wrapped IS DISTINCT FROM k.wrapped AND NOT (k.fresh AND s.subject IS NULL)
    ) THEN
        RETURN NULL;
    END IF;
    {notify};
    INSERT INTO {keys} (subject, wrapped)
        SELECT k.subject, k.wrapped FROM unnest(subjects, wraps, fresh) AS k(subject, wrapped, fresh)
        WHERE k.fresh ON CONFLICT (subject) DO NOTHING;
    INSERT INTO {tracking} (application_name, notification_id)
        SELECT c.source, c.position FROM unnest(sources, reached) AS c(source, position)
        ON CONFLICT (application_name) DO UPDATE SET notification_id = excluded.notification_id;
    WITH inserted AS (
        INSERT INTO {events} (originator_id, originator_version, topic, state)
        SELECT u.id, u.version, u.name, u.body
        FROM unnest(ids, versions, names, bodies) WITH ORDINALITY AS u(id, version, name, body, n) ORDER BY n
        RETURNING notification_id
    )
    SELECT array_agg(notification_id ORDER BY notification_id) INTO positions FROM inserted;
    RETURN coalesce(positions, ARRAY[]::bigint[]);
END
$function$
"""


class Statements:
    """The statements over a recorder's tables, composed once."""

    def __init__(self, recorder: PostgresProcessRecorder) -> None:
        names = _names(recorder)

        def compose(text: str) -> Composed:
            return SQL(text).format(**names)

        self.timeout = f"{recorder.datastore.lock_timeout}s"
        self.create_function = compose(_FUNCTION)
        self.append = compose(
            "SELECT {function}(%s, %s::{id}[], %s::bigint[], %s::boolean[],"
            " %s::text[], %s::bigint[], %s::bigint[], %s::text[], %b::bytea[], %s::boolean[],"
            " %s::{id}[], %s::bigint[], %s::text[], %b::bytea[]) AS positions"
        )
        # The newest version of each stream by one step into the primary key, however long the stream is.
        self.versions = compose(
            "SELECT s.stream, (SELECT e.originator_version FROM {events} AS e"
            " WHERE e.originator_id = s.stream ORDER BY e.originator_version DESC LIMIT 1) AS version"
            " FROM unnest(%s::{id}[]) AS s(stream)"
        )
        self.checkpoints = compose(
            "SELECT application_name AS source, notification_id AS position FROM {tracking}"
            " WHERE application_name = ANY(%s)"
        )
        self.probe = compose(
            "SELECT current_setting('transaction_read_only')::boolean AS read_only,"
            " has_table_privilege({events_name}, 'INSERT') AS may_insert"
        )
        self.keys = compose("SELECT subject, wrapped FROM {keys} WHERE subject = ANY(%s)")
        self.insert_keys = compose(
            "INSERT INTO {keys} (subject, wrapped) SELECT * FROM unnest(%s::text[], %b::bytea[])"
        )
        self.bodies = compose(
            "SELECT e.notification_id AS position, e.state AS body FROM {events} AS e"
            " JOIN unnest(%s::{id}[], %s::bigint[]) WITH ORDINALITY AS u(stream, version, n)"
            " ON e.originator_id = u.stream AND e.originator_version = u.version ORDER BY n"
        )
        # ORDER BY makes the positions follow the order of the batch.
        self.insert = compose(
            "INSERT INTO {events} (originator_id, originator_version, topic, state)"
            " SELECT u.stream, u.version, u.name, u.body"
            " FROM unnest(%s::{id}[], %s::bigint[], %s::text[], %b::bytea[])"
            " WITH ORDINALITY AS u(stream, version, name, body, n) ORDER BY n"
            " RETURNING notification_id"
        )

    def parameters(self, units: Sequence[Unit]) -> tuple[Any, ...]:
        """The parameters of `append` for a batch that does not conflict in itself."""
        rows = [row for unit in units for row in unit.rows]
        firsts: dict[Any, tuple[int, bool]] = {}
        checkpoints: list[Checkpoint] = []
        keys: dict[str, DataKey] = {}
        for unit in units:
            for stream, first in unit.firsts().items():
                firsts.setdefault(stream, (first, unit.dense))
            if unit.checkpoint is not None:
                checkpoints.append(unit.checkpoint)
            keys.update(unit.keys)
        return (
            self.timeout,
            list(firsts),
            [first for first, _ in firsts.values()],
            [dense for _, dense in firsts.values()],
            [checkpoint.source for checkpoint in checkpoints],
            [checkpoint.position for checkpoint in checkpoints],
            [checkpoint.after for checkpoint in checkpoints],
            list(keys),
            [key.wrapped for key in keys.values()],
            [not key.stored for key in keys.values()],
            [row.stream for row in rows],
            [row.version for row in rows],
            [row.name for row in rows],
            [row.body for row in rows],
        )


def _names(recorder: PostgresProcessRecorder) -> dict[str, Identifier | SQL | Composed | Literal]:
    """What the statements call the recorder's tables, lock and channel."""
    schema = recorder.datastore.schema
    return {
        "events": Identifier(schema, recorder.events_table_name),
        "events_name": Literal(f'"{schema}"."{recorder.events_table_name}"'),
        "tracking": Identifier(schema, recorder.tracking_table_name),
        "keys": Identifier(schema, KEYS_TABLE),
        "function": Identifier(schema, "ledger_append"),
        "id": Identifier(recorder.datastore.originator_id_type),
        "lock": _composed(recorder.lock_table_statements[1]),
        "notify": SQL("NOTIFY {}").format(Identifier(recorder.channel_name)),
    }


def _composed(statement: object) -> Composed:
    assert isinstance(statement, Composed)  # noqa: S101  # so the library makes them
    return statement
