"""Names as their services publish them."""

from libs.ledger.noted import Note
from libs.testkit.deciders import deciding
from services.supervision.domain.noted import NAME, NameNoted
from services.supervision.domain.values import Named

given = deciding(NAME)

SOUTH = NameNoted(named=Named.AREA, id="south", path="la/south", zh="南区", en="South")


def test_a_name_is_noted() -> None:
    given().when(Note(SOUTH)).then(SOUTH)


def test_the_same_name_again_is_nothing_new() -> None:
    given(SOUTH).when(Note(SOUTH)).then_nothing_happens()


def test_another_name_takes_its_place() -> None:
    renamed = NameNoted(named=Named.AREA, id="south", path="la/south", zh="南区", en="The South")

    given(SOUTH).when(Note(renamed)).then(renamed)
