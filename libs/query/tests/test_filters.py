"""Filters become parameterised SQL, or a clear no."""

from datetime import UTC, datetime

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.ledger.decider import Kind, Refusal
from libs.query.filters import Filters, area, choice, filled, flag, moment, number, text
from libs.testkit.requests import HOSTILE

FILTERS = Filters(
    state=choice("state", {"OPEN": "open", "CLOSED": "closed"}),
    body_id=text("body_id"),
    opened_time=moment("opened_at"),
    area=area("area_path"),
    returns=number("returns"),
    score=number("score"),
    late=flag("late"),
    ended=filled("opened_at"),
    kind=choice("kind", {"GROUP": "group", "BOARD": "board"}, "BODY_KIND_"),
    number=text("number", str.lower),
)
JANUARY = datetime(2020, 1, 6, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "sql", "params"),
    [
        ("", "true", ()),
        ("  ", "true", ()),
        ("state = OPEN", "state = %s", ("open",)),
        ("state != CLOSED", "state IS DISTINCT FROM %s", ("closed",)),
        ('body_id="la\\"san"', "body_id = %s", ('la"san',)),
        ("body_id = '山'", "body_id = %s", ("山",)),
        ('opened_time >= "2020-01-06T00:00:00-08:00"', "opened_at >= %s", (JANUARY,)),
        ("opened_time < 2020-01-06T08:00:00Z", "opened_at < %s", (JANUARY,)),
        ("area = la/x", None, None),
        ('area = "la/x"', "(area_path = %s OR area_path ^@ %s)", ("la/x", "la/x/")),
        ("returns > -2", "returns > %s", (-2,)),
        ("score <= 0.5", "score <= %s", (0.5,)),
        ("late = true", "late = %s", (True,)),
        ("ended = true", "opened_at IS NOT NULL", ()),
        ("ended = false", "opened_at IS NULL", ()),
        ("ended != true", "opened_at IS NULL", ()),
        ("NOT ended = true", "(opened_at IS NOT NULL) IS NOT TRUE", ()),
        ("NOT late = true", "(late = %s) IS NOT TRUE", (True,)),
        ('area != "la"', "((area_path = %s OR area_path ^@ %s)) IS NOT TRUE", ("la", "la/")),
        ("kind = BODY_KIND_GROUP", "kind = %s", ("group",)),
        ("kind = GROUP", "kind = %s", ("group",)),
        ('number = "Ａ１"', "number = %s", ("ａ１",)),
        ("returns=1 AND returns=2", "(returns = %s) AND (returns = %s)", (1, 2)),
    ],
)
def test_a_filter_becomes_a_condition_with_parameters(
    given: str, sql: str | None, params: tuple[object, ...] | None
) -> None:
    if sql is None:
        with pytest.raises(Refusal):
            FILTERS.compile(given)
        return

    compiled = FILTERS.compile(given)

    assert (compiled.sql, compiled.params) == (sql, params)


def test_or_binds_tighter_than_and_as_in_aip_160() -> None:
    loose, grouped = "returns=1 AND returns=2 OR returns=3", "returns=1 AND (returns=2 OR returns=3)"

    assert FILTERS.compile(loose) == FILTERS.compile(grouped)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("colour = red", "a comparison begins with one of state, body_id"),
        ("state = WEIRD", "state is compared with one of OPEN, CLOSED"),
        ("kind = BODY_KIND_GANG", "kind is compared with one of BODY_KIND_GROUP, BODY_KIND_BOARD"),
        ("state > OPEN", "state can only be compared with = and !="),
        ('area < "la"', "area can only be compared with = and !="),
        ("state OPEN", "after state, one of = != < <= > >= is expected"),
        ("state =", "after state =, a value is expected"),
        ("state = OPEN late = true", "'late' is not expected here"),
        ("(state = OPEN", "a parenthesis is not closed"),
        ("state = OPEN)", "')' is not expected here"),
        ("returns = 1e400", "returns is compared with a number"),
        ("score = 1e999", "score is compared with a number"),
        ("score = nan", "score is compared with a number"),
        ("opened_time = 2020-01-06", "opened_time is compared with a moment"),
        ('opened_time = "2020-01-06T08:00:00"', "opened_time is compared with a moment"),
        ('opened_time > "0001-01-01T00:00:00+23:00"', "opened_time is compared with a moment"),
        ("late = maybe", "late is compared with one of true, false"),
        ("ended = maybe", "ended is compared with one of true, false"),
        ("ended > true", "ended can only be compared with = and !="),
        ('body_id = "open', "cannot be read from character 10 on"),
        ('body_id = "x"; DROP TABLE cases', "cannot be read from character 14 on"),
        ("(" * 20 + "late=true" + ")" * 20, "nested at most 8 deep"),
        ("NOT " * 20 + "late=true", "nested at most 8 deep"),
        (" OR ".join(["late=true"] * 51), "at most 50 comparisons"),
        ("x" * 2001, "at most 2000 characters"),
    ],
)
def test_a_filter_that_cannot_be_understood_says_why(given: str, told: str) -> None:
    with pytest.raises(Refusal) as no:
        FILTERS.compile(given)

    assert (no.value.kind, no.value.code, no.value.field) == (Kind.INVALID, "FILTER_INVALID", "filter")
    assert told in no.value.message


@pytest.fixture(scope="module")
def cases(module_database: str) -> psycopg.Connection:
    connection = psycopg.connect(module_database, autocommit=True)
    connection.execute(
        "CREATE TEMP TABLE cases (state text, body_id text, opened_at timestamptz, area_path text,"
        " returns bigint, score double precision, late boolean, kind text, number text)"
    )
    return connection


_words = st.sampled_from(
    [
        *(
            "state",
            "returns",
            "area",
            "score",
            "opened_time",
            "body_id",
            "late",
            "ended",
            "OPEN",
            "1",
            "-1",
            "true",
        ),
        *("=", "!=", "<", ">=", "AND", "OR", "NOT", "(", ")", '"x"', "'", '"', "2020-01-06T08:00:00Z"),
        *HOSTILE,
    ]
)


@given(
    st.one_of(
        st.text(), st.lists(_words, max_size=9).map(" ".join), st.lists(_words, max_size=9).map("".join)
    )
)
def test_whatever_is_sent_is_refused_or_runs(cases: psycopg.Connection, given_filter: str) -> None:
    try:
        condition = FILTERS.compile(given_filter)
    except Refusal:
        return
    cases.execute(f"SELECT 1 FROM cases WHERE {condition.sql}".encode(), condition.params)


@pytest.fixture(scope="module")
def sparse(cases: psycopg.Connection) -> psycopg.Connection:
    """The same table with every mixture of values and of none."""
    cases.execute(
        "INSERT INTO cases SELECT s, b, o, a, r, r / 2.0, l, 'group', n"
        " FROM unnest(ARRAY['open', NULL]) s, unnest(ARRAY['x', 'y', NULL]) b,"
        " unnest(ARRAY['2020-01-06T08:00:00Z'::timestamptz, NULL]) o, unnest(ARRAY['la', 'la/x', NULL]) a,"
        " unnest(ARRAY[1, NULL]) r, unnest(ARRAY[true, NULL]) l, unnest(ARRAY['n', NULL]) n"
    )
    return cases


_comparisons = st.sampled_from(
    [
        *("state = OPEN", "state != OPEN", 'body_id = "x"', 'body_id != "x"', 'body_id < "y"', 'area = "la"'),
        *('area != "la"', "opened_time < 2030-01-01T00:00:00Z", "opened_time >= 2020-01-06T08:00:00Z"),
        *(
            "returns > 0",
            "returns != 1",
            "score <= 0.5",
            "late = true",
            "late != false",
            'number = "n"',
            "ended = true",
        ),
    ]
)
_filters = st.recursive(
    _comparisons,
    lambda inner: st.one_of(
        inner.map("NOT ({})".format),
        st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(lambda each: "({} {} {})".format(*each)),
    ),
    max_leaves=4,
)


@given(_filters)
def test_not_finds_exactly_what_the_filter_does_not(sparse: psycopg.Connection, wanted: str) -> None:
    def found(given: str) -> set[str]:
        condition = FILTERS.compile(given)
        rows = sparse.execute(
            f"SELECT ctid::text FROM cases WHERE {condition.sql}".encode(), condition.params
        )
        return {row[0] for row in rows}

    assert found(f"NOT {wanted}") == found("") - found(wanted)
