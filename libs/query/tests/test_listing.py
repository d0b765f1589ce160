"""Lists of a view's rows: within reach, filtered, ordered, a page at a time."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NotRequired, TypedDict

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Cursor
from psycopg.rows import DictRow, dict_row

from libs.ledger.decider import Refusal
from libs.ledger.views.view import Table
from libs.query.conditions import Condition
from libs.query.filters import Filters, text
from libs.query.listing import Derived, Listing
from libs.query.paging import Page, ascending, descending
from libs.query.reach import Limit, Reach
from libs.rpc.tests.greeter import message
from libs.testkit.clocks import moment

ListNotes = message("ListNotesRequest")


class BookRow(TypedDict):
    book_id: str
    shelf: str
    area_path: str
    reader: NotRequired[str | None]


BOOKS = Table.of("books", BookRow, key=("book_id",))
LISTED = Listing(
    table=BOOKS, order=(ascending("book_id"),), filters=Filters(shelf=text("shelf")), area="area_path"
)


@pytest.fixture
def cursor(database: str) -> Iterator[Cursor[DictRow]]:
    with psycopg.connect(database, row_factory=dict_row) as connection, connection.cursor() as made:
        made.execute(BOOKS.ddl())
        for number in range(7):
            row = (
                f"b{number}",
                "novels" if number % 2 else "maps",
                "town/north" if number < 4 else "town/south",
            )
            made.execute("INSERT INTO books (book_id, shelf, area_path) VALUES (%s, %s, %s)", row)
        yield made


def ids(rows: list[BookRow]) -> list[str]:
    return [row["book_id"] for row in rows]


def test_pages_follow_each_other_and_end(cursor: Cursor[DictRow]) -> None:
    first, token = LISTED.page(cursor, ListNotes(page_size=4))
    second, end = LISTED.page(cursor, ListNotes(page_size=4, page_token=token))

    assert ids(first) == ["b0", "b1", "b2", "b3"]
    assert ids(second) == ["b4", "b5", "b6"]
    assert end == ""


def test_a_list_ends_where_the_callers_reach_ends(cursor: Cursor[DictRow]) -> None:
    rows, _ = LISTED.page(cursor, ListNotes(), Reach((Limit("town/south"),)))
    nothing, _ = LISTED.page(cursor, ListNotes(), Reach())

    assert ids(rows) == ["b4", "b5", "b6"]
    assert nothing == []


def test_a_question_of_its_own_limits_the_list_further(cursor: Cursor[DictRow]) -> None:
    rows, _ = LISTED.page(cursor, ListNotes(), where=Condition("shelf = %s", ("novels",)))

    assert ids(rows) == ["b1", "b3", "b5"]


def test_the_next_rows_from_a_page_on_come_with_the_columns_that_are_asked_for(
    cursor: Cursor[DictRow],
) -> None:
    request, within = ListNotes(page_size=1), Reach((Limit("town/north"),))
    page = replace(Page.of(request, LISTED.order), after=("b1",))

    rows = LISTED.next_of(cursor, request, page, within, columns=("shelf",), most=2)
    rest = LISTED.next_of(cursor, request, page, within, columns=(), most=9)
    asked = Condition("shelf = %s", ("novels",))
    answered = LISTED.next_of(cursor, request, page, columns=(), most=3, asked=asked)

    assert rows == [{"shelf": "maps", "book_id": "b2"}, {"shelf": "novels", "book_id": "b3"}]
    assert rest == [{"book_id": "b2"}, {"book_id": "b3"}]
    assert [(row["book_id"], row["met"]) for row in answered] == [("b2", False), ("b3", True), ("b4", False)]


def test_another_order_makes_tokens_of_its_own(cursor: Cursor[DictRow]) -> None:
    backwards = (descending("book_id"),)
    rows, token = LISTED.page(cursor, ListNotes(page_size=2), order=backwards)

    assert ids(rows) == ["b6", "b5"]
    with pytest.raises(Refusal, match="PAGE_TOKEN_INVALID"):
        LISTED.page(cursor, ListNotes(page_size=2, page_token=token))


def test_one_row_is_found_by_its_columns(cursor: Cursor[DictRow]) -> None:
    assert LISTED.one(cursor, shelf="maps", area_path="town/south") == {
        "book_id": "b4", "shelf": "maps", "area_path": "town/south", "reader": None,
    }  # fmt: skip
    assert LISTED.one(cursor, book_id="b9") is None


class ShelfRow(TypedDict):
    """A shelf, and how many books stand on it."""

    shelf: str
    books: int


COUNTED = "SELECT shelf, count(*) AS books FROM books WHERE area_path = ANY(%s) GROUP BY shelf"
FULLEST = Listing(
    table=Derived(name="shelves", row=ShelfRow, sql=COUNTED),
    order=(descending("books", int), ascending("shelf")),
    filters=Filters(shelf=text("shelf")),
)


def test_what_a_sub_select_makes_of_tables_is_listed_like_a_table(cursor: Cursor[DictRow]) -> None:
    everywhere = (["town/north", "town/south"],)
    first, token = FULLEST.page(cursor, ListNotes(page_size=1), params=everywhere)
    second, end = FULLEST.page(cursor, ListNotes(page_size=1, page_token=token), params=everywhere)

    assert (first, second) == ([{"shelf": "maps", "books": 4}], [{"shelf": "novels", "books": 3}])
    assert end == ""


def test_a_condition_may_name_the_rows_of_a_sub_select(cursor: Cursor[DictRow]) -> None:
    has = "EXISTS (SELECT FROM books b WHERE b.shelf = shelves.shelf AND b.book_id = %s)"
    rows, _ = FULLEST.page(cursor, ListNotes(), where=Condition(has, ("b1",)), params=(["town/north"],))

    assert rows == [{"shelf": "novels", "books": 2}]


def test_the_columns_of_a_table_follow_from_the_type_of_its_rows() -> None:
    assert BOOKS.columns == {"book_id": "text", "shelf": "text", "area_path": "text", "reader": "text"}


class Odd(TypedDict):
    number: complex


def test_a_type_that_no_column_keeps_is_refused() -> None:
    with pytest.raises(TypeError, match="has no column type"):
        Table.of("odd", Odd, key=("number",))


class LoanRow(TypedDict):
    loan_id: str
    reader: str
    lent: datetime


LOANS = Table.of("loans", LoanRow, key=("loan_id",), history=("lent, loan_id",))
BEGAN = moment("2024-03-01 09:00")
DAY = timedelta(days=1)


Life = tuple[int, list[tuple[int, str]]]
"""On which day a book was lent, and from which day on it is with which reader."""
LIVES = st.tuples(
    st.integers(0, 9),
    st.lists(
        st.tuples(st.integers(0, 20), st.sampled_from("ab")), min_size=1, unique_by=lambda each: each[0]
    ),
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lives=st.lists(LIVES, max_size=9),
    then=st.integers(0, 20),
    backwards=st.booleans(),
    size=st.integers(1, 4),
)
def test_pages_as_of_a_moment_have_all_rows_that_were_so_then(
    cursor: Cursor[DictRow], lives: list[Life], then: int, backwards: bool, size: int
) -> None:
    direction = descending if backwards else ascending
    order = (direction("lent", datetime), direction("loan_id"))
    listed = Listing(table=LOANS, order=order, filters=Filters(reader=text("reader")))
    wanted = list[tuple[int, str]]()
    lend(cursor)
    for number, (lent, changes) in enumerate(lives):
        if read_by(cursor, f"loan-{number}", lent, sorted(changes), then) == "a":
            wanted.append((lent, f"loan-{number}"))

    found, request = list[str](), ListNotes(page_size=size, filter='reader = "a"')
    while True:
        rows, request.page_token = listed.page(cursor, request, as_of=BEGAN + then * DAY)
        found += [row["loan_id"] for row in rows]
        if not request.page_token:
            break

    assert found == [loan for _, loan in sorted(wanted, reverse=backwards)]


def lend(cursor: Cursor[DictRow]) -> None:
    """Tables without a row."""
    assert LOANS.past is not None
    cursor.execute("DROP TABLE IF EXISTS loans, loans_past")
    cursor.execute(LOANS.ddl())
    cursor.execute(LOANS.past.ddl())


def read_by(cursor: Cursor[DictRow], loan: str, lent: int, changes: list[tuple[int, str]], then: int) -> str:
    """Record a loan; answers who has the book on a day, "" for nobody yet."""
    with_whom = ""
    for (day, reader), until in zip(changes, [*(day for day, _ in changes[1:]), None], strict=True):
        row = [loan, reader, *(BEGAN + each * DAY for each in (lent, day))]
        if until is None:
            cursor.execute("INSERT INTO loans VALUES (%s, %s, %s, %s)", row)
        else:
            cursor.execute("INSERT INTO loans_past VALUES (%s, %s, %s, %s, %s)", [*row, BEGAN + until * DAY])
        if day <= then and (until is None or then < until):
            with_whom = reader
    return with_whom
