"""Which alarms belong to one incident, told as given, when, then."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given as example
from hypothesis import strategies as st

from libs.testkit.deciders import deciding
from services.cases.domain.incident import (
    INCIDENT,
    REMEMBERED,
    AlarmLinked,
    EndAlarm,
    IncidentEvent,
    IncidentOpened,
    LinkAlarm,
    LinkedAlarmEnded,
    belonging,
)
from services.cases.domain.values import Point
from services.cases.tests.domain.history import STREET, after

given = deciding(INCIDENT)
HERE = Point(latitude=30.0, longitude=104.0)
NEAR = Point(latitude=30.0, longitude=104.001)  # 96 metres
FAR = Point(latitude=30.0, longitude=104.01)


def alarm(sensor_id: str = "s-1", point: Point | None = HERE, **changes: Any) -> LinkAlarm:
    asked = LinkAlarm(
        sensor_id=sensor_id,
        point=point,
        area_path=STREET,
        radius=100,
        window=timedelta(hours=1),
        value=310,
        over=frozenset(),
        case_id="case-1",
        number=1,
        at=after(),
    )
    return replace(asked, **changes)


def linked(sensor_id: str = "s-1", number: int = 1, **changes: Any) -> AlarmLinked:
    told = AlarmLinked(
        case_id="case-1",
        number=number,
        sensor_id=sensor_id,
        point=HERE,
        area_path=STREET,
        value=310,
        at=after(),
    )
    return replace(told, **changes)


OPENED = IncidentOpened(case_id="case-1", follows=None, at=after())
ENDED = LinkedAlarmEnded(case_id="case-1", number=1, sensor_id="s-1", at=after(hours=2))


def joins(asked: LinkAlarm, *history: IncidentEvent) -> bool:
    return belonging(asked, INCIDENT.fold([OPENED, linked(), *history])) is not None


def test_the_first_alarm_opens_an_incident_and_the_next_one_near_it_joins() -> None:
    given().when(alarm()).then(OPENED, linked())
    given(OPENED, linked()).when(alarm("s-2", NEAR)).then(linked("s-2", 2, point=NEAR))


def test_who_is_too_far_away_or_too_late_does_not_join() -> None:
    assert not joins(alarm("s-2", FAR))
    assert not joins(alarm("s-2", NEAR, radius=90))
    assert joins(alarm("s-2", NEAR, at=after(hours=3)), ENDED)
    assert not joins(alarm("s-2", NEAR, at=after(hours=3, seconds=1)), ENDED)
    assert joins(alarm("s-2", NEAR, at=after(days=3)))  # the first alarm lasts


def test_without_a_location_the_area_is_compared() -> None:
    nowhere = linked(point=None)

    assert belonging(alarm("s-2", None), INCIDENT.fold([OPENED, nowhere]))
    assert not belonging(alarm("s-2", HERE), INCIDENT.fold([OPENED, nowhere]))


def test_the_same_sensor_joins_as_long_as_its_case_goes_on() -> None:
    assert joins(alarm(at=after(days=30)), ENDED)
    assert not joins(alarm(at=after(days=30), over=frozenset({"case-1"})), ENDED)


def test_after_a_case_is_over_the_next_one_refers_to_it() -> None:
    again = alarm(case_id="case-2", number=2, over=frozenset({"case-1"}), at=after(days=30))

    given(OPENED, linked(), ENDED).when(again).then(
        IncidentOpened(case_id="case-2", follows="case-1", at=after(days=30)),
        linked(case_id="case-2", at=after(days=30)),
    )


def test_what_was_planned_on_older_news_is_refused() -> None:
    given(OPENED, linked()).when(alarm("s-2", NEAR, case_id="case-2", number=2)).then_refused(
        "INCIDENT_CHANGED"
    )
    given(OPENED, linked()).when(alarm("s-2", FAR, number=1)).then_refused("INCIDENT_CHANGED")


def test_an_alarm_ends_once() -> None:
    ending = EndAlarm(sensor_id="s-1", case_id="case-1", at=after(hours=2))

    given(OPENED, linked()).when(ending).then(ENDED)
    given(OPENED, linked(), ENDED).when(ending).then_nothing_happens()
    given().when(ending).then_nothing_happens()


def test_an_incident_is_forgotten_after_a_year() -> None:
    later = after() + REMEMBERED
    another = IncidentOpened(case_id="case-2", follows=None, at=later)

    assert [each.case_id for each in INCIDENT.fold([OPENED, linked(), another]).known] == ["case-2"]


@example(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=40))
def test_whatever_order_alarms_come_in_those_of_one_place_are_one_incident(
    steps: list[tuple[int, bool]],
) -> None:
    history: list[IncidentEvent] = []
    for minute, (sensor, begins) in enumerate(steps):
        at = after(minutes=minute)
        state = INCIDENT.fold(history)
        asked = alarm(f"s-{sensor}", at=at, number=state.opened + 1)
        history += INCIDENT.decide(
            asked if begins else EndAlarm(sensor_id=asked.sensor_id, case_id="case-1", at=at), state
        )

    state = INCIDENT.fold(history)
    begun = sum(begins for _, begins in steps)
    assert state.opened == (begun > 0)
    assert sum(incident.alarms for incident in state.known) == begun
