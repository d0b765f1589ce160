"""What a service has heard of the lives of its sources' ledgers, so that it can judge their revisions.

A revision of a source names the incarnation in which somebody saw something. Which incarnation began
behind which position is the source's to know; each batch tells it, and the inbox keeps it here before
anything of the batch takes effect. It also keeps here that a source stands still because it has another
history, for the processes that answer callers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from linli.feed.v1 import feed_service_pb2 as feed
from psycopg import Cursor

from libs.ledger.store.incarnation import Life

TABLE = "source_lives"
DDL = f"""
CREATE TABLE IF NOT EXISTS public.{TABLE} (
    source text PRIMARY KEY,
    numbers bigint[] NOT NULL DEFAULT '{{}}',
    positions bigint[] NOT NULL DEFAULT '{{}}',
    changed text NOT NULL DEFAULT ''
)
"""
"""The table, made by `migrate`: incarnations after the first, and why the source stands still, if it does."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard of a source: its incarnations after the first, and why it stands still, or nothing."""

    later: tuple[Life, ...] = ()
    changed: str = ""

    @property
    def lives(self) -> Sequence[Life]:
        """All of its incarnations, the first one first."""
        return [Life(1, 0), *self.later]


def told(batch: feed.Batch, known: Sequence[Life]) -> tuple[Life, ...]:
    """The later incarnations that a batch tells; a relay of the release before tells only the last."""
    if batch.incarnations or batch.incarnation <= 1:
        return tuple(Life(each.number, each.after) for each in batch.incarnations)
    last = Life(batch.incarnation, batch.incarnation_after)
    return (*(each for each in known if each.number < last.number), last)


def hear(cursor: Cursor[Any], source: str, lives: Sequence[Life]) -> None:
    """Keep the incarnations of a source after the first."""
    cursor.execute(
        f"INSERT INTO public.{TABLE} (source, numbers, positions)"
        " VALUES (%(source)s, %(numbers)s, %(positions)s)"
        " ON CONFLICT (source) DO UPDATE SET numbers = %(numbers)s, positions = %(positions)s",
        {
            "source": source,
            "numbers": [life.number for life in lives],
            "positions": [life.position for life in lives],
        },
    )


def stand_still(cursor: Cursor[Any], source: str, why: str) -> None:
    """Keep why nothing of a source takes effect; "": it does."""
    cursor.execute(
        f"INSERT INTO public.{TABLE} (source, changed) VALUES (%(source)s, %(why)s)"
        " ON CONFLICT (source) DO UPDATE SET changed = %(why)s",
        {"source": source, "why": why},
    )


def forget(cursor: Cursor[Any], source: str) -> None:
    """Forget all of a source: an operator decided where to go on, and the next batch tells it anew."""
    cursor.execute(f"DELETE FROM public.{TABLE} WHERE source = %s", [source])
