"""The matching covers as much as brute force does, keeps every rule, and says why."""

import signal
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.rules.areas import AreaPath
from libs.testkit.examples import examples
from services.volunteers.adapters.matching import CpSatMatching
from services.volunteers.domain.matching import Call, Candidate, reason_against, room_in_week, week_of
from services.volunteers.domain.values import Match, MatchReason, Profile, Shift, Window

MONDAY = datetime(2020, 1, 6, 0, 0, tzinfo=UTC)
ALL_DAY = tuple(Window(weekday=day, start=0, end=1440) for day in range(1, 8))


def profile(skills: frozenset[str] = frozenset(), shifts_per_week: int = 3) -> Profile:
    return Profile(
        skills=skills, windows=ALL_DAY, zone="UTC", home_path="city/a", reach_path="city",
        shifts_per_week=shifts_per_week,
    )  # fmt: skip


def person(name: str, *, skills: frozenset[str] = frozenset(), load: int = 3, asked: int = 0) -> Candidate:
    return Candidate(volunteer_id=name, profile=profile(skills, load), bookings={}, asked=asked)


def call(
    name: str, hour: int, *, places: int = 1, priority: int = 1, skills: frozenset[str] = frozenset()
) -> Call:
    start = MONDAY + timedelta(hours=hour)
    return Call(
        need_id=name, area_path=AreaPath("city/a"), shift=Shift(start=start, end=start + timedelta(hours=2)),
        skills=skills, priority=priority, places=places, asked=frozenset(),
    )  # fmt: skip


def chosen(matches: Sequence[Match]) -> set[tuple[str, str]]:
    return {(match.need_id, match.volunteer_id) for match in matches if match.reason is MatchReason.CHOSEN}


def test_a_person_serves_two_shifts_that_do_not_overlap() -> None:
    answer = CpSatMatching().assign([person("ann")], [call("early", 8), call("late", 10)])

    assert chosen(answer.matches) == {("early", "ann"), ("late", "ann")}
    assert (answer.covered, answer.bound, answer.wanted, answer.filled) == (2, 2, 2, 2)


def test_of_two_overlapping_shifts_the_more_urgent_is_covered() -> None:
    answer = CpSatMatching().assign(
        [person("ann")], [call("mild", 8, priority=2), call("urgent", 9, priority=9)]
    )

    assert chosen(answer.matches) == {("urgent", "ann")}
    assert Match(need_id="mild", volunteer_id="ann", reason=MatchReason.OTHERS_BETTER) in answer.matches


def test_those_who_were_asked_least_are_asked_first() -> None:
    answer = CpSatMatching().assign([person("ann", asked=5), person("bea", asked=1)], [call("one", 8)])

    assert chosen(answer.matches) == {("one", "bea")}


def test_the_asking_is_spread_over_people_who_can_all_come() -> None:
    answer = CpSatMatching().assign(
        [person("ann"), person("bea"), person("cia")], [call("one", 8), call("two", 12), call("six", 16)]
    )

    assert {volunteer for _, volunteer in chosen(answer.matches)} == {"ann", "bea", "cia"}


def test_a_shift_at_the_end_of_all_calendars_stops_nobody() -> None:
    end = datetime(9999, 12, 31, 20, 0, tzinfo=UTC)
    never = replace(call("never", 8), shift=Shift(start=end, end=end + timedelta(hours=3)))
    ann = person("ann")
    in_shanghai = replace(ann, profile=replace(ann.profile, zone="Asia/Shanghai"))

    answer = CpSatMatching().assign([in_shanghai], [never, call("early", 8)])

    assert ("early", "ann") in chosen(answer.matches)


def test_everybody_left_out_is_told_why() -> None:
    skilled = call("one", 8, skills=frozenset({"nursing"}))
    answer = CpSatMatching().assign([person("ann"), person("bea", load=3)], [skilled])

    assert {match.reason for match in answer.matches} == {MatchReason.SKILL_MISSING}
    assert (answer.covered, answer.bound, answer.filled) == (0, 0, 0)


people = st.lists(
    st.builds(
        lambda skills, load, asked: (skills, load, asked),
        st.frozensets(st.sampled_from(["nursing", "driving"])),
        st.integers(1, 2),
        st.integers(0, 4),
    ),
    min_size=1,
    max_size=3,
)
calls = st.lists(
    st.tuples(
        st.integers(0, 8),
        st.integers(1, 2),
        st.integers(1, 9),
        st.frozensets(st.sampled_from(["nursing", "driving"]), max_size=1),
    ),
    min_size=1,
    max_size=3,
)


@pytest.mark.filterwarnings("ignore")
@examples(30)
@given(people, calls)
def test_small_cases_equal_brute_force(
    somebody: list[tuple[frozenset[str], int, int]],
    something: list[tuple[int, int, int, frozenset[str]]],
) -> None:
    candidates = [
        person(f"p{i}", skills=skills, load=load, asked=asked)
        for i, (skills, load, asked) in enumerate(somebody)
    ]
    wanted = [
        call(f"n{i}", hour, places=places, priority=priority, skills=skills)
        for i, (hour, places, priority, skills) in enumerate(something)
    ]

    answer = CpSatMatching().assign(candidates, wanted)

    picked = [
        (candidate, need)
        for candidate in candidates
        for need in wanted
        if (need.need_id, candidate.volunteer_id) in chosen(answer.matches)
    ]
    assert allowed(picked)
    assert answer.covered == answer.bound == best_by_brute_force(candidates, wanted)


def best_by_brute_force(candidates: Sequence[Candidate], wanted: Sequence[Call]) -> int:
    """Tries every set of pairs."""
    pairs = [
        (candidate, need)
        for candidate in candidates
        for need in wanted
        if reason_against(candidate, need) is None
    ]
    best = 0
    for size in range(len(pairs) + 1):
        for subset in combinations(pairs, size):
            if allowed(subset):
                best = max(best, sum(need.priority for _, need in subset))
    return best


def allowed(pairs: Sequence[tuple[Candidate, Call]]) -> bool:
    """Places, overlaps and weekly loads, counted one by one."""
    for _, need in pairs:
        if sum(other.need_id == need.need_id for _, other in pairs) > need.places:
            return False
    for who, need in pairs:
        mine = [other for somebody, other in pairs if somebody.volunteer_id == who.volunteer_id]
        if any(other is not need and other.shift.overlaps(need.shift) for other in mine):
            return False
        week = week_of(who.profile, need.shift)
        same_week = [other for other in mine if week_of(who.profile, other.shift) == week]
        if len(same_week) > room_in_week(who, need.shift):
            return False
    return True


def test_after_a_matching_an_interrupt_still_reaches_its_handler() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: heard.append(number))
    try:
        CpSatMatching().assign([person("ann")], [call("early", 8)])
        signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)

    assert heard == [signal.SIGINT]
