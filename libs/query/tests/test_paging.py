"""Pages follow each other without gaps or repeats, and their tokens fit only their query."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.rows import dict_row

from libs.ledger.decider import Refusal
from libs.query.paging import DEFAULT_SIZE, Order, Page, ascending, descending
from libs.rpc.tests.greeter import message

List = message("ListNotesRequest")
BEGIN = datetime(2020, 1, 6, tzinfo=UTC)
NEWEST = (descending("opened_at", datetime), ascending("case_id"))
BY_ID = (ascending("case_id"),)


@pytest.fixture(scope="module")
def cases(module_database: str) -> psycopg.Connection[dict[str, Any]]:
    connection = psycopg.connect(module_database, autocommit=True, row_factory=dict_row)
    connection.execute("CREATE TEMP TABLE cases (case_id text, opened_at timestamptz, returns bigint)")
    rows = [(f"c{n:03}", BEGIN + timedelta(hours=n // 7), n % 5) for n in range(100)]
    connection.cursor().executemany("INSERT INTO cases VALUES (%s, %s, %s)", rows)
    return connection


def walked(cases: psycopg.Connection[dict[str, Any]], order: tuple[Order, ...], size: int) -> list[str]:
    """The ids on all pages, one after the other."""
    request, seen = List(page_size=size), []
    while True:
        page = Page.of(request, order)
        where = page.condition
        query = f"SELECT * FROM cases WHERE {where.sql} ORDER BY {page.order_by} LIMIT {page.fetch}"
        rows, request.page_token = page.cut(cases.execute(query.encode(), where.params).fetchall())
        assert len(rows) <= size
        seen += [row["case_id"] for row in rows]
        if not request.page_token:
            return seen


@pytest.mark.parametrize(
    "order",
    [
        BY_ID,
        NEWEST,
        (descending("opened_at", datetime), descending("case_id")),
        (ascending("returns", int), descending("opened_at", datetime), ascending("case_id")),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 50, 99, 100, 101])
def test_the_pages_together_are_the_list(
    cases: psycopg.Connection[dict[str, Any]], order: tuple[Order, ...], size: int
) -> None:
    by = ", ".join(f"{each.column} {'DESC' if each.descending else 'ASC'}" for each in order)
    whole = [
        row["case_id"] for row in cases.execute(f"SELECT * FROM cases ORDER BY {by}".encode()).fetchall()
    ]

    assert walked(cases, order, size) == whole


def test_a_page_has_fifty_rows_unless_told() -> None:
    assert Page.of(List(), BY_ID).size == DEFAULT_SIZE


def test_a_token_does_not_fit_another_filter_or_order() -> None:
    token = Page.of(List(filter="late=true"), BY_ID).token("c007")

    assert Page.of(List(filter="late=true", page_token=token, page_size=9), BY_ID).after == ("c007",)
    for request, order in ((List(), BY_ID), (List(filter="late=true"), (descending("case_id"),))):
        request.page_token = token
        with pytest.raises(Refusal) as no:
            Page.of(request, order)
        assert (no.value.code, no.value.field) == ("PAGE_TOKEN_INVALID", "page_token")
        assert "belongs to another query" in no.value.message


def test_a_token_still_fits_when_only_the_wish_for_freshness_changes() -> None:
    token = Page.of(List(at_least="r1.1"), BY_ID).token("c007")

    assert Page.of(List(at_least="r9.1", page_token=token), BY_ID).after == ("c007",)


@pytest.mark.parametrize("values", [[7], [None], [["c007"]], [b"c007"], ["a", "b"], [], ["a\x00"], [True]])
def test_a_forged_token_is_refused_before_it_reaches_the_store(values: list[object]) -> None:
    binding = Page.of(List(), BY_ID).binding
    forged = base64.urlsafe_b64encode(msgspec.msgpack.encode((binding, values))).rstrip(b"=").decode()

    with pytest.raises(Refusal) as no:
        Page.of(List(page_token=forged), BY_ID)

    assert no.value.code == "PAGE_TOKEN_INVALID"
    assert "this is not a page_token: send the next_page_token of an answer" in no.value.message


@given(
    st.one_of(
        st.text(min_size=1), st.binary(min_size=1).map(lambda raw: base64.urlsafe_b64encode(raw).decode())
    )
)
def test_garbage_is_no_token(garbage: str) -> None:
    with pytest.raises(Refusal) as no:
        Page.of(List(page_token=garbage), BY_ID)

    assert no.value.code == "PAGE_TOKEN_INVALID"
