"""The SQL of the committer: one function for the usual batch, and single statements for the others."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from eventsourcing.postgres import PostgresProcessRecorder
from psycopg.sql import SQL, Composed, Identifier, Literal

from libs.ledger.privacy.data_key import DataKey
from libs.ledger.privacy.keys import TABLE as KEYS_TABLE
from libs.ledger.recorded import Checkpoint
from libs.ledger.store import blinding
from libs.ledger.store.arrays import Bigints, Blobs, Booleans, Packed, Texts
from libs.ledger.store.incarnation import TABLE as INCARNATIONS_TABLE
from libs.ledger.store.timekeeper import MOST_SKEW
from libs.ledger.store.unit import Row, Unit

# Positions, times and hashes are given under the table lock, in the order of the parameters, so
# they are the same for every reader and never go back.
_VARIABLES = """
    link bytea;
    micros bytea;
    place bigint;
    leaf bytea;
    leaves bytea[] := ARRAY[]::bytea[];
    links bytea[] := ARRAY[]::bytea[];
"""
_INSERT = """
    positions := ARRAY[]::bigint[];
    SELECT e.chain, greatest(e.recorded_at, clock_timestamp()) INTO link, moment
        FROM {events} AS e ORDER BY e.notification_id DESC LIMIT 1;
    IF link IS NULL THEN
        moment := clock_timestamp();
        SELECT sha256(convert_to('linli ledger ' || i.ledger, 'UTF8')) INTO STRICT link
            FROM {incarnations} AS i ORDER BY i.incarnation LIMIT 1;
    END IF;
    micros := int8send((extract(epoch FROM moment) * 1000000)::bigint);
    FOR n IN 1..cardinality(ids) LOOP
        place := nextval({sequence});
        leaf := sha256(
            '\\x00'::bytea || int8send(place) || micros || int8send(versions[n])
            || int4send(octet_length(ids[n]::text)) || convert_to(ids[n]::text, 'UTF8')
            || int4send(octet_length(names[n])) || convert_to(names[n], 'UTF8') || bodies[n]
        );
        link := sha256(link || leaf);
        positions := positions || place;
        leaves := leaves || leaf;
        links := links || link;
    END LOOP;
    INSERT INTO {events}
        (originator_id, originator_version, topic, state, notification_id, recorded_at, leaf, chain)
        SELECT u.id, u.version, u.name, u.body, u.position, moment, u.leaf, u.chain
        FROM unnest(ids, versions, names, bodies, positions, leaves, links)
        AS u(id, version, name, body, position, leaf, chain);
"""

# It runs as the owner of the tables, as `ledger_append` does: the role of a service may not insert,
# change or delete an event in any other way. Whoever may connect could call a new function, so that is
# revoked in the same transaction; `roles.grant` gives it to the service.
_RECORD = f"""
CREATE OR REPLACE FUNCTION {{record}}(
    ids {{id}}[], versions bigint[], names text[], bodies bytea[],
    OUT positions bigint[], OUT moment timestamptz
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
DECLARE{_VARIABLES}BEGIN
    {{lock}};{_INSERT}END
$function$;
REVOKE ALL ON FUNCTION {{record}} FROM PUBLIC
"""

# By the owner's function: the role of a service may not lock what it may not change.
_LOCK = """
CREATE OR REPLACE FUNCTION {lock_function}(timeout text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    PERFORM set_config('lock_timeout', timeout, true);
    {lock};
END
$function$;
REVOKE ALL ON FUNCTION {lock_function} FROM PUBLIC
"""

# For the appends that are decided on one by one, in a transaction of several statements: takes the
# lock, and reads under it what decides on conflicts. `asked` is when the server heard of it, which
# was before it waited for the lock.
_STAND = """
CREATE OR REPLACE FUNCTION {stand}(
    timeout text, streams {id}[], sources text[], subjects text[],
    OUT asked timestamptz, OUT versions bigint[], OUT reached bigint[], OUT known text[], OUT wraps bytea[]
) LANGUAGE plpgsql AS $function$
BEGIN
    asked := statement_timestamp();
    PERFORM {lock_function}(timeout);
    {notify};
    IF cardinality(streams) > 0 THEN
        SELECT array_agg((
            SELECT e.originator_version FROM {events} AS e WHERE e.originator_id = s.stream
            ORDER BY e.originator_version DESC LIMIT 1
        ) ORDER BY s.n) INTO versions FROM unnest(streams) WITH ORDINALITY AS s(stream, n);
    END IF;
    IF cardinality(sources) > 0 THEN
        SELECT array_agg(coalesce(t.notification_id, 0) ORDER BY s.n) INTO reached
            FROM unnest(sources) WITH ORDINALITY AS s(source, n)
            LEFT JOIN {tracking} AS t ON t.application_name = s.source;
    END IF;
    IF cardinality(subjects) > 0 THEN
        SELECT array_agg(k.subject), array_agg(k.wrapped) INTO known, wraps
            FROM {keys} AS k WHERE k.subject = ANY(subjects);
    END IF;
END
$function$;
REVOKE ALL ON FUNCTION {stand} FROM PUBLIC
"""

# One call is one transaction and one round trip: with many threads in the interpreter each wait for
# an answer may cost a turn of its lock. The statements run under the table lock, each with a fresh
# view of what is committed, so the answer is exact: NULL, and nothing stored, if anything conflicts,
# or if the clock of the process may be wrong. What a batch has none of costs no statement.
_APPEND = f"""
CREATE OR REPLACE FUNCTION {{append}}(
    timeout text, now timestamptz,
    streams {{id}}[], firsts bigint[], dense boolean[],
    sources text[], reached bigint[], afters bigint[], lives bigint[], chains bytea[],
    subjects text[], wraps bytea[], fresh boolean[],
    ids {{id}}[], versions bigint[], names text[], bodies bytea[],
    OUT positions bigint[], OUT moment timestamptz
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
DECLARE{_VARIABLES}BEGIN
    IF statement_timestamp() NOT BETWEEN now - {{most_skew}}::interval AND now + {{most_skew}}::interval THEN
        RETURN;
    END IF;
    PERFORM set_config('lock_timeout', timeout, true);
    {{lock}};
    IF EXISTS (
        SELECT 1 FROM unnest(streams, firsts, dense) AS s(stream, first, dense)
        CROSS JOIN LATERAL (
            SELECT coalesce((
                SELECT e.originator_version FROM {{events}} AS e WHERE e.originator_id = s.stream
                ORDER BY e.originator_version DESC LIMIT 1
            ), CASE WHEN s.dense THEN 0 ELSE -1 END) AS last
        ) AS t
        WHERE s.first <= t.last OR (s.dense AND s.first <> t.last + 1)
    ) THEN
        RETURN;
    END IF;
    IF cardinality(sources) > 0 THEN
        IF EXISTS (
            SELECT 1 FROM unnest(sources, reached, afters) AS c(source, position, after)
            LEFT JOIN {{tracking}} AS t ON t.application_name = c.source
            WHERE coalesce(t.notification_id, 0) >= c.position OR coalesce(t.notification_id, 0) <> c.after
        ) THEN
            RETURN;
        END IF;
    END IF;
    IF cardinality(subjects) > 0 THEN
        IF EXISTS (
            SELECT 1 FROM unnest(subjects, wraps, fresh) AS k(subject, wrapped, fresh)
            LEFT JOIN {{keys}} AS s ON s.subject = k.subject
            WHERE s.wrapped IS DISTINCT FROM k.wrapped AND NOT (k.fresh AND s.subject IS NULL)
        ) THEN
            RETURN;
        END IF;
        INSERT INTO {{keys}} (subject, wrapped)
            SELECT k.subject, k.wrapped FROM unnest(subjects, wraps, fresh) AS k(subject, wrapped, fresh)
            WHERE k.fresh ON CONFLICT (subject) DO NOTHING;
    END IF;
    IF cardinality(sources) > 0 THEN
        INSERT INTO {{tracking}} (application_name, notification_id, incarnation, chain)
            SELECT * FROM unnest(sources, reached, lives, chains)
            ON CONFLICT (application_name) DO UPDATE SET notification_id = excluded.notification_id,
                incarnation = excluded.incarnation, chain = excluded.chain;
    END IF;
    {{notify}};{_INSERT}END
$function$;
REVOKE ALL ON FUNCTION {{append}} FROM PUBLIC
"""

_TRACKING_COLUMNS = """
ALTER TABLE {tracking}
    ADD COLUMN IF NOT EXISTS incarnation bigint NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS chain bytea NOT NULL DEFAULT ''
"""

_COLUMNS = """
ALTER TABLE {events}
    ADD COLUMN IF NOT EXISTS recorded_at timestamptz NOT NULL,
    ADD COLUMN IF NOT EXISTS leaf bytea NOT NULL,
    ADD COLUMN IF NOT EXISTS chain bytea NOT NULL
"""


_ARRAYS = 15
_IF_APPENDED = " WHERE done.positions IS NOT NULL"


class Statements:
    """The statements over a recorder's tables, composed once."""

    def __init__(self, recorder: PostgresProcessRecorder) -> None:
        names = _names(recorder)

        def compose(text: str) -> bytes:
            return SQL(text).format(**names).as_bytes(None)  # once: a composed one is written out at each use

        self.timeout = f"{recorder.datastore.lock_timeout}s"
        self.columns = [SQL(text).format(**names) for text in (_COLUMNS, _TRACKING_COLUMNS)]
        self.functions = [SQL(text).format(**names) for text in (_LOCK, _RECORD, _STAND, _APPEND)]
        self.stand = compose(
            "SELECT *, extract(epoch FROM clock_timestamp() - asked) AS waited FROM {stand}(%s, %s, %s, %s)"
        )
        self.append = compose(
            "SELECT positions, moment, extract(epoch FROM moment - statement_timestamp()) AS waited"
            f" FROM {{append}}(%s, %b, {', '.join(['%s'] * _ARRAYS)})"
        )
        self.append_findable = b"WITH done AS MATERIALIZED (%b), terms AS (%b) SELECT * FROM done" % (
            self.append,
            compose(blinding.ADD.replace("{source}", "done, ").replace("{where}", _IF_APPENDED)),
        )
        self.add_terms = compose(blinding.ADD.replace("{source}", "").replace("{where}", ""))
        self.reach = compose(
            "INSERT INTO {tracking} (application_name, notification_id, incarnation, chain)"
            " SELECT * FROM unnest(%s, %s, %s, %s)"
            " ON CONFLICT (application_name) DO UPDATE SET notification_id = excluded.notification_id,"
            " incarnation = excluded.incarnation, chain = excluded.chain"
        )
        self.probe = compose(
            "SELECT current_setting('transaction_read_only')::boolean AS read_only,"
            " clock_timestamp() AS moment,"
            " has_function_privilege(to_regproc({record_name}), 'EXECUTE') AS may_append"
        )
        self.insert_keys = compose("INSERT INTO {keys} (subject, wrapped) SELECT * FROM unnest(%s, %s)")
        self.bodies = compose(
            "SELECT e.notification_id AS position, e.state AS body, e.recorded_at AS moment"
            " FROM {events} AS e"
            " JOIN unnest(%s, %s) WITH ORDINALITY AS u(stream, version, n)"
            " ON e.originator_id = u.stream AND e.originator_version = u.version ORDER BY n"
        )
        self.record = compose("SELECT positions, moment FROM {record}(%s, %s, %s, %s)")

    def parameters(self, units: Sequence[Unit], now: datetime) -> tuple[Any, ...]:
        """The parameters of `append` for a batch that does not conflict in itself."""
        firsts: dict[Any, tuple[int, bool]] = {}
        checkpoints: list[Checkpoint] = []
        keys: dict[str, DataKey] = {}
        for unit in units:
            for stream, first in unit.firsts().items():
                firsts.setdefault(stream, (first, unit.dense))
            if unit.checkpoint is not None:
                checkpoints.append(unit.checkpoint)
            keys.update(unit.keys)
        sources, reached, *history = self.reached(checkpoints)
        return (
            self.timeout,
            now,
            Texts.of(firsts),
            Bigints.of([first for first, _ in firsts.values()]),
            Booleans.of([dense for _, dense in firsts.values()]),
            sources,
            reached,
            Bigints.of([checkpoint.after for checkpoint in checkpoints]),
            *history,
            Texts.of(keys),
            Blobs.of([key.wrapped for key in keys.values()]),
            Booleans.of([not key.stored for key in keys.values()]),
            *self.rows([row for unit in units for row in unit.rows]),
        )

    def reached(self, checkpoints: Collection[Checkpoint]) -> tuple[Packed, ...]:
        """The parameters of `reach`."""
        return (
            Texts.of([checkpoint.source for checkpoint in checkpoints]),
            Bigints.of([checkpoint.position for checkpoint in checkpoints]),
            Bigints.of([checkpoint.incarnation for checkpoint in checkpoints]),
            Blobs.of([checkpoint.chain for checkpoint in checkpoints]),
        )

    def terms(self, rows: blinding.Terms) -> tuple[Packed, ...]:
        """The parameters of `add_terms`, and the last ones of `append_findable`."""
        return tuple(map(Texts.of, blinding.columns(rows)))

    def rows(self, rows: Sequence[Row]) -> tuple[Packed, ...]:
        """The parameters of `record`."""
        return (
            Texts.of([row.stream for row in rows]),
            Bigints.of([row.version for row in rows]),
            Texts.of([row.name for row in rows]),
            Blobs.of([row.body for row in rows]),
        )


def _names(recorder: PostgresProcessRecorder) -> dict[str, Identifier | SQL | Composed | Literal]:
    """What the statements call the recorder's tables, lock and channel."""
    schema = recorder.datastore.schema
    return {
        "events": Identifier(schema, recorder.events_table_name),
        "record_name": Literal(f"{schema}.ledger_record"),
        "tracking": Identifier(schema, recorder.tracking_table_name),
        "keys": Identifier(schema, KEYS_TABLE),
        "incarnations": Identifier(schema, INCARNATIONS_TABLE),
        "terms": Identifier(schema, blinding.TABLE),
        "sequence": Literal(f"{schema}.{recorder.events_table_name}_notification_id_seq"),
        "append": Identifier(schema, "ledger_append"),
        "record": Identifier(schema, "ledger_record"),
        "stand": Identifier(schema, "ledger_stand"),
        "lock_function": Identifier(schema, "ledger_lock"),
        "most_skew": Literal(f"{MOST_SKEW} seconds"),
        "id": Identifier(recorder.datastore.originator_id_type),
        "lock": _composed(recorder.lock_table_statements[1]),
        "notify": SQL("NOTIFY {}").format(Identifier(recorder.channel_name)),
    }


def _composed(statement: object) -> Composed:
    assert isinstance(statement, Composed)  # noqa: S101  # so the library makes them
    return statement
