"""What the neighbours are told: complete messages, public, and nothing of what was only noted."""

from datetime import date
from typing import Any

from linli.catalog.v1 import catalog_events_pb2 as pb
from linli.catalog.v1 import catalog_types_pb2 as types
from linli.types.v1.types_pb2 import LocalizedText

from libs.ledger.forgotten import ErasureHeard, SubjectForgotten
from libs.ledger.text import Text
from libs.rpc.terms import choice_shown, terms_of
from libs.rules.areas import AreaPath
from libs.rules.terms import OUTCOMES
from libs.testkit.clocks import moment
from libs.testkit.recorded import recorded
from services.catalog.adapters.ledger import EVENTS
from services.catalog.adapters.publishing import publish
from services.catalog.domain import affair, noted, service
from services.catalog.domain.calendar import CALENDAR, DefineCalendar
from services.catalog.domain.commitment import COMMITMENT
from services.catalog.domain.details import Capacity, Cost, Eligibility, Place, Schedule
from services.catalog.domain.working_time import WorkingDate
from services.catalog.entrypoints.wire.calendar import working_time_of
from services.catalog.entrypoints.wire.service import details_of
from services.catalog.tests.domain.stories import (
    NOW,
    STREET,
    assigned,
    details,
    ended,
    matter,
    office_hours,
    promise,
    published,
    revised,
    terms,
)


def told(event: Any) -> Any:
    published = publish(recorded("stream-1", event)[0])
    assert published is not None
    assert published.public
    return published.message


def one_of_each() -> list[object]:
    define = DefineCalendar(calendar_id="office", name=Text(en="Office"), working_time=office_hours(), at=NOW)
    named = {"service_id": "canteen-1", "body_id": "kitchen"}
    return [
        affair.AffairDefined(matter=matter()),
        affair.AffairRenamed(matter=matter()),
        affair.AnonymityDecided(matter=matter()),
        affair.OutcomesDecided(matter=matter()),
        affair.AffairRetired(affair_id="meals"),
        assigned(),
        revised(2, NOW),
        ended(2, NOW),
        *CALENDAR.decide(define, CALENDAR.initial),
        *COMMITMENT.decide(promise(), COMMITMENT.initial),
        published(),
        service.ServiceChanged(**named, details=details(), area_paths=()),
        service.ServiceSuspended(**named, expected_resume=NOW),
        service.ServiceResumed(**named),
        service.ServiceRetired(**named),
        noted.AreaNoted(
            area_id="elm-street", parent_id="", path=AreaPath("elm-street"), level="street", name=Text()
        ),
        noted.AreaEndNoted(area_id="elm-street", valid_until=NOW),
        noted.BodyNoted(body_id="kitchen", kind="third_party_provider", name=Text()),
    ]


def test_every_event_but_the_noted_ones_is_told() -> None:
    all_events = one_of_each()
    silent = [type(event) for event in all_events if publish(recorded("stream-1", event)[0]) is None]
    spoken = {type(told(event)).__name__ for event in all_events if type(event) not in silent}

    of_all_services: set[object] = {ErasureHeard, SubjectForgotten}  # told alike by all: libs/forgetting
    assert {type(event) for event in all_events} == {*EVENTS.types.values()} - of_all_services
    assert silent == [noted.AreaNoted, noted.AreaEndNoted, noted.BodyNoted]
    assert spoken == {*pb.DESCRIPTOR.message_types_by_name}


def test_a_changed_affair_is_told_as_a_whole() -> None:
    changed = told(affair.AffairRenamed(matter=matter(name=Text(en="Lunch"))))

    assert changed == pb.AffairChanged(
        affair_id="meals",
        parent_id="assistance",
        affair_path="assistance/meals",
        name=LocalizedText(en="Lunch"),
        keywords=["食堂", "canteen"],
        outcomes=map(choice_shown, OUTCOMES),
    )


def test_versions_of_an_item_are_told_alike() -> None:
    summer = moment("2020-07-01 00:00")
    first, second = told(assigned()), told(revised(2, summer, moment("2020-10-01 00:00")))

    assert (first.item_id, first.version, first.body_id) == ("meals:elm-street:1", 1, "kitchen")
    assert not first.HasField("valid_until_time")
    assert (second.item_id, second.version, second.body_id) == ("meals:elm-street:1", 2, "canteen")
    assert second.valid_from_time.ToJsonString() == "2020-07-01T00:00:00Z"
    assert second.valid_until_time.ToJsonString() == "2020-10-01T00:00:00Z"
    assert (second.affair_path, second.area_path) == ("assistance/meals", "qingyuan/elm-street")


def test_the_end_of_an_item_is_told() -> None:
    assert (
        told(ended(2, moment("2020-07-01 00:00"))).valid_until_time.ToJsonString() == "2020-07-01T00:00:00Z"
    )


def test_a_commitment_is_told_with_all_that_a_clock_needs() -> None:
    made = told(COMMITMENT.decide(promise(area=STREET, terms=terms(resolution=None)), COMMITMENT.initial)[0])

    assert made.first_response == types.Limit(amount=4, unit=types.LIMIT_UNIT_WORKING_HOURS)
    assert not made.HasField("resolution")
    assert (made.commitment_id, made.area_path) == ("meals:elm-street", "qingyuan/elm-street")
    assert list(made.evidence_kinds) == [types.EVIDENCE_KIND_SIGNATURE]
    assert terms_of(made) == terms(resolution=None)


def test_working_time_is_told_and_read_alike() -> None:
    saturday = WorkingDate(on=date(2020, 1, 18), hours=office_hours().week[0].hours)
    time = office_hours(holidays=(date(2020, 1, 1),), working_dates=(saturday,))
    define = DefineCalendar(calendar_id="office", name=Text(en="Office"), working_time=time, at=NOW)

    made = told(CALENDAR.decide(define, CALENDAR.initial)[0])

    assert made.working_time.week[0].weekday == types.WEEKDAY_MONDAY
    assert working_time_of(made.working_time) == time


def test_details_are_told_and_read_alike() -> None:
    rich = details(
        description=Text(zh="每日午餐"),
        eligibility=Eligibility(minimum_age=60, groups=("elderly",), terms=Text(en="Residents")),
        schedule=Schedule(zone="Asia/Shanghai", week=office_hours().week, terms=Text(zh="节假日休息")),
        places=(
            Place(name=Text(zh="一号食堂"), address="榆树街1号", latitude=30.6, longitude=104.1),
            Place(),
        ),
        cost=Cost(amount_minor=800, currency="CNY", terms=Text(zh="每餐")),
        languages=("zh", "zh-yue"),
        accessibility=("wheelchair",),
        capacity=Capacity(amount=80, unit="meals per day"),
        url="https://example.org/canteen",
        phone="028-1234",
    )
    for said in (rich, details()):
        event = service.ServicePublished(service_id="c-1", body_id="kitchen", details=said, area_paths=())
        assert details_of(told(event).details) == said


def test_the_envelope_names_the_area_of_an_item() -> None:
    assert [
        (told_of.area_id, told_of.area_path)
        for event in (assigned(), ended(2, NOW), published())
        if (told_of := publish(recorded("stream-1", event)[0]))
    ] == [("elm-street", "qingyuan/elm-street"), ("elm-street", "qingyuan/elm-street"), ("", "")]
