"""A household lives in one dwelling, a person in one household; with the last who is known it is erased."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from libs.ledger.personal import Personal
from libs.rules.areas import AreaPath
from libs.testkit.deciders import deciding
from libs.testkit.ids import some_id
from services.identity.domain.household import (
    HOUSEHOLD,
    AddMember,
    ForgetMember,
    Formed,
    FormHousehold,
    Home,
    HouseholdErased,
    HouseholdFormed,
    HouseholdMoved,
    MemberErased,
    MemberJoined,
    MemberLeft,
    MoveHousehold,
    RemoveMember,
)
from services.identity.domain.residency import RESIDENCY, ChangeHome, HomeLeft, HomeTaken

AT = datetime(2024, 5, 1, 9, tzinfo=UTC)
LATER = AT + timedelta(days=90)
MEI, BO, ID, OTHER = some_id("mei"), some_id("bo"), some_id("household"), some_id("other")
HOME = Home(dwelling_id="d-1", building_id="b-1", area_path=AreaPath("la/cell-1"))
AWAY = Home(dwelling_id="d-2", building_id="b-2", area_path=AreaPath("la/cell-2"))
FORMED = HouseholdFormed(household_id=ID, home=HOME, since=AT)
MOVED = HouseholdMoved(household_id=ID, home=AWAY, since=LATER, left_since=AT)
given = deciding(HOUSEHOLD)
given_residency = deciding(RESIDENCY)


def joined(who: str, at: datetime = AT) -> MemberJoined:
    return MemberJoined(household_id=ID, resident_id=who, relation=Personal(who, "partner"), since=at)


def left(who: str, at: datetime = LATER) -> MemberLeft:
    return MemberLeft(household_id=ID, resident_id=who, since=AT, until=at)


def erased(who: str) -> MemberErased:
    return MemberErased(household_id=ID, resident_id=who, erased_at=LATER)


def adding(who: str, at: datetime = AT) -> AddMember:
    return AddMember(resident_id=who, relation=Personal(who, "partner"), at=at)


@pytest.mark.capability("004.9")
def test_it_is_formed_and_joined_once() -> None:
    given().when(FormHousehold(household_id=ID, home=HOME, at=AT)).then(FORMED)
    given(FORMED).when(adding(MEI)).then(joined(MEI))
    given(FORMED, joined(MEI)).when(adding(MEI)).then()


def test_nobody_joins_before_it_was_formed() -> None:
    given(FORMED).when(adding(MEI, AT - timedelta(days=1))).then_refused("MOVE_TOO_EARLY")


def test_it_moves_with_all_its_members_and_never_before_its_last_move() -> None:
    move = MoveHousehold(home=AWAY, at=LATER)

    given(FORMED, joined(MEI)).when(move).then(MOVED)
    given(FORMED, joined(MEI), MOVED).when(move).then()
    given(FORMED, joined(MEI), MOVED).when(replace(move, home=HOME)).then_refused("MOVE_TOO_EARLY")


def test_an_empty_household_does_not_move() -> None:
    gone = [FORMED, joined(MEI), left(MEI)]

    given(*gone).when(MoveHousehold(home=AWAY, at=LATER)).then_refused("HOUSEHOLD_EMPTY")


def test_who_left_may_come_back() -> None:
    given(FORMED, joined(MEI), left(MEI)).when(adding(MEI, LATER)).then(joined(MEI, LATER))


@pytest.mark.capability("004.9")
def test_where_it_lived_and_who_was_in_it_can_be_asked_for_any_moment() -> None:
    state = HOUSEHOLD.fold([FORMED, joined(MEI), joined(BO), left(BO), MOVED])
    assert isinstance(state, Formed)

    assert (state.home_at(AT - timedelta(days=1)), state.home_at(AT), state.home_at(LATER)) == (
        *(None, HOME, AWAY),
    )
    assert {each.resident_id for each in state.members_at(AT)} == {MEI, BO}
    assert {each.resident_id for each in state.members_at(LATER)} == {MEI}


@pytest.mark.capability("004.9", "002.5")
def test_it_outlives_an_erased_member_and_goes_with_the_last() -> None:
    both = [FORMED, joined(MEI), joined(BO)]
    forget = ForgetMember(resident_id=MEI, at=LATER)
    last = ForgetMember(resident_id=BO, at=LATER)
    gone = HouseholdErased(household_id=ID, erased_at=LATER)

    given(*both).when(forget).then(left(MEI), erased(MEI))
    given(*both, left(MEI), erased(MEI)).when(forget).then()
    given(*both, left(MEI), erased(MEI)).when(last).then(left(BO), erased(BO), gone)


def test_a_former_member_who_is_known_keeps_it() -> None:
    apart = [FORMED, joined(MEI), joined(BO), left(BO)]

    given(*apart).when(ForgetMember(resident_id=MEI, at=LATER)).then(left(MEI), erased(MEI))


def test_an_erased_household_takes_nobody() -> None:
    gone = [FORMED, joined(MEI), left(MEI), erased(MEI), HouseholdErased(household_id=ID, erased_at=LATER)]

    given(*gone).when(adding(BO)).then_refused("HOUSEHOLD_UNKNOWN")
    given(*gone).when(RemoveMember(resident_id=MEI, at=LATER)).then_refused("HOUSEHOLD_UNKNOWN")


# where a person lives

TAKEN = HomeTaken(resident_id=MEI, household_id=ID, since=AT)
MOVE = ChangeHome(resident_id=MEI, leaving=ID, household_id=OTHER, at=LATER)


@pytest.mark.capability("004.9")
def test_a_person_moves_from_one_household_to_another_in_one_act() -> None:
    given_residency(TAKEN).when(MOVE).then(HomeTaken(resident_id=MEI, household_id=OTHER, since=LATER))
    given_residency(TAKEN).when(replace(MOVE, household_id="")).then(
        HomeLeft(resident_id=MEI, household_id=ID, until=LATER)
    )


def test_who_was_moved_meanwhile_is_looked_for_again() -> None:
    given_residency(TAKEN).when(replace(MOVE, leaving="")).then_refused("HOME_CHANGED")


def test_no_move_is_told_before_the_last_one() -> None:
    given_residency(TAKEN).when(replace(MOVE, at=AT)).then_refused("MOVE_TOO_EARLY")
