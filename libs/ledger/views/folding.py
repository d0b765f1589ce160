"""Folding a batch of events into the rows of a view."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from libs.ledger.recorded import Recorded
from libs.ledger.views.rows import RowStore
from libs.ledger.views.view import Key, View

Batch = Sequence[Recorded[Any]]


@dataclass(slots=True)
class LookedAt:
    """The rows that folding a batch will look at: those to be fetched, and those of which there are none."""

    wanted: list[tuple[str, Key]] = field(default_factory=list)
    begun: list[tuple[str, Key]] = field(default_factory=list)

    @classmethod
    def by(cls, view: View, events: Batch) -> "LookedAt":
        """What the fold of a view looks at."""
        found = cls()
        for recorded in events:
            if recorded.known:
                (found.begun if view.begins(recorded) else found.wanted).extend(view.keys(recorded))
        return found


def fold(view: View, events: Batch, rows: RowStore) -> None:
    """Fold a batch into a view's rows, but for events of types that only a newer release knows."""
    for recorded in events:
        if recorded.known:
            rows.at(recorded.recorded_at)
            view.fold(recorded, rows)
