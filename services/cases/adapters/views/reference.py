"""What was noted of the neighbours' facts, and in which order?

A list to be read from any position on: the picture that opening a case asks
(`application/reference.py`) is drawn from it, and drawn again as of an earlier position.
"""

from dataclasses import dataclass
from typing import Any, TypedDict, get_args

import msgspec
from psycopg.rows import DictRow

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Rows, Table, View, Views
from libs.query.freshness import Fresh
from services.cases.adapters.ledger import EVENTS
from services.cases.application.reference import NotedAt, Reference
from services.cases.domain.noted import CalendarNoted, NotedFact, ResponsibilityEndNoted, ResponsibilityNoted

KINDS = {name: kind for name, kind in EVENTS.types.items() if kind in get_args(NotedFact)}
NAMES = {kind: name for name, kind in KINDS.items()}
DECIDING = tuple(NAMES[kind] for kind in (ResponsibilityNoted, ResponsibilityEndNoted, CalendarNoted))


class FactRow(TypedDict):
    """A noted fact, as JSON, under its stored name."""

    position: int
    kind: str
    fact: str


FACTS = Table.of("facts", FactRow, key=("position",))


class ReferenceFacts(View):
    """One row for each noted fact."""

    name = "reference"
    tables = (FACTS,)
    holds = tuple(KINDS.items())

    def keys(self, recorded: Recorded[Any]) -> tuple[()]:
        """Nothing: facts are only ever added."""
        return ()

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Add the fact."""
        if recorded.category == "noted":
            fact = msgspec.json.encode(recorded.event).decode()
            kind = NAMES[type(recorded.event)]
            rows.put(FACTS, FactRow(position=recorded.position, kind=kind, fact=fact))


VIEW = ReferenceFacts()


def _noted(row: DictRow) -> NotedAt:
    fact: NotedFact = msgspec.json.decode(row["fact"], type=KINDS[row["kind"]])
    return row["position"], fact


@dataclass(frozen=True, slots=True)
class ReferenceReads:
    """`ports.ReferenceReads`, answered from the view."""

    views: Views

    def noted_after(self, position: int) -> list[NotedAt]:
        """The facts noted behind a position, in order."""
        with Fresh().read(self.views, VIEW) as cursor:
            cursor.execute("SELECT * FROM facts WHERE position > %s ORDER BY position", (position,))
            return [_noted(row) for row in cursor]

    def known_at(self, position: int) -> Reference:
        """The responsibilities and calendars as they were known at a ledger position."""
        with Fresh().read(self.views, VIEW) as cursor:
            cursor.execute(
                "SELECT * FROM facts WHERE position <= %s AND kind = ANY(%s) ORDER BY position",
                (position, list(DECIDING)),
            )
            return Reference().after([_noted(row) for row in cursor])
