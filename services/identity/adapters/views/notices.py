"""What was a person told about the cases that they reported?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NotRequired, TypedDict, cast

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Rows, Table, View, Views
from libs.query.conditions import Condition
from libs.query.filters import Filters, choice, flag, text
from libs.query.freshness import Fresh, ListQuery
from libs.query.listing import Listing
from libs.query.paging import ascending, descending
from services.identity.application import notice_ports
from services.identity.domain.notice import NoticeKind, NoticeQueued, NoticeRead
from services.identity.domain.resident import ResidentErased
from services.identity.entrypoints.wire.words import NOTICE_KINDS


class NoticeRow(TypedDict):
    """A notice."""

    notice_id: str
    resident_id: str
    case_id: str
    public_id: str
    kind: str
    body_id: str
    detail: str
    until: NotRequired[datetime | None]
    happened_at: datetime
    told_in: str
    queued: int
    read: bool
    read_at: NotRequired[datetime | None]


class ReaderRow(TypedDict):
    """Somebody who was told something, how often, or who was erased."""

    resident_id: str
    told: int
    erased: bool


class ToldRow(TypedDict):
    """Which notice of a person was the first, the second and so on, from 0: to find them for an erasure."""

    resident_id: str
    nth: int
    notice_id: str


READERS = Table.of("readers", ReaderRow, key=("resident_id",))
TOLD = Table.of("told", ToldRow, key=("resident_id", "nth"))
NOTICES = Table.of(
    "notices",
    NoticeRow,
    key=("notice_id",),
    indexes=("resident_id, queued DESC", "(resident_id) WHERE NOT read"),
)
LISTED = Listing(
    table=NOTICES,
    order=(descending("queued", int), ascending("notice_id")),
    filters=Filters(
        kind=choice("kind", NOTICE_KINDS.stored, NOTICE_KINDS.prefix),
        case_id=text("case_id"),
        read=flag("read"),
    ),
)
_SOME = "SELECT * FROM notices WHERE notice_id = ANY(%s) ORDER BY queued"
_UNREAD = "SELECT count(*) AS unread FROM notices WHERE resident_id = ANY(%s) AND NOT read"


class NoticesView(View):
    """One row for each notice, in the order in which they were queued; none for anybody who was erased."""

    name = "notices"
    tables = (NOTICES, READERS, TOLD)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Put what is queued, mark what is read, and delete what was for somebody who was erased."""
        match recorded.event:
            case NoticeQueued() as event:
                _queue(event, recorded, rows)
            case NoticeRead() as event if rows.get(NOTICES, event.notice_id) is not None:
                rows.change(NOTICES, event.notice_id, read=True, read_at=event.read_at)
            case ResidentErased() as event:
                _erase(event.resident_id, rows)
            case _:
                pass

    def keys(self, recorded: Recorded[Any]) -> list[tuple[str, str]]:
        """What is read, and the person."""
        match recorded.event:
            case NoticeRead() as event:
                return [(NOTICES.name, event.notice_id)]
            case NoticeQueued() | ResidentErased() as event:
                return [(READERS.name, event.resident_id)]
            case _:
                return []


def _reader(rows: Rows, resident_id: str) -> ReaderRow:
    return rows.get(READERS, resident_id) or ReaderRow(resident_id=resident_id, told=0, erased=False)


def _queue(event: NoticeQueued, recorded: Recorded[Any], rows: Rows) -> None:
    reader = _reader(rows, event.resident_id)
    if reader["erased"]:
        return
    row = NoticeRow(
        notice_id=event.notice_id,
        resident_id=event.resident_id,
        case_id=event.case_id,
        public_id=event.public_id,
        kind=event.kind.value,
        body_id=event.body_id,
        detail=event.detail,
        until=event.until,
        happened_at=event.happened_at,
        told_in=recorded.subject_id,
        queued=recorded.position,
        read=False,
        read_at=None,
    )
    rows.put(NOTICES, row)
    rows.put(TOLD, ToldRow(resident_id=event.resident_id, nth=reader["told"], notice_id=event.notice_id))
    rows.put(READERS, ReaderRow(resident_id=event.resident_id, told=reader["told"] + 1, erased=False))


def _erase(resident_id: str, rows: Rows) -> None:
    for nth in range(_reader(rows, resident_id)["told"]):
        told = rows.get(TOLD, (resident_id, nth))
        if told is not None:
            rows.delete(NOTICES, told["notice_id"])
            rows.delete(TOLD, (resident_id, nth))
    rows.put(READERS, ReaderRow(resident_id=resident_id, told=0, erased=True))


VIEW = NoticesView()


@dataclass(frozen=True, slots=True)
class NoticeReads:
    """`notice_ports.NoticeReads`, answered from the view."""

    views: Views

    def page(
        self, query: ListQuery, resident_ids: Sequence[str], fresh: Fresh
    ) -> tuple[list[notice_ports.ListedNotice], str, int]:
        """A person's notices, the newest first, the next page's token, and how many are unread in all."""
        where = Condition.one_of("resident_id", resident_ids)
        with fresh.read(self.views, VIEW) as cursor:
            rows, next_token = LISTED.page(cursor, query, where=where)
            counted = cursor.execute(_UNREAD, ([*resident_ids],)).fetchone()
        return [_notice(row) for row in rows], next_token, counted["unread"] if counted else 0

    def of(self, notice_ids: Sequence[str], at_least: str) -> list[NoticeQueued]:
        """Some notices, in the order in which they were queued."""
        with self.views.read(VIEW.name, at_least) as cursor:
            rows = cursor.execute(_SOME, ([*notice_ids],)).fetchall()
        return [_notice(cast("NoticeRow", row)).notice for row in rows]

    def case_of(self, notice_id: str, resident_id: str) -> str | None:
        """The case of which a person's notice tells, perhaps one into which theirs was merged.

        None if they have no such notice.
        """
        with self.views.read(VIEW.name) as cursor:
            row = LISTED.one(cursor, notice_id=notice_id, resident_id=resident_id)
        return row["told_in"] if row else None


def _notice(row: NoticeRow) -> notice_ports.ListedNotice:
    notice = NoticeQueued(
        notice_id=row["notice_id"],
        resident_id=row["resident_id"],
        case_id=row["case_id"],
        public_id=row["public_id"],
        kind=NoticeKind(row["kind"]),
        body_id=row["body_id"],
        detail=row["detail"],
        until=row["until"],
        happened_at=row["happened_at"],
    )
    return notice_ports.ListedNotice(notice=notice, read_at=row["read_at"])
