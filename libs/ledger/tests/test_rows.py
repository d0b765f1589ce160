"""The rows that a fold sees and changes."""

import pytest

from libs.ledger.tests.lending import NOON, Readers, Shelf
from libs.testkit.views import MemoryRows

EMMA = {"book_id": "emma", "title": "Emma", "readers": ["ann"], "notes": {"log": [1]}}


@pytest.fixture
def rows() -> MemoryRows:
    rows = MemoryRows(Shelf())
    rows.put("books", EMMA)
    return rows


def test_columns_left_out_are_null(rows: MemoryRows) -> None:
    row = rows.get("books", "emma")

    assert row is not None
    assert (row["title"], row["reader"], row["due_time"]) == ("Emma", None, None)
    assert list(row) == list(Shelf().table("books").columns)


def test_what_is_handed_out_is_a_copy(rows: MemoryRows) -> None:
    row = rows.get("books", "emma")
    assert row is not None
    row["title"] = "Ivanhoe"
    row["readers"].append("bob")
    row["notes"]["log"].append(2)

    again = rows.get("books", "emma")

    assert again is not None
    assert (again["title"], again["readers"], again["notes"]) == ("Emma", ["ann"], {"log": [1]})


def test_a_copy_is_exact(rows: MemoryRows) -> None:
    notes = {"邻里": [None, True, 2**70, -1.5e-300, "\x01\u2028"], "": {"": []}}
    rows.put("books", {"book_id": "odd", "readers": None, "notes": notes})

    row = rows.get("books", "odd")

    assert row is not None
    assert row["readers"] is None
    assert row["notes"] == notes


def test_a_change_leaves_the_other_columns(rows: MemoryRows) -> None:
    rows.change("books", "emma", reader="ann", due_time=NOON)

    row = rows.get("books", "emma")
    assert row is not None
    assert (row["title"], row["reader"], row["due_time"]) == ("Emma", "ann", NOON)


def test_what_is_put_again_is_replaced(rows: MemoryRows) -> None:
    rows.put("books", {"book_id": "emma", "title": "Emma, again"})

    row = rows.get("books", "emma")
    assert row is not None
    assert (row["title"], row["readers"]) == ("Emma, again", None)


def test_what_is_deleted_is_gone_and_may_come_back(rows: MemoryRows) -> None:
    rows.delete("books", "emma")
    rows.delete("books", "emma")
    assert rows.get("books", "emma") is None

    rows.put("books", EMMA)
    assert len(rows.all("books")) == 1


def test_keys_of_several_columns_are_tuples() -> None:
    rows = MemoryRows(Readers())
    rows.put("loans", {"reader": "ann", "book_id": "emma", "times": 1})

    assert rows.get("loans", ("ann", "emma")) == {"reader": "ann", "book_id": "emma", "times": 1}
    with pytest.raises(TypeError, match="got 1 values"):
        rows.get("loans", "ann")


def test_mistakes_are_named(rows: MemoryRows) -> None:
    with pytest.raises(KeyError, match="has no column 'colour'"):
        rows.put("books", {**EMMA, "colour": "red"})
    with pytest.raises(KeyError, match="has no column 'colour'"):
        rows.change("books", "emma", colour=None)
    with pytest.raises(TypeError, match="table books, column title: int where str belongs"):
        rows.put("books", {**EMMA, "title": 7})
    with pytest.raises(ValueError, match="has no value"):
        rows.put("books", {"title": "Emma"})
    with pytest.raises(KeyError, match="has no row 'ivanhoe'"):
        rows.change("books", "ivanhoe", title="Ivanhoe")
    with pytest.raises(ValueError, match="a key is not changed"):
        rows.change("books", "emma", book_id="ivanhoe")
