"""The sources that a service has heard: how far each is handled, and how one that is gone is given up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Cursor
from psycopg.rows import class_row

from libs.ledger.decider import Kind, Refusal
from libs.ledger.store.ledger import Append, Ledger
from libs.ledger.store.recorder import TRACKING_TABLE
from libs.messaging import positions, reconcile, source_lives
from libs.messaging.positions import IN_STEP, Stored
from libs.telemetry import logs

DDL = f"ALTER TABLE public.{reconcile.TABLE} ADD COLUMN IF NOT EXISTS act text NOT NULL DEFAULT 'go on'"
"""What was decided, beside the decisions that `reconcile` keeps; made by `migrate`."""

_KNOWN = f"""
SELECT s.source, (SELECT count(*) FROM parked AS p WHERE p.source = s.source) AS parked
FROM (
    SELECT application_name AS source FROM {TRACKING_TABLE} WHERE application_name LIKE 'linli://%'
    UNION SELECT source FROM public.inbox_types
    UNION SELECT source FROM parked
) AS s ORDER BY s.source
"""

_log = logs.get("sources")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSource:
    """What is known of a source: where it is handled up to, and how many of its events are parked."""

    source: str
    parked: int
    at: Stored

    @property
    def own(self) -> Mapping[str, int]:
        """The types that have a position of their own."""
        return {kind: position for kind, position in sorted(self.at.types.items()) if position != IN_STEP}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What an operator decided about a source, and how far it was handled until then."""

    decided_at: datetime
    source: str
    act: str
    position_before: int
    position: int
    decided_by: str
    reason: str


def known(ledger: Ledger) -> Sequence[KnownSource]:
    """All sources of which anything is stored."""
    with ledger.connection() as connection, connection.cursor() as cursor:
        return [
            KnownSource(**row, at=positions.stored(cursor, row["source"]))
            for row in cursor.execute(_KNOWN).fetchall()
        ]


def decisions(ledger: Ledger, limit: int = 20) -> Sequence[Decision]:
    """The last decisions of operators, newest first."""
    columns = "decided_at, source, act, position_before, position, decided_by, reason"
    query = f"SELECT {columns} FROM public.{reconcile.TABLE} ORDER BY id DESC LIMIT %s"
    with ledger.connection() as connection, connection.cursor(row_factory=class_row(Decision)) as cursor:
        return cursor.execute(query, [limit]).fetchall()


def find(ledger: Ledger, source: str) -> KnownSource:
    """What is known of one source. Raises `Refusal` SOURCE_UNKNOWN."""
    there = {each.source: each for each in known(ledger)}
    if source not in there:
        heard = f"heard were: {', '.join(there)}" if there else "nothing was heard of any source"
        raise Refusal(Kind.NOT_FOUND, "SOURCE_UNKNOWN", f"nothing was heard of {source}; {heard}")
    return there[source]


def forget(ledger: Ledger, source: str, reads: Sequence[str], *, by: str, reason: str) -> KnownSource:
    """Give up a source that is not among those that this release `reads`; answers what was known of it.

    Its positions and parked events are gone; what was recorded because of its events stays. The `reason` is
    kept with the decision, and not logged. Raises `Refusal` SOURCE_UNKNOWN, or SOURCE_STILL_READ.
    """
    if source in reads:
        raise Refusal(
            Kind.PRECONDITION,
            "SOURCE_STILL_READ",
            f"this release reads {source}: forgotten, it would be read again from the beginning;"
            " if that is what you want, use `sources reconcile` with position 0",
        )
    before = find(ledger, source)

    def give_up(cursor: Cursor[Any]) -> None:
        reconcile.record(cursor, source, before.at, 0, by=by, reason=reason, act="forget")
        cursor.execute(f"DELETE FROM {TRACKING_TABLE} WHERE application_name = %s", [source])
        cursor.execute("DELETE FROM public.inbox_types WHERE source = %s", [source])
        cursor.execute("DELETE FROM parked WHERE source = %s", [source])
        source_lives.forget(cursor, source)

    ledger.append(Append(effects=[give_up]))
    _log.warning("source forgotten", source=source, by=by, parked=before.parked)
    return before
