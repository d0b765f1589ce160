"""Which bodies are there?"""

from typing import Any

from psycopg.rows import DictRow

from libs.ledger.recorded import Recorded
from libs.ledger.text import Text
from libs.ledger.views.view import Rows, Table, View, Views
from libs.query.filters import Filters, area, choice
from libs.query.freshness import Fresh, ListQuery
from libs.query.paging import Page, ascending
from services.identity.application import ports
from services.identity.domain.events import BodyRegistered
from services.identity.domain.values import BodyKind, KeyKind, NaturalKey

ORDER = (ascending("body_id"),)
FILTERS = Filters(kind=choice("kind", {kind.name: kind.value for kind in BodyKind}), area=area("area_path"))


class BodiesView(View):
    """One row for each body."""

    name = "bodies"
    tables = (
        Table(
            "bodies",
            {
                "body_id": "text",
                "kind": "text",
                "name_zh": "text",
                "name_en": "text",
                "key_kind": "text",
                "key_value": "text",
                "area_id": "text",
                "area_path": "text",
            },
            key=("body_id",),
        ),
    )

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Put bodies as they are registered."""
        match recorded.event:
            case BodyRegistered() as event:
                rows.put(
                    "bodies",
                    {
                        "body_id": event.body_id,
                        "kind": event.kind.value,
                        "name_zh": event.name.zh,
                        "name_en": event.name.en,
                        "key_kind": event.key_kind.value,
                        "key_value": event.key_value,
                        "area_id": event.area_id,
                        "area_path": event.area_path,
                    },
                )
            case _:
                """Not asked here."""

    def keys(self, recorded: Recorded[Any]) -> list[tuple[str, str]]:  # the view's signature
        """Nothing is looked up."""
        return []


class RegisteredBodies:
    """Answers from the view."""

    def __init__(self, views: Views) -> None:
        self._views = views

    def one(self, body_id: str, fresh: Fresh) -> ports.BodyRow | None:
        """One body."""
        with self._views.read(BodiesView.name, fresh.at_least, fresh.patience) as cursor:
            row = cursor.execute("SELECT * FROM bodies WHERE body_id = %s", (body_id,)).fetchone()
        return _body(row) if row else None

    def page(self, query: ListQuery, fresh: Fresh) -> tuple[list[ports.BodyRow], str]:
        """Bodies by id, and the token of the next page."""
        page = Page.of(query, ORDER)
        where = FILTERS.compile(query.filter) & page.condition
        with self._views.read(BodiesView.name, fresh.at_least, fresh.patience) as cursor:
            select = f"SELECT * FROM bodies WHERE {where.sql} ORDER BY {page.order_by} LIMIT {page.fetch}"
            rows, next_token = page.cut(cursor.execute(select, where.params).fetchall())
        return [_body(row) for row in rows], next_token


def _body(row: DictRow) -> ports.BodyRow:
    return ports.BodyRow(
        body_id=row["body_id"],
        kind=BodyKind(row["kind"]),
        name=Text(zh=row["name_zh"], en=row["name_en"]),
        key=NaturalKey(KeyKind(row["key_kind"]), row["key_value"]),
        area_id=row["area_id"],
        area_path=row["area_path"],
    )
