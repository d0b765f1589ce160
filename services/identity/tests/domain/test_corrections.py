"""Corrections of a person's data: what is wrong is put right, with a reason, and nothing is overwritten."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from libs.ledger.decider import Kind
from libs.ledger.personal import Personal
from libs.testkit.deciders import deciding
from services.identity.domain.resident import (
    MOST_BY_THEMSELF,
    MOST_CORRECTIONS,
    RESIDENT,
    CorrectResident,
    Registered,
    ResidentCorrected,
)
from services.identity.tests.domain.test_parties import AT, ERASED, MEI, register, registered

given = deciding(RESIDENT)


def said(text: str) -> Personal:
    return Personal(MEI, text)


def correct(*, by_themself: bool = False, reason: bool = True, **said_of_them: Personal) -> CorrectResident:
    return CorrectResident(resident_id=MEI, by_themself=by_themself, reason=reason, at=AT, **said_of_them)


def corrected(*, by_themself: bool = False, **new: Personal) -> ResidentCorrected:
    nothing: dict[str, Personal | None] = dict.fromkeys(("name", "phone", "address", "birth_date"))
    return ResidentCorrected(resident_id=MEI, **{**nothing, **new}, by_themself=by_themself, corrected_at=AT)


def test_what_is_said_is_corrected_and_the_rest_stays() -> None:
    outcome = given(registered()).when(correct(name=said("梅岚"), birth_date=said("1949-12-31")))

    outcome.then(corrected(name=said("梅岚"), birth_date=said("1949-12-31")))
    assert isinstance(outcome.state, Registered)
    assert (outcome.state.name.value, outcome.state.birth_date.value) == ("梅岚", "1949-12-31")
    assert outcome.state.phone == registered().phone


def test_what_is_so_already_is_no_correction() -> None:
    given(registered()).when(correct(name=said("梅兰"), birth_date=said(""))).then_nothing_happens()


def test_what_is_known_no_more_is_empty() -> None:
    outcome = given(registered()).when(correct(phone=said("")))

    outcome.then(corrected(phone=said("")))


def test_others_need_a_reason_and_the_person_none() -> None:
    given(registered()).when(correct(name=said("梅岚"), reason=False)).then_refused(
        "CORRECTION_REASON_MISSING", Kind.INVALID
    )
    given(registered()).when(correct(name=said("梅岚"), by_themself=True, reason=False)).then(
        corrected(name=said("梅岚"), by_themself=True)
    )


def test_nobody_corrects_whom_nobody_knows() -> None:
    given().when(correct(name=said("梅岚"))).then_refused("PARTY_UNKNOWN", Kind.NOT_FOUND)
    given(registered(), ERASED).when(correct(name=said("梅岚"))).then_refused("PARTY_UNKNOWN")


def test_corrections_have_an_end() -> None:
    many = [corrected(name=said(f"name {n}")) for n in range(MOST_CORRECTIONS)]

    given(registered(), *many).when(correct(name=said("梅岚"))).then_refused("CORRECTIONS_TOO_MANY")


def test_who_corrects_themself_without_end_leaves_room_for_staff() -> None:
    many = [corrected(name=said(f"name {n}"), by_themself=True) for n in range(MOST_BY_THEMSELF)]
    once_more = correct(name=said("梅岚"), by_themself=True, reason=False)

    given(registered(), *many).when(once_more).then_refused("CORRECTIONS_TOO_MANY")
    given(registered(), *many).when(correct(name=said("梅岚"))).then(corrected(name=said("梅岚")))


@pytest.mark.parametrize(
    "day", ["2021-01-01", "1860-01-01", "1999-02-30", "1999-W01-1", "1.1.1999", "1999-1-1"]
)
def test_nobody_is_born_on_such_a_day(day: str) -> None:
    given(registered()).when(correct(birth_date=said(day))).then_refused("BIRTH_DATE_UNFIT", Kind.INVALID)
    given().when(replace(register(), birth_date=said(day))).then_refused("BIRTH_DATE_UNFIT")


def test_the_day_of_birth_is_known_from_the_registration_on() -> None:
    born = replace(register(), birth_date=said("2000-02-29"))

    given().when(born).then(replace(registered(), birth_date=said("2000-02-29")))
    assert datetime(2000, 2, 29, tzinfo=UTC) < AT
