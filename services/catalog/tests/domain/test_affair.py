"""Affairs: defined once, renamed, with or without a name, retired."""

import pytest

from libs.ledger.decider import Kind
from libs.ledger.text import Text
from libs.rules.terms import OUTCOMES, Choice
from libs.testkit.deciders import deciding
from services.catalog.domain.affair import (
    AFFAIR,
    AffairDefined,
    AffairRenamed,
    AffairRetired,
    AnonymityDecided,
    DecideAnonymity,
    DecideOutcomes,
    OutcomesDecided,
    RenameAffair,
    RetireAffair,
)
from services.catalog.domain.values import AffairRef
from services.catalog.tests.domain.stories import NOW, define, matter

given = deciding(AFFAIR)


def test_an_affair_gets_its_path_from_its_parent() -> None:
    given().when(define()).then(AffairDefined(matter=matter()))


def test_the_top_of_the_tree_has_no_parent() -> None:
    given().when(define(parent=None)).then(AffairDefined(matter=matter(parent_id="", path="meals")))


def test_the_same_definition_again_changes_nothing() -> None:
    given(AffairDefined(matter=matter())).when(define()).then_nothing_happens()


def test_an_id_is_not_defined_twice() -> None:
    other = define(name=Text(en="Something else"))

    given(AffairDefined(matter=matter())).when(other).then_refused(
        "AFFAIR_DEFINED_DIFFERENTLY", Kind.ALREADY_EXISTS
    )


def test_an_affair_needs_a_name_in_one_language() -> None:
    given().when(define(name=Text(zh="  "))).then_refused("NAME_MISSING", Kind.INVALID)


def test_nothing_is_defined_below_a_retired_affair() -> None:
    parent = AffairRef(affair_id="assistance", path="assistance", retired=True)

    given().when(define(parent=parent)).then_refused("AFFAIR_RETIRED", affair_id="assistance")


def test_the_tree_has_a_last_level() -> None:
    deep = AffairRef(affair_id="f", path="a/b/c/d/e/f")

    given().when(define(parent=deep)).then_refused("AFFAIR_TREE_TOO_DEEP")


def test_a_renamed_affair_says_all_of_itself_anew() -> None:
    rename = RenameAffair(affair_id="meals", name=Text(en="Lunch"), keywords=(), at=NOW)

    given(AffairDefined(matter=matter())).when(rename).then(
        AffairRenamed(matter=matter(name=Text(en="Lunch"), keywords=()))
    )


def test_anonymity_is_decided_once() -> None:
    allow = DecideAnonymity(affair_id="meals", allowed=True, at=NOW)

    given(AffairDefined(matter=matter())).when(allow).when(allow).then(
        AnonymityDecided(matter=matter(anonymous_allowed=True))
    )


def test_what_is_not_defined_cannot_be_renamed() -> None:
    rename = RenameAffair(affair_id="meals", name=Text(en="Lunch"), keywords=(), at=NOW)

    given().when(rename).then_refused("AFFAIR_UNKNOWN", Kind.NOT_FOUND, affair_id="meals")


def test_an_affair_is_retired_once_and_for_good() -> None:
    retire = RetireAffair(affair_id="meals", at=NOW)
    rename = RenameAffair(affair_id="meals", name=Text(en="Lunch"), keywords=(), at=NOW)

    given(AffairDefined(matter=matter())).when(retire).when(retire).then(
        AffairRetired(affair_id="meals", at=NOW)
    )
    given(AffairDefined(matter=matter())).when(retire).when(rename).then_refused("AFFAIR_RETIRED")


def test_an_affair_with_parts_in_use_is_not_retired() -> None:
    retire = RetireAffair(affair_id="meals", part="lunch", at=NOW)

    given(AffairDefined(matter=matter())).when(retire).then_refused("AFFAIR_HAS_PARTS", part="lunch")


MENDED = Choice(code="mended", zh="已修复", en="Mended")


def test_outcomes_that_are_left_out_are_the_usual_ones() -> None:
    made = given().when(define()).events[0]

    assert isinstance(made, AffairDefined)
    assert made.matter.outcomes == OUTCOMES


def test_how_cases_end_is_decided_once() -> None:
    mend = DecideOutcomes(affair_id="meals", outcomes=(MENDED,), at=NOW)

    given(AffairDefined(matter=matter())).when(mend).when(mend).then(
        OutcomesDecided(matter=matter(outcomes=(MENDED,)))
    )


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [((MENDED, MENDED), "CODE_REPEATED"), ((Choice(code="mended"),), "NAME_MISSING")],
)
def test_outcomes_that_nobody_can_tell_apart_are_refused(outcomes: tuple[Choice, ...], code: str) -> None:
    decide = DecideOutcomes(affair_id="meals", outcomes=outcomes, at=NOW)

    given().when(define(outcomes=outcomes)).then_refused(code)
    given(AffairDefined(matter=matter())).when(decide).then_refused(code)
