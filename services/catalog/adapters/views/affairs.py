"""Which affairs are there, and what lies below them?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

import msgspec

from libs.ledger.recorded import Recorded
from libs.ledger.text import Text
from libs.ledger.views.values import Json
from libs.ledger.views.view import Rows, Table, View, Views
from libs.query.conditions import Condition
from libs.query.filters import Filters, area, flag, text
from libs.query.freshness import Fresh, ListQuery
from libs.query.listing import Listing
from libs.query.paging import ascending
from libs.rules.terms import Choice
from services.catalog.domain.affair import (
    AffairDefined,
    AffairRenamed,
    AffairRetired,
    AnonymityDecided,
    Defined,
    OutcomesDecided,
)
from services.catalog.domain.values import Matter


class AffairRow(TypedDict):
    """An affair, in use or retired."""

    affair_id: str
    parent_id: str
    affair_path: str
    name_zh: str
    name_en: str
    anonymous_allowed: bool
    keywords: list[str]
    retired: bool
    retired_at: datetime | None
    outcomes: Json


AFFAIRS = Table.of("affairs", AffairRow, key=("affair_id",), indexes=("affair_path",))
LISTED = Listing(
    table=AFFAIRS,
    order=(ascending("affair_path"),),
    filters=Filters(
        affair_path=area("affair_path"),
        parent_id=text("parent_id"),
        retired=flag("retired"),
        anonymous_allowed=flag("anonymous_allowed"),
    ),
)


class AffairTree(View):
    """One row for each affair. By its path an affair comes before those below it."""

    name = "affairs"
    tables = (AFFAIRS,)
    holds = (("outcomes", tuple[Choice, ...]),)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Each event says the whole affair anew, or that it is retired."""
        match recorded.event:
            case (
                AffairDefined(matter=matter)
                | AffairRenamed(matter=matter)
                | AnonymityDecided(matter=matter)
                | OutcomesDecided(matter=matter)
            ):
                rows.put(AFFAIRS, _row(matter))
            case AffairRetired(affair_id=affair_id, at=at):
                rows.change(AFFAIRS, affair_id, retired=True, retired_at=at)
            case _:
                pass


VIEW = AffairTree()


def _row(matter: Matter) -> AffairRow:
    return AffairRow(
        affair_id=matter.affair_id,
        parent_id=matter.parent_id,
        affair_path=matter.path,
        name_zh=matter.name.zh,
        name_en=matter.name.en,
        anonymous_allowed=matter.anonymous_allowed,
        keywords=list(matter.keywords),
        retired=False,
        retired_at=None,
        outcomes=msgspec.to_builtins(matter.outcomes),
    )


@dataclass(frozen=True, slots=True)
class AffairReads:
    """`ports.AffairReads`, answered from the view."""

    views: Views

    def listed(self, query: ListQuery, fresh: Fresh) -> tuple[Sequence[Defined], str]:
        """A page of affairs, each before those below it, and the token of the next page."""
        with fresh.read(self.views, VIEW) as cursor:
            rows, token = LISTED.page(cursor, query)
        return [_defined(row) for row in rows], token

    def part_in_use(self, affair_path: str, fresh: Fresh) -> str:
        """The first affair below this one that is not retired, or ""."""
        below = Condition.within("affair_path", affair_path) & Condition("affair_path <> %s", (affair_path,))
        select = (
            f"SELECT affair_id FROM affairs WHERE {below.sql} AND NOT retired ORDER BY affair_path LIMIT 1"
        )
        with fresh.read(self.views, VIEW) as cursor:
            row = cursor.execute(select, below.params).fetchone()
        return "" if row is None else str(row["affair_id"])


def _defined(row: AffairRow) -> Defined:
    matter = Matter(
        affair_id=row["affair_id"],
        parent_id=row["parent_id"],
        path=row["affair_path"],
        name=Text(zh=row["name_zh"], en=row["name_en"]),
        anonymous_allowed=row["anonymous_allowed"],
        keywords=tuple(row["keywords"]),
        outcomes=msgspec.convert(row["outcomes"], tuple[Choice, ...]),
    )
    return Defined(matter=matter, retired=row["retired"], retired_at=row["retired_at"])
