"""Whom must the service still forget? The schedule of the clock that says when it has."""

from datetime import datetime
from typing import Any, TypedDict

from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.forgotten import (
    FORGETTING,
    ConfirmForgotten,
    ErasureHeard,
    ForgettingCommand,
    SubjectForgotten,
)
from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Rows, Table, View
from libs.messaging.clocks import Clock, Moment


class ForgettingRow(TypedDict):
    """A person who was erased; `position` is where the ledger has that."""

    subject_id: str
    position: int
    heard_at: datetime


FORGETTING_ROWS = Table.of("forgetting", ForgettingRow, key=("subject_id",), indexes=("position",))
# Done: the person's key is gone, no key of a bucket waits to be destroyed outside the database, and every
# view has come past that place, so it holds what the erasure left of its rows.
_DONE = """
SELECT subject_id FROM forgetting AS f
WHERE NOT EXISTS (SELECT FROM public.retired_buckets)
AND EXISTS (SELECT FROM public.subject_keys AS k WHERE k.subject = f.subject_id AND k.wrapped IS NULL)
AND NOT EXISTS (SELECT FROM public.view_position AS v WHERE v.position < f.position)
ORDER BY position LIMIT %s
"""


class ForgettingView(View):
    """One row for each person whose receipt waits for the word of this service."""

    name = "forgetting"
    of_streams = "forgetting"
    tables = (FORGETTING_ROWS,)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Put whom it was told of, delete whom it has forgotten."""
        match recorded.event:
            case ErasureHeard() as event if event.has_receipt:
                row = ForgettingRow(
                    subject_id=event.subject_id, position=recorded.position, heard_at=event.heard_at
                )
                rows.put(FORGETTING_ROWS, row)
            case SubjectForgotten(subject_id=subject_id):
                rows.delete(FORGETTING_ROWS, subject_id)
            case _:
                pass

    def due(self, cursor: Cursor[DictRow], now: datetime, limit: int) -> list[Moment[ForgettingCommand]]:
        """Those of whom nothing is left: they are due at once, whenever that came about."""
        return [
            Moment(now, FORGETTING, row["subject_id"], ConfirmForgotten(subject_id=row["subject_id"], at=now))
            for row in cursor.execute(_DONE, (limit,)).fetchall()
        ]


VIEW = ForgettingView()
CLOCK = Clock("forgetting", VIEW)
