"""Who is registered."""

from libs.testkit.deciders import deciding
from services.cases.domain.resident import RESIDENT, NoteResident, Registered, ResidentNoted

given = deciding(RESIDENT)
LIN = NoteResident(resident_id="resident-lin")


def test_who_is_registered_is_known_from_then_on() -> None:
    outcome = given().when(LIN)

    outcome.then(ResidentNoted(resident_id="resident-lin"))
    outcome.then_state(Registered())


def test_to_hear_it_again_is_nothing_new() -> None:
    given(ResidentNoted(resident_id="resident-lin")).when(LIN).then_nothing_happens()
