"""What is promised for which affair, where and when?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NotRequired, TypedDict

import msgspec

from libs.ledger.recorded import Recorded
from libs.ledger.views.values import Json
from libs.ledger.views.view import Key, Rows, Table, View, Views
from libs.query.conditions import Condition
from libs.query.filters import Filters, area, text
from libs.query.freshness import Fresh, ListQuery
from libs.query.listing import Listing
from libs.query.paging import ascending
from libs.rules.areas import ids_of
from services.catalog.domain.commitment import CommitmentPublished


class VersionRow(TypedDict):
    """One version of a commitment; it holds until the next one does (`replaced_from`)."""

    commitment_id: str
    version: int
    affair_id: str
    affair_path: str
    area_id: str
    area_path: str
    calendar_id: str
    valid_from: datetime
    replaced_from: NotRequired[datetime | None]
    content: Json


VERSIONS = Table.of(
    "versions",
    VersionRow,
    key=("commitment_id", "version"),
    indexes=("affair_id, area_id", "affair_path, area_path"),
)
LISTED = Listing(
    table=VERSIONS,
    order=(ascending("affair_path"), ascending("area_path")),
    filters=Filters(
        affair_path=area("affair_path"),
        affair_id=text("affair_id"),
        area_id=text("area_id"),
        calendar_id=text("calendar_id"),
    ),
)


class PublishedCommitments(View):
    """One row for each version of each commitment."""

    name = "commitments"
    tables = (VERSIONS,)
    holds = (("content", CommitmentPublished),)

    def keys(self, recorded: Recorded[Any]) -> Iterable[tuple[str, Key]]:
        """The version that a new one replaces."""
        event = recorded.event
        if isinstance(event, CommitmentPublished) and event.version > 1:
            return [("versions", (event.commitment_id, event.version - 1))]
        return []

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Each version says from when on it holds."""
        match recorded.event:
            case CommitmentPublished() as published:
                if published.version > 1:
                    key = (published.commitment_id, published.version - 1)
                    rows.change(VERSIONS, key, replaced_from=published.valid_from)
                rows.put(VERSIONS, _row(published))
            case _:
                pass


VIEW = PublishedCommitments()


def _row(published: CommitmentPublished) -> VersionRow:
    return VersionRow(
        commitment_id=published.commitment_id,
        version=published.version,
        affair_id=published.affair_id,
        affair_path=published.affair_path,
        area_id=published.area_id,
        area_path=published.area_path,
        calendar_id=published.calendar_id,
        valid_from=published.valid_from,
        content=msgspec.to_builtins(published),
    )


@dataclass(frozen=True, slots=True)
class CommitmentReads:
    """`ports.CommitmentReads`, answered from the view."""

    views: Views

    def holding(
        self, affair_path: str, area_path: str, at: datetime, fresh: Fresh
    ) -> Sequence[CommitmentPublished]:
        """The versions that hold for an affair of the one path, everywhere or in an area of the other."""
        areas = ["", *ids_of(area_path)]
        along = Condition("affair_id = ANY(%s) AND area_id = ANY(%s)", (list(ids_of(affair_path)), areas))
        return self._where(along & _begun(at) & _not_replaced(at), fresh)

    def by_calendar(self, calendar_id: str, at: datetime, fresh: Fresh) -> Sequence[CommitmentPublished]:
        """The versions that hold at a moment or later, and count by a calendar."""
        return self._where(Condition("calendar_id = %s", (calendar_id,)) & _not_replaced(at), fresh)

    def listed(
        self, query: ListQuery, at: datetime, fresh: Fresh
    ) -> tuple[Sequence[CommitmentPublished], str]:
        """A page of the versions that hold at a moment; one for an affair and area at most."""
        with fresh.read(self.views, VIEW) as cursor:
            rows, token = LISTED.page(cursor, query, where=_begun(at) & _not_replaced(at))
        return [_published(row["content"]) for row in rows], token

    def _where(self, condition: Condition, fresh: Fresh) -> Sequence[CommitmentPublished]:
        with fresh.read(self.views, VIEW) as cursor:
            rows = cursor.execute(f"SELECT content FROM versions WHERE {condition.sql}", condition.params)
            return [_published(row["content"]) for row in rows]


def _begun(at: datetime) -> Condition:
    return Condition("valid_from <= %s", (at,))


def _not_replaced(at: datetime) -> Condition:
    return Condition("replaced_from IS NULL OR %s < replaced_from", (at,))


def _published(content: Json) -> CommitmentPublished:
    return msgspec.convert(content, CommitmentPublished)
