"""Folding a batch of events into the rows of a view."""

from collections.abc import Sequence
from typing import Any

from libs.ledger.recorded import Recorded
from libs.ledger.views.rows import RowStore
from libs.ledger.views.view import Key, View

Batch = Sequence[Recorded[Any]]


def keys_of(view: View, events: Batch) -> list[tuple[str, Key]]:
    """The rows that folding the batch will look at."""
    return [key for recorded in events if recorded.known for key in view.keys(recorded)]


def fold(view: View, events: Batch, rows: RowStore) -> None:
    """Fold a batch into a view's rows, but for events of types that only a newer release knows."""
    for recorded in events:
        if recorded.known:
            rows.at(recorded.recorded_at)
            view.fold(recorded, rows)
