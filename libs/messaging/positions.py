"""How far a service has handled each source, as stored: type by type of event, one row for all in step.

The ledger's checkpoint of a source is the position of all types that are *in step*: usually all that
the service reacts to. A type that is not (a release began to react to it, or stopped) has a position
of its own here, at or before the checkpoint.

Who is in step changes only in a transaction that moves the checkpoint, and a type's own position only
from the value that is stored. So no consumer, of whatever release, can move a type that it has not
handled: its transaction is refused with `AlreadyHandled`, and it looks again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from psycopg import Cursor

from libs.ledger.errors import AlreadyHandled
from libs.ledger.recorded import Checkpoint
from libs.ledger.store.incarnation import Life
from libs.ledger.store.recorder import TRACKING_TABLE
from libs.messaging import source_lives
from libs.messaging.source_lives import Heard

DDL = """
CREATE TABLE IF NOT EXISTS public.inbox_types (
    source text NOT NULL,
    type text NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (source, type)
) WITH (fillfactor = 50);
"""
"""The table, made by `migrate` in the service's own database."""

IN_STEP = -1
"""In place of a type's own position: it is where the source's checkpoint is."""


_STORED = f"""
SELECT c.notification_id AS checkpoint, c.incarnation, c.chain, t.type, t.position,
    l.numbers, l.positions, l.changed
FROM (SELECT %(source)s AS source) AS s
LEFT JOIN {TRACKING_TABLE} AS c ON c.application_name = s.source
LEFT JOIN public.inbox_types AS t ON t.source = s.source
LEFT JOIN public.{source_lives.TABLE} AS l ON l.source = s.source
"""  # a name of ours
_CHANGE = """
WITH given AS (
    SELECT * FROM unnest(%(types)s::text[], %(before)s::bigint[], %(after)s::bigint[])
        AS g(type, before, after)
), moved AS (
    SELECT FROM given AS g
    LEFT JOIN public.inbox_types AS t ON t.source = %(source)s AND t.type = g.type
    WHERE coalesce(t.position, 0) <> g.before
)
INSERT INTO public.inbox_types (source, type, position)
    SELECT %(source)s, type, after FROM given WHERE NOT EXISTS (SELECT FROM moved)
ON CONFLICT (source, type) DO UPDATE SET position = excluded.position
RETURNING type
"""


@dataclass(frozen=True, slots=True)
class History:
    """Which history of a source a position is of: the incarnation, and the chain there (empty: not known)."""

    incarnation: int = 0
    chain: bytes = b""


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one type's row; without a row a type is at 0."""

    type: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Stored:
    """How far a source is handled: the checkpoint, and by type its own position, or `IN_STEP`.

    `heard`: what was heard of its incarnations.
    """

    checkpoint: int = 0
    history: History = field(default_factory=History)
    types: Mapping[str, int] = field(default_factory=dict)
    heard: Heard = field(default_factory=Heard)


@dataclass(frozen=True, slots=True)
class Move:
    """What one transaction does to the positions of a source: to the checkpoint, to types, or to both."""

    source: str
    checkpoint: Checkpoint | None
    changes: tuple[Change, ...] = ()


def stored(cursor: Cursor[Any], source: str) -> Stored:
    """The positions of a source, as of one moment."""
    rows = cursor.execute(_STORED, {"source": source}).fetchall()
    types = {row["type"]: row["position"] for row in rows if row["type"] is not None}
    first = rows[0]
    history = History(first["incarnation"] or 0, bytes(first["chain"] or b""))
    later = tuple(map(Life, first["numbers"] or (), first["positions"] or ()))
    return Stored(first["checkpoint"] or 0, history, types, Heard(later, first["changed"] or ""))


def change(cursor: Cursor[Any], move: Move) -> None:
    """Move types, under the ledger's lock. Raises `AlreadyHandled` if one is not where it should be."""
    given = {
        "source": move.source,
        "types": [each.type for each in move.changes],
        "before": [each.before for each in move.changes],
        "after": [each.after for each in move.changes],
    }
    changed = cursor.execute(_CHANGE, given).fetchall()
    if not changed:
        first = move.changes[0]
        raise AlreadyHandled(f"{first.type} of {move.source}", first.after, first.before)
