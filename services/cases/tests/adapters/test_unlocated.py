"""Which cases are to be located again: by what their openings knew, and without a look at all the others."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from libs.testkit.clocks import START
from libs.testkit.plans import Read, explaining
from libs.testkit.recorded import recorded
from libs.testkit.views import folded
from services.cases.adapters.views.unlocated import DONE, GROUND, PLACED, VIEW, left, next_of
from services.cases.domain.locating import CasesLocated, Located
from services.cases.domain.values import Point
from services.cases.tests.domain.history import CASE_ID, opened, routed

pytestmark = pytest.mark.capability("003.1")
KNOWN, SINCE, PIECE = 1_000, 5_000, 100
SOMEWHERE = Point(latitude=34.05, longitude=-118.25)


@pytest.mark.parametrize(("redrawn", "unsure"), [(None, True), (True, True), (False, False)])
def test_a_case_whose_opening_did_not_ask_is_looked_at_again(redrawn: bool | None, unsure: bool) -> None:
    """Releases before `redrawn` open cases after the newest boundary, too."""
    event = replace(opened(), point=SOMEWHERE, redrawn=redrawn)

    [row] = folded(VIEW, recorded(f"case-{CASE_ID}", event, routed())).all(PLACED.name)

    assert row["unsure"] is unsure


@pytest.fixture
def cursor(database: str) -> Iterator[psycopg.Cursor[dict[str, Any]]]:
    """Cases at all positions but that of the newest ground; of later ones every thousandth is unsure."""
    with psycopg.connect(database, autocommit=True, row_factory=dict_row) as connection:
        for table in (PLACED, GROUND, DONE):
            for statement in (table.ddl(), *table.index_ddl()):
                connection.execute(statement.encode())
        connection.execute("SET synchronous_commit = on")  # else vacuum takes no row for visible to all yet
        connection.execute("INSERT INTO ground (what, known) VALUES ('newest', %s)", (KNOWN,))
        connection.execute(
            "INSERT INTO placed (case_id, position, unsure)"
            " SELECT 'case-' || n, n, n > %(known)s AND n %% 1000 = 0"
            " FROM generate_series(1, %(last)s) AS n WHERE n <> %(known)s",
            {"known": KNOWN, "last": KNOWN + SINCE},
        )
        connection.execute("VACUUM ANALYZE placed")
        yield connection.cursor()


def test_cases_come_in_the_order_of_their_openings_and_then_the_unsure_ones(cursor: Any) -> None:
    known, some = next_of(cursor, Located(), PIECE)
    _, last = next_of(cursor, Located(known=known, until=KNOWN - 2), PIECE)

    assert (known, list(some.values())) == (KNOWN, list(range(1, PIECE + 1)))
    assert list(last.values()) == [KNOWN - 1, *range(2_000, KNOWN + SINCE + 1, 1_000)]


def test_when_all_is_done_no_case_is_read(cursor: Any) -> None:
    read = Read()

    _, left = next_of(explaining(cursor, read), Located(known=KNOWN, until=KNOWN + SINCE), PIECE)
    _, sure = next_of(explaining(cursor, read), Located(known=KNOWN, until=KNOWN - 1), 1)

    assert not left
    assert len(sure) == 1
    assert read.rows <= 4, "\n".join(read.plans)


def test_newer_ground_lets_a_pass_under_way_come_to_its_end(cursor: Any) -> None:
    """Else a district whose cells are redrawn one by one begins it anew with each of them."""
    goal, rest = next_of(cursor, Located(known=500, until=300), PIECE * 10)
    anew, first = next_of(cursor, Located(known=500, until=499), PIECE)

    assert (goal, list(rest.values())) == (500, list(range(301, 500)))
    assert (anew, min(first.values())) == (KNOWN, 1)


@pytest.mark.parametrize(
    ("done", "counted"),
    [
        (None, (KNOWN - 1, 5)),
        ((500, 499), (KNOWN - 1, 5)),
        ((KNOWN, 300), (KNOWN - 301, 5)),
        ((KNOWN, 3_000), (0, 3)),
        ((KNOWN, KNOWN + SINCE), (0, 0)),
    ],
)
def test_operators_see_how_many_are_left(cursor: Any, done: Any, counted: tuple[int, int]) -> None:
    if done:
        cursor.execute("INSERT INTO done (what, known, until) VALUES ('newest', %s, %s)", done)

    assert left(cursor) == counted


def test_it_is_kept_how_far_it_has_come() -> None:
    told = [CasesLocated(known=7, until=until, at=START) for until in (3, 5)]

    assert folded(VIEW, recorded("locating-all", *told)).all(DONE.name) == [
        {"what": "newest", "known": 7, "until": 5}
    ]
