"""The picture of the neighbours: which commitment, which version of an item, which area."""

from datetime import UTC, datetime, timedelta

import pytest

from libs.ledger.decider import Refusal
from libs.rules.areas import AreaPath
from libs.rules.due import Limit, Unit
from libs.rules.routing import Question
from libs.rules.terms import standard
from services.cases.application.reference import Reference
from services.cases.domain.noted import (
    AffairNoted,
    AffairRetirementNoted,
    AreaEndNoted,
    AreaNoted,
    BoundaryNoted,
    CalendarNoted,
    CommitmentNoted,
    NotedFact,
    ResponsibilityEndNoted,
    ResponsibilityNoted,
)
from services.cases.domain.values import Point

LONG_AGO = datetime(2015, 1, 1, tzinfo=UTC)
SPRING = datetime(2020, 3, 1, tzinfo=UTC)
SUMMER = datetime(2020, 6, 1, tzinfo=UTC)
AUTUMN = datetime(2020, 9, 1, tzinfo=UTC)
SQUARE = '{"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]}'

CITY: list[NotedFact] = [
    AreaNoted(area_id="city", area_path=AreaPath("city"), rank=1),
    AreaNoted(area_id="harbour", area_path=AreaPath("city/harbour"), rank=2),
    BoundaryNoted(area_id="harbour", version=1, boundary=SQUARE, valid_from=SPRING),
    AffairNoted(affair_id="streets", affair_path="streets", anonymous_allowed=False),
    AffairNoted(affair_id="potholes", affair_path="streets/potholes", anonymous_allowed=True),
    CalendarNoted(calendar_id="office", zone="UTC", week=((),) * 7, special=()),
]


def picture(*facts: NotedFact) -> Reference:
    """The city and some more facts, at ten positions apart."""
    noted = [(10 * place, fact) for place, fact in enumerate((*CITY, *facts), start=1)]
    return Reference().after(noted)


def item(version: int, body_id: str, valid_from: datetime) -> ResponsibilityNoted:
    return ResponsibilityNoted(
        item_id="streets:city:1",
        version=version,
        affair_id="streets",
        area_id="city",
        body_id=body_id,
        valid_from=valid_from,
        valid_until=None,
    )


def commitment(version: int, *, affair_id: str = "streets", area_id: str | None = None) -> CommitmentNoted:
    return CommitmentNoted(
        commitment_id=f"{affair_id}:{area_id}",
        version=version,
        affair_id=affair_id,
        area_id=area_id,
        terms=standard(resolution=Limit(amount=version, unit=Unit.CALENDAR_DAYS)),
        calendar_id="office",
        valid_from=LONG_AGO + timedelta(days=version),
    )


def answers(known: Reference, at: datetime) -> str | None:
    question = Question(
        affair_path="streets/potholes", area_path=AreaPath("city/harbour"), at=at, known=known.known
    )
    return known.decide(question).body_id


def refusal(known: Reference, *, affair_id: str = "potholes", area_id: str = "city") -> str:
    with pytest.raises(Refusal) as refused:
        known.facts(affair_id, None, area_id, SUMMER)
    return refused.value.code


def test_where_areas_overlap_the_one_that_has_held_the_ground_longest_keeps_it() -> None:
    def where(*ranks: int) -> str:
        hill = AreaNoted(area_id="hill", area_path=AreaPath("city/hill"), rank=1)
        boundaries = [
            BoundaryNoted(area_id=area_id, version=1, boundary=SQUARE, valid_from=LONG_AGO, rank=rank)
            for area_id, rank in zip(("harbour", "hill"), ranks, strict=True)
        ]
        return picture(hill, *boundaries).locate(Point(latitude=0.5, longitude=0.5), "", SUMMER)

    assert where(7, 8) == "city/harbour"
    assert where(8, 7) == "city/hill"
    assert where(0, 0) == "city/hill"  # as old as the area


def test_a_version_holds_until_the_next_one_begins() -> None:
    known = picture(item(1, "roads", LONG_AGO), item(2, "works", SUMMER))

    assert answers(known, SPRING) == "roads"
    assert answers(known, SUMMER) == "works"


def test_a_version_that_begins_earlier_than_the_one_before_comes_between() -> None:
    known = picture(item(1, "roads", LONG_AGO), item(2, "works", AUTUMN), item(3, "crew", SUMMER))

    assert [answers(known, at) for at in (SPRING, SUMMER, AUTUMN)] == ["roads", "crew", "works"]


def test_of_two_versions_that_begin_together_the_higher_holds() -> None:
    assert answers(picture(item(1, "roads", LONG_AGO), item(2, "works", LONG_AGO)), SPRING) == "works"


def test_an_item_that_has_ended_holds_in_no_version() -> None:
    end = ResponsibilityEndNoted(item_id="streets:city:1", valid_until=SUMMER)
    known = picture(item(1, "roads", LONG_AGO), item(2, "works", AUTUMN), end)

    assert [answers(known, at) for at in (SPRING, SUMMER, AUTUMN)] == ["roads", None, None]


def test_an_earlier_picture_knows_what_was_known_then() -> None:
    noted = [(10, item(1, "roads", LONG_AGO)), (20, item(2, "works", LONG_AGO))]

    assert answers(Reference().after(noted[:1]), SPRING) == "roads"
    assert answers(Reference().after(noted[:1]).after(noted[1:]), SPRING) == "works"


def test_the_most_precise_commitment_counts_affair_before_area() -> None:
    def promised(*commitments: CommitmentNoted) -> str | None:
        found = picture(*commitments).facts("potholes", None, "harbour", SUMMER).commitment
        return found.commitment_id if found else None

    assert promised() is None
    assert promised(commitment(1)) == "streets:None"
    assert promised(commitment(1), commitment(2, area_id="harbour")) == "streets:harbour"
    assert promised(commitment(2, area_id="harbour"), commitment(1, affair_id="potholes")) == "potholes:None"


def test_the_newest_version_of_a_commitment_in_force_counts() -> None:
    found = picture(commitment(1), commitment(3), commitment(2)).facts("potholes", None, "city", SUMMER)

    assert found.commitment is not None
    assert found.commitment.version == 3


def test_a_calendar_keeps_its_versions_each_for_its_time() -> None:
    def calendar(hours: tuple[int, int], valid_from: datetime | None) -> CalendarNoted:
        return CalendarNoted(
            calendar_id="office", zone="UTC", week=((hours,),) * 7, special=(), valid_from=valid_from
        )

    known = picture(calendar((540, 1020), None), calendar((480, 720), SUMMER)).calendars["office"]
    replaced = picture(calendar((540, 1020), SUMMER), calendar((480, 720), None)).calendars["office"]

    assert known.next_working(SPRING) == SPRING + timedelta(hours=9)
    assert known.next_working(SUMMER) == SUMMER + timedelta(hours=8)
    assert known.between(SUMMER - timedelta(days=1), SUMMER + timedelta(days=1)) == timedelta(hours=12)
    assert replaced.next_working(SUMMER) == SUMMER + timedelta(hours=8)


def test_a_place_is_located_by_the_boundaries_of_its_time() -> None:
    inside = Point(latitude=0.5, longitude=0.5)

    assert picture().locate(inside, "city", SUMMER) == "city/harbour"
    assert picture().locate(inside, "city", LONG_AGO) == "city"


@pytest.mark.capability("003.1")
def test_from_its_end_on_no_case_is_opened_in_an_area_and_its_ground_is_its_successors() -> None:
    inside = Point(latitude=0.5, longitude=0.5)
    ended = picture(
        AreaEndNoted(area_id="harbour", valid_until=SUMMER, successor_ids=("docks",)),
        AreaNoted(area_id="docks", area_path=AreaPath("city/docks"), rank=9),
        BoundaryNoted(area_id="docks", version=1, boundary=SQUARE, valid_from=SUMMER),
    )

    assert ended.locate(inside, "city", SUMMER - timedelta(seconds=1)) == "city/harbour"
    assert ended.locate(inside, "city", SUMMER) == "city/docks"
    assert ended.locate(None, "harbour", SPRING) == "city/harbour"
    with pytest.raises(Refusal, match="take one of docks") as refused:
        ended.locate(None, "harbour", SUMMER)
    assert refused.value.code == "AREA_ENDS"


def test_an_end_that_was_moved_holds_where_it_was_moved_to() -> None:
    moved = picture(
        AreaEndNoted(area_id="harbour", valid_until=SUMMER, successor_ids=()),
        AreaEndNoted(area_id="harbour", valid_until=AUTUMN, successor_ids=()),
    )

    assert moved.locate(None, "harbour", SUMMER) == "city/harbour"


def test_affairs_and_areas_that_nobody_knows_are_refused() -> None:
    assert refusal(picture(), affair_id="quarrels") == "AFFAIR_UNKNOWN"
    assert refusal(picture(), area_id="atlantis") == "AREA_UNKNOWN"
    assert refusal(picture(), area_id="") == "PLACE_OUTSIDE_AREAS"
    assert refusal(picture(AffairRetirementNoted(affair_id="potholes"))) == "AFFAIR_RETIRED"


def test_history_of_before_a_retirement_is_taken() -> None:
    """An import tells what was in force then."""
    retired = picture(AffairRetirementNoted(affair_id="potholes", at=SUMMER))

    assert retired.facts("potholes", None, "city", SUMMER - timedelta(seconds=1)).area_path == "city"
    with pytest.raises(Refusal) as refused:
        retired.facts("potholes", None, "city", SUMMER)
    assert refused.value.code == "AFFAIR_RETIRED"
