"""The way on for a consumer whose source has another history by now: an operator looks and decides."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from psycopg import Cursor

from libs.ledger.decider import Kind, Refusal
from libs.ledger.recorded import Recorded
from libs.ledger.store.ledger import Append, Ledger
from libs.ledger.store.recorder import TRACKING_TABLE
from libs.messaging import positions, source_lives

TABLE = "reconciliations"
DDL = f"""
CREATE TABLE IF NOT EXISTS public.{TABLE} (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL,
    position_before bigint NOT NULL,
    incarnation_before bigint NOT NULL,
    chain_before bytea NOT NULL,
    position bigint NOT NULL,
    decided_by text NOT NULL,
    reason text NOT NULL,
    decided_at timestamptz NOT NULL DEFAULT now()
)
"""
"""The table of decisions, made by `migrate`: only ever added to."""

_PAGE = 5000
_MOST_KEPT = 50


@dataclass(slots=True)
class Taken:
    """What a service has recorded because of a source's events behind a position."""

    stored: positions.Stored
    count: Counter[str] = field(default_factory=Counter)
    """How many events of each stored name."""
    first: list[Recorded[Any]] = field(default_factory=list)
    """The first of them."""


def taken_beyond(ledger: Ledger, source: str, position: int) -> Taken:
    """What this service took of a source behind a position. Raises `Refusal` SOURCE_UNKNOWN."""
    with ledger.connection() as connection, connection.cursor() as cursor:
        stored = _known(cursor, source)
    taken = Taken(stored)
    for recorded in _all(ledger):
        if _is_of(recorded, source, position):
            taken.count[recorded.name] += 1
            if len(taken.first) < _MOST_KEPT:
                taken.first.append(recorded)
    return taken


def go_on(ledger: Ledger, source: str, position: int, *, by: str, reason: str) -> None:
    """Handle what the source has recorded behind a position, whatever was handled of it before.

    What was taken beyond it stays. Raises `Refusal` SOURCE_UNKNOWN, or POSITION_AHEAD: what lies behind
    the position that was handled cannot be left out.
    """

    def decide(cursor: Cursor[Any]) -> None:
        stored = _known(cursor, source)
        if position > stored.checkpoint:
            raise Refusal(
                Kind.PRECONDITION,
                "POSITION_AHEAD",
                f"{source} was handled up to {stored.checkpoint}: give a position up to there",
            )
        record(cursor, source, stored, position, by=by, reason=reason)
        cursor.execute(
            f"UPDATE {TRACKING_TABLE} SET notification_id = %s, incarnation = 0, chain = ''"
            " WHERE application_name = %s",
            [position, source],
        )
        source_lives.forget(cursor, source)
        cursor.execute(
            "UPDATE public.inbox_types SET position = least(position, %s) WHERE source = %s",
            [position, source],
        )

    ledger.append(Append(effects=[decide]))  # under the lock of whoever handles the source just now


def record(
    cursor: Cursor[Any],
    source: str,
    before: positions.Stored,
    position: int,
    *,
    by: str,
    reason: str,
    act: str = "go on",
) -> None:
    """Keep what an operator decided about a source, and how far it was handled until then."""
    cursor.execute(
        f"INSERT INTO public.{TABLE} (source, position_before, incarnation_before, chain_before, position,"
        " decided_by, reason, act) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        [
            source,
            before.checkpoint,
            before.history.incarnation,
            before.history.chain,
            position,
            by,
            reason,
            act,
        ],
    )


def _known(cursor: Cursor[Any], source: str) -> positions.Stored:
    rows = cursor.execute(f"SELECT application_name AS source FROM {TRACKING_TABLE} ORDER BY 1").fetchall()
    known = [row["source"] for row in rows if row["source"].startswith("linli://")]
    if source not in known:
        told = f"it has handled: {', '.join(known)}" if known else "it has handled no source"
        raise Refusal(Kind.NOT_FOUND, "SOURCE_UNKNOWN", f"nothing was handled of {source}; {told}")
    return positions.stored(cursor, source)


def _all(ledger: Ledger) -> Iterator[Recorded[Any]]:
    after = 0
    while page := ledger.read(after, _PAGE):
        yield from page
        after = page[-1].position


def _is_of(recorded: Recorded[Any], source: str, position: int) -> bool:
    origin, _, sequence = (recorded.metadata.origin or "").rpartition("#")
    return origin == source and int(sequence) > position
