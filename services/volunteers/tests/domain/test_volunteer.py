"""A volunteer: what they offer, and that nobody is booked twice at the same time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from libs.ledger.decider import Kind
from libs.testkit.deciders import deciding
from services.volunteers.domain.values import Profile, Shift, Window
from services.volunteers.domain.volunteer import (
    VOLUNTEER,
    BookShift,
    EnrolVolunteer,
    ForgetVolunteer,
    FreeShift,
    LeaveVolunteers,
    ProfileRevised,
    ReviseProfile,
    ShiftBooked,
    ShiftFreed,
    VolunteerEnrolled,
    VolunteerLeft,
)

given = deciding(VOLUNTEER)

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PROFILE = Profile(
    skills=frozenset({"carrying"}),
    windows=(Window(weekday=1, start=540, end=1020),),
    zone="Asia/Shanghai",
    home_path="city/a",
    reach_path="city",
    shifts_per_week=2,
)
ENROLLED = VolunteerEnrolled(volunteer_id="ann", profile=PROFILE, enrolled_at=NOON)
LEFT = VolunteerLeft(volunteer_id="ann", left_at=NOON)


def shift(hour: int) -> Shift:
    return Shift(start=NOON + timedelta(hours=hour), end=NOON + timedelta(hours=hour + 2))


def booked(need_id: str, hour: int) -> ShiftBooked:
    return ShiftBooked(volunteer_id="ann", need_id=need_id, shift=shift(hour))


def enrol(profile: Profile = PROFILE) -> EnrolVolunteer:
    return EnrolVolunteer(volunteer_id="ann", profile=profile, at=NOON)


def test_somebody_enrols_once() -> None:
    given().when(enrol()).then(ENROLLED)
    given(ENROLLED).when(enrol()).then_refused("VOLUNTEER_ENROLLED", Kind.ALREADY_EXISTS)


def test_who_was_erased_has_left_whether_they_had_enrolled_or_not() -> None:
    given(ENROLLED).when(ForgetVolunteer(at=NOON)).then(LEFT)
    given(ENROLLED, LEFT).when(ForgetVolunteer(at=NOON)).then_nothing_happens()
    given().when(ForgetVolunteer(at=NOON)).then_nothing_happens()


def test_somebody_who_left_may_come_back() -> None:
    given(ENROLLED, LEFT).when(enrol()).then(ENROLLED)


def test_leaving_twice_is_leaving_once() -> None:
    given(ENROLLED).when(LeaveVolunteers(at=NOON)).then(LEFT)
    given(ENROLLED, LEFT).when(LeaveVolunteers(at=NOON)).then_nothing_happens()


def test_a_profile_that_says_the_same_changes_nothing() -> None:
    longer = replace(PROFILE, shifts_per_week=3)

    given(ENROLLED).when(ReviseProfile(profile=PROFILE, at=NOON)).then_nothing_happens()
    given(ENROLLED).when(ReviseProfile(profile=longer, at=NOON)).then(
        ProfileRevised(volunteer_id="ann", profile=longer)
    )


@pytest.mark.parametrize(
    ("profile", "field"),
    [
        (replace(PROFILE, zone="Mars/Olympus"), "profile.zone"),
        (replace(PROFILE, zone="localtime"), "profile.zone"),
        (replace(PROFILE, windows=()), "profile.windows"),
        (replace(PROFILE, windows=(Window(weekday=1, start=600, end=600),)), "profile.windows"),
        (replace(PROFILE, windows=(Window(weekday=8, start=0, end=60),)), "profile.windows"),
        (replace(PROFILE, shifts_per_week=0), "profile.shifts_per_week"),
    ],
)
def test_a_profile_that_matches_nothing_is_refused_by_field(profile: Profile, field: str) -> None:
    refusal = given().when(enrol(profile)).then_refused("PROFILE_INVALID", Kind.INVALID)

    assert refusal.field == field


def test_two_shifts_that_touch_can_both_be_booked() -> None:
    given(ENROLLED, booked("n1", 1)).when(BookShift(need_id="n2", shift=shift(3))).then(booked("n2", 3))


def test_two_shifts_that_overlap_cannot() -> None:
    given(ENROLLED, booked("n1", 1)).when(BookShift(need_id="n2", shift=shift(2))).then_refused(
        "BOOKED_ELSEWHERE", need_id="n1"
    )


def test_a_shift_given_back_makes_room() -> None:
    freed = ShiftFreed(volunteer_id="ann", need_id="n1")

    given(ENROLLED, booked("n1", 1)).when(FreeShift(need_id="n1")).then(freed)
    given(ENROLLED, booked("n1", 1), freed).when(BookShift(need_id="n2", shift=shift(2))).then(
        booked("n2", 2)
    )
    given(ENROLLED).when(FreeShift(need_id="n1")).then_nothing_happens()


def test_a_stranger_is_not_found() -> None:
    given().when(BookShift(need_id="n1", shift=shift(1))).then_refused("VOLUNTEER_NOT_FOUND")
