"""What a view may declare, and what its rows may hold."""

from dataclasses import make_dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest

from libs.ledger.decider import Refusal
from libs.ledger.recorded import Recorded
from libs.ledger.revision import Revision, newer, parse_revision
from libs.ledger.tests.lending import NOON, Bought, GivenBack, Lent, Lost, Readers, Shelf
from libs.ledger.views.folding import LookedAt
from libs.ledger.views.shape import outline
from libs.ledger.views.values import normaliser
from libs.ledger.views.view import Rows, Table, View
from libs.testkit.recorded import in_order, recorded
from libs.testkit.views import folded


class State(StrEnum):
    OPEN = "open"


BERLIN = timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    ("kind", "given", "stored"),
    [
        ("text", "邻里", "邻里"),
        ("bigint", 2**60, 2**60),
        ("boolean", True, True),
        ("double precision", 3, 3.0),
        ("numeric", 3, Decimal(3)),
        ("numeric", Decimal("1.50"), Decimal("1.50")),
        ("timestamptz", datetime(2020, 1, 1, 13, tzinfo=BERLIN), NOON),
        ("text[]", ("a", "b"), ["a", "b"]),
        ("bigint[]", [], []),
        (
            "jsonb",
            {"when": NOON, "list": (1, 2.5, None)},
            {"when": "2020-01-01T12:00:00Z", "list": [1, 2.5, None]},
        ),
    ],
)
def test_values_take_the_form_in_which_they_come_back(kind: str, given: object, stored: object) -> None:
    value = normaliser(kind)(given)

    assert value == stored
    assert type(value) is type(stored)
    assert normaliser(kind)(value) == value


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("text", 1),
        ("text", State.OPEN),
        ("text", b"a"),
        ("bigint", True),
        ("bigint", 1.0),
        ("bigint", "1"),
        ("boolean", 1),
        ("double precision", float("nan")),
        ("double precision", float("inf")),
        ("numeric", 1.5),
        ("timestamptz", datetime(2020, 1, 1)),  # noqa: DTZ001 - without a zone, to be refused
        ("timestamptz", "2020-01-01"),
        ("date", NOON),
        ("text[]", "abc"),
        ("bigint[]", [1, "2"]),
    ],
)
def test_values_that_would_change_are_refused(kind: str, given: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        normaliser(kind)(given)


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        (lambda: Table("books", {"id": "varchar"}, key=("id",)), "has the type 'varchar'"),
        (lambda: Table("books", {"id": "text"}, key=("name",)), "is not made of its columns"),
        (lambda: Table("books", {"id": "text"}, key=()), "is not made of its columns"),
        (lambda: Table("Books", {"id": "text"}, key=("id",)), "lower_snake"),
        (lambda: Table("books", {"id; --": "text"}, key=("id",)), "lower_snake"),
    ],
)
def test_a_table_that_cannot_be_is_refused(table: Any, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        table()


def test_a_view_needs_a_name_and_tables() -> None:
    with pytest.raises(ValueError, match="lower_snake"):
        type("Nameless", (View,), {"tables": Shelf.tables})
    with pytest.raises(ValueError, match="no tables"):
        type("Bare", (View,), {"name": "bare"})


def test_the_shape_changes_with_tables_and_version_only() -> None:
    class Same(Shelf):
        def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
            raise NotImplementedError

    class Newer(Shelf):
        version = 2

    class Other(Shelf):
        tables = (Table("books", {"book_id": "text"}, key=("book_id",)),)

    assert Same().shape == Shelf().shape
    assert len({Shelf().shape, Newer().shape, Other().shape, Readers().shape}) == 4


def test_the_shape_changes_with_the_values_that_rows_hold() -> None:
    class Page(Shelf):
        holds = (("page.v1", Bought),)

    class Renamed(Shelf):
        holds = (("page.v2", Bought),)

    class OtherFields(Shelf):
        holds = (("page.v1", Lent),)

    class OneMore(Shelf):
        holds = (("page.v1", Bought), ("lent.v1", Lent))

    shapes = [view.shape for view in (Shelf(), Page(), Renamed(), OtherFields(), OneMore())]
    assert len(set(shapes)) == len(shapes)


def test_the_shape_stays_when_only_the_prose_of_a_value_changes() -> None:
    before = _value("Who has it.", title=str)
    after = _value("Who has it, and since when.", title=str)

    assert outline([("page.v1", before)]) == outline([("page.v1", after)])
    assert outline([("page.v1", before)]) != outline([("page.v1", _value("Who has it.", title=int))])


def _value(doc: str, **fields: type) -> type:
    made = make_dataclass("Value", fields.items())
    made.__doc__ = doc
    return made


def test_a_fold_can_be_tested_without_a_store() -> None:
    emma = recorded(
        "book-emma", Bought(title="Emma", price=7), Lent(reader="ann", days=3), GivenBack(reader="ann")
    )
    ivanhoe = recorded("book-ivanhoe", Bought(title="Ivanhoe", price=7), Lost())

    rows = folded(Shelf(), in_order(emma, ivanhoe))

    assert [(row["book_id"], row["at_home"], row["times_lent"]) for row in rows.all("books")] == [
        ("emma", True, 1)
    ]


class OfBooks(Shelf):
    """The shelf, by a view that says whose events look at its rows."""

    name = "of_books"
    of_streams = "book"


def test_what_is_known_of_new_streams_is_that_they_have_no_row() -> None:
    emma = recorded("book-emma", Bought(title="Emma", price=7), Lent(reader="ann", days=3))
    ivanhoe = recorded("book-ivanhoe", Bought(title="Ivanhoe", price=7), Lost())

    looked_at = LookedAt.by(OfBooks(), [*emma, ivanhoe[1]])

    assert looked_at.begun == [("books", "emma")]
    assert looked_at.wanted == [("books", "emma"), ("books", "ivanhoe")]
    assert LookedAt.by(Shelf(), emma).begun == []


def test_rows_named_for_another_kind_of_stream_are_not_looked_at() -> None:
    shelf = recorded("shelf-emma", Lost(), Lost())

    assert LookedAt.by(OfBooks(), shelf) == LookedAt()
    assert LookedAt.by(Shelf(), shelf).wanted == [("books", "emma")] * 2


def test_a_revision_is_read_as_it_was_written() -> None:
    assert parse_revision(str(Revision(17, 4))) == parse_revision("r17.4") == Revision(17, 4)
    assert parse_revision(str(Revision(17, 4, 2))) == parse_revision("r17.4.2") == Revision(17, 4, 2)


def test_of_two_revisions_the_newer_one_is_of_the_later_history_or_further_in_it() -> None:
    assert newer("", "r1.1") == newer("r1.1", "") == "r1.1"
    assert newer("r9.1", "r10.1") == newer("r10.1", "r9.7") == "r10.1"
    assert newer("r10.1", "r3.1.2") == "r3.1.2"


@pytest.mark.parametrize(
    "token", ["", "r1", "1.2", "r-1.2", "r1.2 ", "r1.٣", "r1.2.", "r1.2.x", "r1.2.3.4", "r" + "9" * 30 + ".1"]
)
def test_a_token_of_somebody_else_is_refused(token: str) -> None:
    with pytest.raises(Refusal) as refused:
        parse_revision(token)

    assert refused.value.code == "REVISION_MALFORMED"
