"""What was noted of the neighbours' facts, and in which order?

A list to be read from any position on: the picture that opening a case asks
(`application/reference.py`) is drawn from it, and drawn again as of an earlier position.
"""

from typing import Any, get_args

import msgspec
from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Rows, Table, View
from services.cases.adapters.ledger import EVENTS
from services.cases.application.reference import NotedAt
from services.cases.domain.noted import NotedFact, ResponsibilityEndNoted, ResponsibilityNoted

KINDS = {name: kind for name, kind in EVENTS.types.items() if kind in get_args(NotedFact)}
NAMES = {kind: name for name, kind in KINDS.items()}
ROUTING = (NAMES[ResponsibilityNoted], NAMES[ResponsibilityEndNoted])


class ReferenceFacts(View):
    """One row for each noted fact."""

    name = "reference"
    tables = (
        Table(
            "facts",
            {"position": "bigint", "kind": "text", "fact": "text"},
            key=("position",),
        ),
    )

    def keys(self, recorded: Recorded[Any]) -> tuple[()]:
        """Nothing: facts are only ever added."""
        return ()

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Add the fact."""
        if recorded.category == "noted":
            fact = msgspec.json.encode(recorded.event).decode()
            kind = NAMES[type(recorded.event)]
            rows.put("facts", {"position": recorded.position, "kind": kind, "fact": fact})

    def after(self, cursor: Cursor[DictRow], position: int) -> list[NotedAt]:
        """The facts noted behind a position, in order."""
        cursor.execute("SELECT * FROM facts WHERE position > %s ORDER BY position", (position,))
        return [_noted(row) for row in cursor]

    def known_to_the_router(self, cursor: Cursor[DictRow], position: int) -> list[NotedAt]:
        """The responsibilities noted up to a position, in order."""
        cursor.execute(
            "SELECT * FROM facts WHERE position <= %s AND kind = ANY(%s) ORDER BY position",
            (position, list(ROUTING)),
        )
        return [_noted(row) for row in cursor]


def _noted(row: DictRow) -> NotedAt:
    fact: NotedFact = msgspec.json.decode(row["fact"], type=KINDS[row["kind"]])
    return row["position"], fact
