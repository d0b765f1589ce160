"""A small ledger for the tests of views: books that are bought, lent and given back."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.privacy.master_key import MasterKey
from libs.ledger.recorded import Context, Draft, Recorded
from libs.ledger.store.ledger import Append, Ledger, LedgerSettings
from libs.ledger.store.mapper import Events
from libs.ledger.views.view import Key, Rows, Table, View
from libs.messaging.schema import migrate

NOON = datetime(2020, 1, 1, 12, tzinfo=UTC)
MASTER_KEY = MasterKey.generate()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    title: str
    price: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lent:
    reader: str
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBack:
    reader: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    pass


EVENTS = Events(
    service="lending",
    types={"bought.v1": Bought, "lent.v1": Lent, "given_back.v1": GivenBack, "lost.v1": Lost},
)


class Shelf(View):
    """Where each book is; with every kind of column."""

    name = "shelf"
    tables = (
        Table(
            "books",
            {
                "book_id": "text",
                "title": "text",
                "price": "numeric",
                "reader": "text",
                "due_time": "timestamptz",
                "times_lent": "bigint",
                "wear": "double precision",
                "at_home": "boolean",
                "readers": "text[]",
                "notes": "jsonb",
            },
            key=("book_id",),
            indexes=("reader", "(due_time) WHERE NOT at_home"),
        ),
    )

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        book = recorded.subject_id
        match recorded.event:
            case Bought(title=title, price=price):
                new = {"times_lent": 0, "wear": 0, "at_home": True, "readers": [], "notes": {"log": [0.5]}}
                rows.put("books", {"book_id": book, "title": title, "price": price, **new})
            case Lent(reader=reader, days=days):
                row = rows.get("books", book)
                assert row is not None
                row["readers"].append(reader)
                row["notes"]["log"].append(days)
                lent = {"reader": reader, "due_time": NOON + timedelta(days=days), "at_home": False}
                more = {"times_lent": row["times_lent"] + 1, "wear": row["wear"] + 0.1}
                rows.put("books", {**row, **lent, **more})
            case GivenBack():
                rows.change("books", book, reader=None, due_time=None, at_home=True)
            case Lost():
                rows.delete("books", book)
            case _:
                pass

    def lent_out(self, cursor: Cursor[DictRow]) -> list[str]:
        return [
            row["book_id"] for row in cursor.execute("SELECT book_id FROM books WHERE NOT at_home ORDER BY 1")
        ]


class Readers(View):
    """How much each reader has borrowed, by title; keyed by other things than the stream."""

    name = "readers"
    tables = (
        Table("loans", {"reader": "text", "book_id": "text", "times": "bigint"}, key=("reader", "book_id")),
        Table("totals", {"reader": "text", "loans": "bigint"}, key=("reader",)),
    )

    def keys(self, recorded: Recorded[Any]) -> Iterable[tuple[str, Key]]:
        if isinstance(recorded.event, Lent):
            yield "loans", (recorded.event.reader, recorded.subject_id)
            yield "totals", recorded.event.reader

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        if not isinstance(recorded.event, Lent):
            return
        reader, book = recorded.event.reader, recorded.subject_id
        loan = rows.get("loans", (reader, book)) or {"times": 0}
        rows.put("loans", {"reader": reader, "book_id": book, "times": loan["times"] + 1})
        total = rows.get("totals", reader) or {"loans": 0}
        rows.put("totals", {"reader": reader, "loans": total["loans"] + 1})


@contextmanager
def lending(dsn: str, views: Sequence[View] = ()) -> Iterator[Ledger]:
    """The ledger of the lending service in a database of its own."""
    migrate(dsn, "lending", views)
    settings = LedgerSettings(dsn=dsn, service="lending", retry_for=5)
    with Ledger.connect(settings, EVENTS, MASTER_KEY) as ledger:
        yield ledger


def record(ledger: Ledger, book: str, *events: object) -> int:
    """Append events to a book's stream; answers the last position."""
    version = len(ledger.read_stream(f"book-{book}"))
    metadata = Context(actor="clerk").metadata(NOON)
    draft = Draft(
        stream=f"book-{book}", expected_version=version, events=[(event, metadata) for event in events]
    )
    return ledger.append(Append(drafts=[draft])).positions[-1]


def some_history(books: int, start: int = 0) -> Iterator[tuple[str, list[object]]]:
    """Histories of many books, each ending in another way."""
    for number in range(start, start + books):
        events: list[object] = [Bought(title=f"Volume {number} “邻里”\0", price=number)]
        for turn in range(number % 5):
            reader = f"reader-{(number * 7 + turn) % 11}"
            events += [Lent(reader=reader, days=turn + 1), GivenBack(reader=reader)]
        if number % 3 == 0:
            events.append(Lent(reader="reader-last", days=9))
        if number % 10 == 9:
            events.append(Lost())
        yield f"b{number}", events


def record_history(ledger: Ledger, books: int, start: int = 0) -> int:
    """Append `some_history`; answers the last position."""
    metadata = Context(actor="clerk").metadata(NOON)
    drafts = [
        Draft(stream=f"book-{book}", expected_version=0, events=[(event, metadata) for event in events])
        for book, events in some_history(books, start)
    ]
    return ledger.append(Append(drafts=drafts)).positions[-1]


def cut_projector(admin: psycopg.Connection[Any]) -> int:
    """End the database session of a projector that follows views; answers how many were ended, 1 or 0."""
    return admin.execute(
        "SELECT pg_terminate_backend(pid) FROM (SELECT DISTINCT pid FROM pg_stat_activity"
        " JOIN pg_locks USING (pid) WHERE application_name = 'linli projector'"
        " AND datname = current_database() AND locktype = 'advisory') AS holders"
        " ORDER BY random() LIMIT 1"
    ).rowcount
