"""A table that keeps its history: the rows as of a moment are those of the events recorded until then."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.rows import dict_row

from libs.ledger.recorded import Recorded
from libs.ledger.tests.lending import (
    Bought,
    GivenBack,
    Lent,
    Lost,
    Shelf,
    lending,
    record,
)
from libs.ledger.tests.test_rebuild import follow
from libs.ledger.views.table import FROM, UNTIL, Table
from libs.ledger.views.view import Row, View
from libs.testkit.clocks import START
from libs.testkit.recorded import recorded
from libs.testkit.views import assert_rebuilt_equals_live, folded

BOOKS = Table(
    "books", Shelf.tables[0].columns, key=("book_id",), indexes=("reader",), history=("title, book_id",)
)


class RememberingShelf(View):
    """The shelf, and the shelf as it was."""

    name = "remembering"
    tables = (BOOKS,)
    fold = Shelf.fold


SHELF = RememberingShelf()
EMMA = Bought(title="Emma", price=7)


def as_of(dsn: str, moment: datetime) -> list[Row]:
    with psycopg.connect(dsn, row_factory=dict_row) as connection:
        connection.execute(f"SET search_path TO {SHELF.schema}; SET timezone TO 'UTC'")
        select = f"SELECT * FROM ({BOOKS.as_of()}) books ORDER BY book_id"
        return connection.execute(select, [moment] * 3).fetchall()


def events_of(*events: object) -> list[Recorded[Any]]:
    return recorded("book-emma", *events)


def test_the_rows_as_of_a_moment_are_the_fold_until_then(database: str) -> None:
    with lending(database, [SHELF]) as ledger:
        record(ledger, "waverley", Bought(title="Waverley", price=9))
        for events in ([EMMA], [Lent(reader="ann", days=3)], [GivenBack(reader="ann"), Lost()], [EMMA]):
            record(ledger, "emma", *events)
        record(ledger, "waverley", Lent(reader="bob", days=1))
        follow(ledger, SHELF)
        history = ledger.read(after=0, limit=1000)

        for moment in {event.recorded_at for event in history}:
            until = [event for event in history if event.recorded_at <= moment]
            assert as_of(database, moment) == folded(SHELF, until).all("books")
        assert as_of(database, history[0].recorded_at - timedelta(microseconds=1)) == []
        assert_rebuilt_equals_live(ledger, [SHELF])


def test_an_earlier_row_says_from_when_until_when() -> None:
    bought, lent = events_of(EMMA, Lent(reader="ann", days=3))

    rows = folded(SHELF, [bought, lent])

    (before,) = rows.all("books_past")
    assert (before["at_home"], before[FROM], before[UNTIL]) == (True, bought.recorded_at, lent.recorded_at)


def test_what_changes_nothing_leaves_no_earlier_row() -> None:
    rows = folded(SHELF, events_of(EMMA, GivenBack(reader="ann"), GivenBack(reader="ann")))

    assert rows.all("books_past") == []


def test_what_one_moment_made_and_unmade_was_never_there() -> None:
    events = events_of(EMMA, Lent(reader="ann", days=3), Lost())

    rows = folded(SHELF, [replace(event, recorded_at=START) for event in events])

    assert (rows.all("books"), rows.all("books_past")) == ([], [])


def test_a_fold_neither_sees_nor_sets_the_columns_of_history() -> None:
    rows = folded(SHELF, events_of(EMMA))

    row = rows.get("books", "emma")

    assert row is not None
    assert list(row) == list(BOOKS.columns)


def test_a_table_without_history_is_not_asked_for_the_past() -> None:
    with pytest.raises(ValueError, match="table books keeps no history"):
        Shelf.tables[0].as_of()


def test_the_columns_of_history_are_not_declared() -> None:
    with pytest.raises(ValueError, match="come with the history"):
        Table("books", {"book_id": "text", "recorded_from": "timestamptz"}, key=("book_id",), history=())


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.integers(0, 1)), max_size=25))
def test_any_order_of_events_gives_the_rows_as_of_any_moment(steps: list[tuple[str, bool, int]]) -> None:
    history = changes(steps)
    rows = folded(SHELF, history)

    for moment in {event.recorded_at for event in history}:
        until = [event for event in history if event.recorded_at <= moment]
        changed_later = {event.subject_id for event in history if event.recorded_at > moment}
        still = [row for row in rows.all("books") if row["book_id"] not in changed_later]
        past = [row for row in rows.all("books_past") if row[FROM] <= moment < row[UNTIL]]
        found = {row["book_id"]: {name: row[name] for name in BOOKS.columns} for row in (*still, *past)}
        assert [found[book] for book in sorted(found)] == folded(SHELF, until).all("books")


def changes(steps: list[tuple[str, bool, int]]) -> list[Recorded[Any]]:
    """Events of books that each change something; with 0 at the moment of the one before."""
    standing: dict[str, str] = {}
    moment, history = START, []
    for position, (book, lost, later) in enumerate(steps, start=1):
        moment += timedelta(seconds=later)
        event: object
        match standing.get(book, "away"):
            case "away":
                event, standing[book] = EMMA, "here"
            case "here" if not lost:
                event, standing[book] = Lent(reader="ann", days=3), "lent"
            case "lent" if not lost:
                event, standing[book] = GivenBack(reader="ann"), "here"
            case _:
                event, standing[book] = Lost(), "away"
        (one,) = recorded(f"book-{book}", event, position=position, at=moment)
        history.append(one)
    return history
