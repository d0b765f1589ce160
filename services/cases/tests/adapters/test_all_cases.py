"""A page of cases reads rows in proportion to the page: PostgreSQL counts them, on a busy machine, too."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import psycopg
import pytest
from linli.cases.v1 import cases_service_pb2 as pb
from psycopg.rows import dict_row

from libs.query.conditions import Condition
from libs.query.paging import Page
from libs.testkit.plans import Read, explaining
from services.cases.adapters.finding import FIRST, PIECE, next_piece
from services.cases.adapters.views.all_cases import CASES, LISTED, ORDERS

CLOSED, OPEN, OF_OTHERS = 100, 2_000, 4_000
OF_THEIRS = {"area_path": "la/north", "body_id": "roads"}
PAGE = 20
# The closed ones of an area, and of a body, are older than theirs in progress; those of others are newer.
_ROWS = f"""
INSERT INTO cases (
    case_id, public_id, state, affair_id, area_path, body_id, channel, anonymous, assisted, opened_time,
    response_breached, due_order, overdue, returns, reopenings, held, recorded_from
)
SELECT 'case-' || n, 'LL-' || n,
    CASE WHEN n BETWEEN {CLOSED + 1} AND {CLOSED + OPEN} THEN 'in_progress' ELSE 'closed' END, 'lamps',
    CASE WHEN n <= {CLOSED + OPEN} THEN 'la/north' ELSE 'la/area-' || n %% 50 END,
    CASE WHEN n <= {CLOSED + OPEN} THEN 'roads' ELSE 'body-' || n %% 50 END, 'web', false, false,
    %(began)s + n * interval '1 hour', false, %(began)s + n * interval '3 hours', false, 0, 0, false,
    %(began)s
FROM generate_series(1, {CLOSED + OPEN + OF_OTHERS}) AS n ORDER BY md5('case ' || n)
"""


@pytest.fixture
def cursor(database: str, began: datetime) -> Iterator[psycopg.Cursor[dict[str, Any]]]:
    with psycopg.connect(database, autocommit=True, row_factory=dict_row) as connection:
        for statement in (CASES.ddl(), *CASES.index_ddl()):
            connection.execute(statement.encode())
        connection.execute("SET synchronous_commit = on")  # else vacuum takes no row for visible to all yet
        connection.execute(_ROWS, {"began": began})
        connection.execute("VACUUM ANALYZE cases")
        yield connection.cursor()


@pytest.fixture
def began() -> datetime:
    return datetime.fromisoformat("2024-02-29T08:30:00+00:00")


@pytest.mark.parametrize("order", ["", "opened_time", "due_time"])
@pytest.mark.parametrize("column", ["area_path", "body_id"])
def test_a_state_is_listed_without_a_look_at_cases_in_other_states(
    cursor: psycopg.Cursor[dict[str, Any]], column: str, order: str
) -> None:
    read, asked = Read(), pb.ListCasesRequest(filter="state = CLOSED", order_by=order, page_size=PAGE)

    within = Condition(f"{column} = %s", (OF_THEIRS[column],))

    rows = LISTED.select(explaining(cursor, read), asked, Page.of(asked, ORDERS[order]), where=within)

    assert len(rows) == PAGE + 1
    assert read.rows <= 2 * PAGE, "\n".join(read.plans)


def test_the_next_cases_in_a_state_by_due_time_are_known_by_the_index_alone(
    cursor: psycopg.Cursor[dict[str, Any]],
) -> None:
    read, asked = Read(), pb.ListCasesRequest(filter="state = IN_PROGRESS", order_by="due_time")
    page, columns = Page.of(asked, ORDERS["due_time"]), ("case_id", "area_path", "opened_time")

    rows = LISTED.next_of(explaining(cursor, read), asked, page, columns=columns, most=PIECE)

    assert len(rows) == PIECE
    assert read.blocks < PIECE / 10, "\n".join(read.plans)


@pytest.mark.parametrize(
    ("asked", "having", "missing", "following"),
    [
        (250, 0, 8, 500),  # none is known to have them: ever more
        (1_000, 0, 8, PIECE),
        (250, 5, 3, FIRST),
        (1_000, 20, 6, 450),
        (1_000, 20, 40, PIECE),
    ],
)
def test_where_words_are_frequent_only_about_as_many_cases_are_asked_as_a_page_needs(
    asked: int, having: int, missing: int, following: int
) -> None:
    assert next_piece(asked, having, missing) == following
