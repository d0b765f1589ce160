"""In which areas a case lies by other boundaries, and how far all cases were located again."""

from datetime import timedelta

from libs.rules.areas import AreaPath
from libs.testkit.clocks import START
from services.cases.domain.case_areas import CASE_AREAS, AreaSince, CaseAreas, CaseLocated, LocateCase
from services.cases.domain.locating import LOCATING, CasesLocated, Located, MarkLocated

LAKE = (AreaSince(since=START, area_path=AreaPath("city/lake")),)


def locate(*areas: AreaSince) -> LocateCase:
    return LocateCase(case_id="c1", areas=areas, at=START)


def test_what_is_found_anew_takes_the_place_of_what_was_known() -> None:
    state = CASE_AREAS.fold([CaseLocated(case_id="c1", areas=LAKE, at=START)])

    assert CASE_AREAS.decide(locate(), state) == [CaseLocated(case_id="c1", areas=(), at=START)]


def test_what_is_known_is_not_told_again() -> None:
    assert CASE_AREAS.decide(locate(), CaseAreas()) == []
    assert CASE_AREAS.decide(locate(*LAKE), CaseAreas(areas=LAKE)) == []


def test_progress_only_goes_forward() -> None:
    state = Located(known=7, until=90)

    assert LOCATING.decide(MarkLocated(known=7, until=90, at=START), state) == []
    assert LOCATING.decide(MarkLocated(known=6, until=99, at=START), state) == []
    assert LOCATING.decide(MarkLocated(known=7, until=91, at=START), state) != []


def test_newer_boundaries_begin_anew() -> None:
    state = LOCATING.fold([CasesLocated(known=7, until=90, at=START)])

    assert (state.begun(7), state.begun(8)) == (90, 0)
    assert LOCATING.decide(MarkLocated(known=8, until=3, at=START), state) == [
        CasesLocated(known=8, until=3, at=START)
    ]


def test_cases_opened_since_on_known_ground_can_wait_and_no_others() -> None:
    state = LOCATING.fold([CasesLocated(known=7, until=90, at=START)])
    soon, later = START + timedelta(seconds=9), START + timedelta(seconds=10)
    rest = timedelta(seconds=10)

    assert state.rests(7, 91, soon, rest)
    assert not state.rests(7, 91, later, rest)
    assert not state.rests(7, 6, soon, rest)
    assert not state.rests(8, 91, soon, rest)
    assert not Located().rests(0, 1, START, rest)
