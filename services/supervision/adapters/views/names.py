"""What areas, bodies and affairs are called, and where areas and affairs stand in their trees."""

from collections.abc import Iterable, Sequence
from typing import Any

from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Key, Rows, Table, View
from services.supervision.domain.names import NameNoted
from services.supervision.domain.values import Named


class Names(View):
    """One row for each thing with a name."""

    name = "names"
    tables = (
        Table(
            "names",
            {"named": "text", "id": "text", "path": "text", "zh": "text", "en": "text"},
            key=("named", "id"),
        ),
    )

    def keys(self, recorded: Recorded[Any]) -> Iterable[tuple[str, Key]]:  # it looks nothing up
        """None: a name replaces the one before."""
        return ()

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """The newest name holds."""
        event = recorded.event
        if isinstance(event, NameNoted):
            row = {"named": event.named.value, "id": event.id, "path": event.path}
            rows.put("names", {**row, "zh": event.zh, "en": event.en})

    def path_of(self, cursor: Cursor[DictRow], named: Named, subject_id: str) -> str | None:
        """Where a thing stands; None if it is not known."""
        found = cursor.execute(
            "SELECT path FROM names WHERE named = %s AND id = %s", (named.value, subject_id)
        ).fetchone()
        return None if found is None else str(found["path"])

    def ids_below(self, cursor: Cursor[DictRow], named: Named, path: str) -> list[str]:
        """The thing at a path and all below it."""
        found = cursor.execute(
            "SELECT id FROM names WHERE named = %s AND (path = %s OR path ^@ %s)",
            (named.value, path, path + "/"),
        )
        return [str(row["id"]) for row in found]

    def called(self, cursor: Cursor[DictRow], named: Named, ids: Sequence[str]) -> dict[str, tuple[str, str]]:
        """What things are called, (Chinese, English), as far as known."""
        found = cursor.execute(
            "SELECT id, zh, en FROM names WHERE named = %s AND id = ANY(%s)", (named.value, list(ids))
        )
        return {str(row["id"]): (str(row["zh"]), str(row["en"])) for row in found}
