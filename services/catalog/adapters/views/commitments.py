"""What is promised for which affair, where and when?"""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import msgspec
from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Key, Row, Rows, Table, View, Views
from libs.query.filters import Filters, area, text
from libs.query.freshness import Fresh, ListQuery
from libs.query.paging import Page, ascending
from services.catalog.domain import events

HOLDS = "valid_from <= %s AND (replaced_from IS NULL OR %s < replaced_from)"
ORDER = (ascending("affair_path"), ascending("area_path"))
FILTERS = Filters(
    affair_path=area("affair_path"),
    affair_id=text("affair_id"),
    area_id=text("area_id"),
    calendar_id=text("calendar_id"),
)


class PublishedCommitments(View):
    """One row for each version of each commitment; it holds until the next one does (`replaced_from`)."""

    name = "commitments"
    tables = (
        Table(
            "versions",
            {
                "commitment_id": "text",
                "version": "integer",
                "affair_id": "text",
                "affair_path": "text",
                "area_id": "text",
                "area_path": "text",
                "calendar_id": "text",
                "valid_from": "timestamptz",
                "replaced_from": "timestamptz",
                "content": "jsonb",
            },
            key=("commitment_id", "version"),
            indexes=("affair_id, area_id", "affair_path, area_path"),
        ),
    )

    def keys(self, recorded: Recorded[Any]) -> Iterable[tuple[str, Key]]:
        """The version that a new one replaces."""
        event = recorded.event
        if isinstance(event, events.CommitmentPublished) and event.version > 1:
            return [("versions", (event.commitment_id, event.version - 1))]
        return []

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Each version says from when on it holds."""
        match recorded.event:
            case events.CommitmentPublished() as published:
                if published.version > 1:
                    key = (published.commitment_id, published.version - 1)
                    rows.change("versions", key, replaced_from=published.valid_from)
                rows.put("versions", _row(published))
            case _:
                pass


class CommitmentQueries:
    """Answers from the view: `CommitmentReads`."""

    def __init__(self, views: Views) -> None:
        self._views = views

    def holding(
        self, affair_path: str, area_path: str, at: datetime, fresh: Fresh
    ) -> Sequence[events.CommitmentPublished]:
        """The versions that hold for an affair of the one path, everywhere or in an area of the other."""
        areas = ["", *area_path.split("/")]
        with self._reading(fresh) as cursor:
            cursor.execute(
                f"SELECT * FROM versions WHERE affair_id = ANY(%s) AND area_id = ANY(%s) AND {HOLDS}",
                (affair_path.split("/"), areas, at, at),
            )
            return [_published(row) for row in cursor.fetchall()]

    def by_calendar(
        self, calendar_id: str, at: datetime, fresh: Fresh
    ) -> Sequence[events.CommitmentPublished]:
        """The versions that hold at a moment or later, and count by a calendar."""
        with self._reading(fresh) as cursor:
            cursor.execute(
                "SELECT * FROM versions WHERE calendar_id = %s"
                " AND (replaced_from IS NULL OR %s < replaced_from)",
                (calendar_id, at),
            )
            return [_published(row) for row in cursor.fetchall()]

    def listed(
        self, query: ListQuery, at: datetime, fresh: Fresh
    ) -> tuple[Sequence[events.CommitmentPublished], str]:
        """A page of the versions that hold at a moment; one for an affair and area at most."""
        page = Page.of(query, ORDER)
        where = FILTERS.compile(query.filter) & page.condition
        with self._reading(fresh) as cursor:
            cursor.execute(
                f"SELECT * FROM versions WHERE {HOLDS} AND {where.sql}"
                f" ORDER BY {page.order_by} LIMIT {page.fetch}",
                (at, at, *where.params),
            )
            rows, token = page.cut(cursor.fetchall())
        return [_published(row) for row in rows], token

    def _reading(self, fresh: Fresh) -> AbstractContextManager[Cursor[DictRow]]:
        return self._views.read(PublishedCommitments.name, fresh.at_least, fresh.patience)


def _row(published: events.CommitmentPublished) -> Row:
    return {
        "commitment_id": published.commitment_id,
        "version": published.version,
        "affair_id": published.affair_id,
        "affair_path": published.affair_path,
        "area_id": published.area_id,
        "area_path": published.area_path,
        "calendar_id": published.calendar_id,
        "valid_from": published.valid_from,
        "content": msgspec.to_builtins(published),
    }


def _published(row: DictRow) -> events.CommitmentPublished:
    return msgspec.convert(row["content"], events.CommitmentPublished)
