"""Who is registered."""

from libs.ledger.noted import Note
from libs.testkit.deciders import deciding
from services.cases.domain.noted import RESIDENT, ResidentNoted

given = deciding(RESIDENT)
LIN = ResidentNoted(resident_id="resident-lin")


def test_who_is_registered_is_known_from_then_on() -> None:
    given().when(Note(LIN)).then(LIN)

    assert RESIDENT.fold([LIN]).of(ResidentNoted) == LIN


def test_to_hear_it_again_is_nothing_new() -> None:
    given(LIN).when(Note(LIN)).then_nothing_happens()
