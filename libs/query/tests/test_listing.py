"""Lists of a view's rows: within reach, filtered, ordered, a page at a time."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NotRequired, TypedDict

import psycopg
import pytest
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


@pytest.mark.parametrize("size", [1, 2, 3, 10])
@pytest.mark.parametrize("most", [1, 2, 3, 4, 7, 8])
@pytest.mark.parametrize("shelf", ["maps", "novels", "atlases"])
def test_a_walk_asks_so_many_rows_and_goes_on_behind_them(
    cursor: Cursor[DictRow], size: int, most: int, shelf: str
) -> None:
    asked, request = Condition("shelf = %s", (shelf,)), ListNotes(page_size=size)
    page, found = Page.of(request, LISTED.order), list[str]()

    for _ in range(8):
        walked = LISTED.walk(cursor, request, page, asked=asked, most=most)
        found += ids([*walked.rows])
        assert len(walked.rows) <= min(size, most)
        if walked.after is None:
            break
        assert walked.enough == (len(walked.rows) < size)
        page = replace(page, after=walked.after)

    assert found == ids(LISTED.page(cursor, ListNotes(), where=asked)[0])


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
