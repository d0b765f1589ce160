"""Which bodies are there?"""

from dataclasses import dataclass
from typing import Any, TypedDict

from libs.ledger.recorded import Recorded
from libs.ledger.text import Text
from libs.ledger.views.view import Rows, Table, View, Views
from libs.query.conditions import Condition
from libs.query.filters import Filters, area, choice
from libs.query.freshness import Fresh, ListQuery
from libs.query.listing import Listing
from libs.query.paging import ascending
from libs.rules.areas import AreaPath
from services.identity.application import ports
from services.identity.domain.body import BodyRegistered
from services.identity.domain.values import BodyKind, KeyKind, NaturalKey
from services.identity.entrypoints.wire.words import BODY_KINDS


class BodyRow(TypedDict):
    """A body."""

    body_id: str
    kind: str
    name_zh: str
    name_en: str
    key_kind: str
    key_value: str
    area_id: str
    area_path: str


BODIES = Table.of("bodies", BodyRow, key=("body_id",))
LISTED = Listing(
    table=BODIES,
    order=(ascending("body_id"),),
    filters=Filters(
        kind=choice("kind", BODY_KINDS.stored, BODY_KINDS.prefix),
        area=area("area_path"),
    ),
)


class BodiesView(View):
    """One row for each body."""

    name = "bodies"
    tables = (BODIES,)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Put bodies as they are registered."""
        match recorded.event:
            case BodyRegistered() as event:
                row = BodyRow(
                    body_id=event.body_id,
                    kind=event.kind.value,
                    name_zh=event.name.zh,
                    name_en=event.name.en,
                    key_kind=event.key_kind.value,
                    key_value=event.key_value,
                    area_id=event.area_id,
                    area_path=event.area_path,
                )
                rows.put(BODIES, row)
            case _:
                pass

    def keys(self, recorded: Recorded[Any]) -> list[tuple[str, str]]:  # the view's signature
        """Nothing is looked up."""
        return []


VIEW = BodiesView()


@dataclass(frozen=True, slots=True)
class BodyReads:
    """`ports.BodyReads`, answered from the view."""

    views: Views

    def one(self, body_id: str, fresh: Fresh) -> ports.BodyRow | None:
        """One body."""
        with fresh.read(self.views, VIEW) as cursor:
            row = LISTED.one(cursor, body_id=body_id)
        return _body(row) if row else None

    def page(self, query: ListQuery, fresh: Fresh) -> tuple[list[ports.BodyRow], str]:
        """Bodies by id, and the token of the next page."""
        with fresh.read(self.views, VIEW) as cursor:
            rows, next_token = LISTED.page(cursor, query)
        return [_body(row) for row in rows], next_token

    def count_within(self, area_path: AreaPath) -> int:
        """How many bodies are based in an area or one below it."""
        where = Condition.within("area_path", area_path)
        with Fresh().read(self.views, VIEW) as cursor:
            found = cursor.execute(f"SELECT count(*) AS n FROM bodies WHERE {where.sql}", where.params)
            row = found.fetchone()
        return int(row["n"]) if row else 0


def _body(row: BodyRow) -> ports.BodyRow:
    return ports.BodyRow(
        body_id=row["body_id"],
        kind=BodyKind(row["kind"]),
        name=Text(zh=row["name_zh"], en=row["name_en"]),
        key=NaturalKey(KeyKind(row["key_kind"]), row["key_value"]),
        area_id=row["area_id"],
        area_path=AreaPath(row["area_path"]),
    )
