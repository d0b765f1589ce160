"""Neighbours' facts are noted once."""

from libs.ledger.noted import Note
from libs.rules.areas import AreaPath
from libs.testkit.deciders import deciding
from services.cases.domain.noted import NOTED, AreaNoted, BodyNoted

given = deciding(NOTED)
HARBOUR = AreaNoted(area_id="harbour", area_path=AreaPath("city/harbour"), rank=7)
MOVED = AreaNoted(area_id="harbour", area_path=AreaPath("city/south/harbour"), rank=7)


def test_a_fact_is_noted() -> None:
    given().when(Note(HARBOUR)).then(HARBOUR)


def test_the_same_fact_is_nothing_new() -> None:
    given(HARBOUR).when(Note(HARBOUR)).then_nothing_happens()


def test_a_changed_fact_is_noted_again_even_if_it_changes_back() -> None:
    given(HARBOUR).when(Note(MOVED)).when(Note(MOVED)).then(MOVED)
    given(HARBOUR, MOVED).when(Note(HARBOUR)).then(HARBOUR)


def test_facts_of_different_kinds_do_not_stand_in_each_others_way() -> None:
    given(HARBOUR, BodyNoted(body_id="harbour")).when(Note(HARBOUR)).then_nothing_happens()
