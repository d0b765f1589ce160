"""When readings become an alarm, and when not, told as given, when, then."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from libs.rules.areas import AreaPath
from libs.testkit.deciders import deciding
from services.cases.domain.sensor import SENSOR
from services.cases.domain.sensor.commands import RegisterSensor, RetireSensor, TakeReadings
from services.cases.domain.sensor.decide import CALLS_AN_HOUR
from services.cases.domain.sensor.events import (
    AlarmEnded,
    AlarmRaised,
    ReadingsTaken,
    SensorEvent,
    SensorRegistered,
    SensorRetired,
)
from services.cases.domain.sensor.situations import Registered
from services.cases.domain.sensor.terms import Reading, Run, SensorTerms, Side
from services.cases.tests.domain.history import STREET, after

given = deciding(SENSOR)
TERMS = SensorTerms(
    unit="mm",
    threshold=300.0,
    side=Side.ABOVE,
    hold=timedelta(minutes=10),
    hold_readings=3,
    clear=timedelta(minutes=30),
    radius=100,
    window=timedelta(hours=1),
)
REGISTERED = SensorRegistered(
    sensor_id="manhole-12",
    kind="water-level",
    affair_id="drains",
    area_id="",
    area_path=AreaPath(STREET),
    owner_id="water-works",
    terms=TERMS,
    at=after(),
)


def readings(*values: float, start: float = 0, every: float = 5) -> tuple[Reading, ...]:
    """Values that were measured every so many minutes."""
    return tuple(Reading(at=after(minutes=start + every * n), value=value) for n, value in enumerate(values))


def take(*taken: Reading, at: datetime | None = None, **planned: Any) -> TakeReadings:
    return TakeReadings(
        **{"unit": "mm", "readings": taken, "after": None, "at": at or after(hours=8), **planned}
    )


def heard(*commands: TakeReadings, terms: SensorTerms = TERMS) -> list[SensorEvent]:
    """What readings come to, for a sensor with these terms."""
    history: list[SensorEvent] = [replace(REGISTERED, terms=terms)]
    for command in commands:
        state = SENSOR.fold(history)
        assert isinstance(state, Registered)
        planned = replace(command, after=state.run.last, cases=(("case-1", True),) * 9)
        history += SENSOR.decide(planned, state)
    return history[1:]


def alarms(*commands: TakeReadings, terms: SensorTerms = TERMS) -> list[str]:
    return [
        type(event).__name__
        for event in heard(*commands, terms=terms)
        if isinstance(event, AlarmRaised | AlarmEnded)
    ]


def test_readings_beyond_the_threshold_for_long_enough_are_an_alarm() -> None:
    [raised, taken] = heard(take(*readings(310, 320, 330)))

    assert raised == AlarmRaised(
        number=1, value=330, case_id="case-1", opened=True, raised_at=after(minutes=10), at=after(hours=8)
    )
    assert isinstance(taken, ReadingsTaken)
    assert (taken.taken, taken.left_out) == (3, 0)


@pytest.mark.parametrize(
    "values",
    [(310, 320), (300, 300, 300, 300), (310, 320, 299, 330, 340), ()],
    ids=["too short", "at the threshold", "interrupted", "nothing"],
)
def test_less_than_that_is_none(values: tuple[float, ...]) -> None:
    assert alarms(take(*readings(*values))) == []


def test_enough_readings_in_too_short_a_time_are_none_and_so_are_too_few_in_a_long_time() -> None:
    assert alarms(take(*readings(310, 320, 330, 340, every=1))) == []
    assert alarms(take(*readings(310, 320, every=60))) == []


def test_a_sensor_that_alarms_below_its_threshold_does() -> None:
    below = replace(TERMS, side=Side.BELOW)

    assert alarms(take(*readings(310, 320, 330)), terms=below) == []
    assert alarms(take(*readings(290, 280, 270)), terms=below) == ["AlarmRaised"]


def test_readings_are_remembered_from_one_request_to_the_next() -> None:
    assert alarms(*(take(each) for each in readings(310, 320, 330))) == ["AlarmRaised"]


def test_an_alarm_lasts_until_nothing_was_beyond_for_long_enough() -> None:
    up, down = readings(310, 320, 330), readings(*(290,) * 7, start=15)

    assert alarms(take(*up, *down[:6])) == ["AlarmRaised"]
    assert alarms(take(*up, *down)) == ["AlarmRaised", "AlarmEnded"]


def test_a_flapping_sensor_raises_one_alarm() -> None:
    flapping = readings(310, 320, 330, *(290, 310) * 40, every=5)

    assert alarms(take(*flapping)) == ["AlarmRaised"]


def test_a_stuck_sensor_raises_one_alarm_and_shows_since_when_it_says_the_same() -> None:
    stuck = readings(*(999.0,) * 90)

    assert alarms(take(*stuck)) == ["AlarmRaised"]
    [*_, taken] = heard(take(*stuck))
    assert isinstance(taken, ReadingsTaken)
    assert taken.run.same_since == after()


def test_readings_are_taken_once_in_whatever_order_they_come() -> None:
    first = readings(310, 320, 330)
    mixed = (first[2], first[0], first[1], first[0])

    [raised, taken, *again] = heard(take(*mixed), take(*first))

    assert isinstance(raised, AlarmRaised)
    assert isinstance(taken, ReadingsTaken)
    assert (taken.taken, taken.left_out) == (3, 1)
    assert again == []


def test_a_clock_that_jumped_ahead_silences_nobody() -> None:
    ahead = Reading(at=after(hours=8, minutes=2), value=310)

    given(REGISTERED).when(take(*readings(310), ahead)).then_refused("READING_IN_FUTURE")
    assert alarms(take(*readings(310, 320, 330))) == ["AlarmRaised"]


def test_a_clock_that_jumped_back_repeats_nothing() -> None:
    later, jumped = readings(310, 320, start=60), readings(330, 340, 350)

    assert alarms(take(*later), take(*jumped)) == []


def test_what_was_planned_before_other_readings_came_is_refused() -> None:
    history = [REGISTERED, *heard(take(*readings(310)))]

    given(*history).when(take(*readings(320, start=10))).then_refused("INCIDENT_CHANGED")


def test_old_readings_and_other_units_are_refused() -> None:
    given(REGISTERED).when(take(*readings(310), at=after(days=8))).then_refused("READING_TOO_OLD")
    metres = replace(take(*readings(310)), unit="m")
    given(REGISTERED).when(metres).then_refused("UNIT_DIFFERS")


def test_a_flood_is_refused_until_the_hour_is_over() -> None:
    flood = [
        ReadingsTaken(taken=1, left_out=0, run=Run(last=readings(310)[0]), at=after(minutes=n / 4))
        for n in range(CALLS_AN_HOUR)
    ]
    later = readings(310, start=29)

    given(REGISTERED, *flood).when(take(*later, at=after(minutes=59))).then_refused("SENSOR_QUOTA_USED")
    in_time = take(*later, at=after(minutes=60), after=readings(310)[0])
    [taken] = SENSOR.decide(in_time, SENSOR.fold([REGISTERED, *flood]))
    assert isinstance(taken, ReadingsTaken)


def test_an_alarm_whose_case_was_resolved_has_to_be_earned_again() -> None:
    up, still = readings(310, 320, 330), readings(340, 350, 360, start=15)

    told = alarms(take(*up), take(*still[:2], case_over=True), take(still[2]))

    assert told == ["AlarmRaised", "AlarmEnded", "AlarmRaised"]


def test_a_retired_sensor_says_nothing_and_its_id_is_not_used_again() -> None:
    history = [REGISTERED, *heard(take(*readings(310, 320, 330)))]
    retired = SENSOR.decide(RetireSensor(at=after(hours=9)), SENSOR.fold(history))

    assert [type(each) for each in retired] == [AlarmEnded, SensorRetired]
    given(*history, *retired).when(take(*readings(310, start=60))).then_refused("SENSOR_RETIRED")
    given(*history, *retired).when(RetireSensor(at=after(hours=10))).then_nothing_happens()
    again = RegisterSensor(
        sensor_id="manhole-12",
        kind="water-level",
        affair_id="drains",
        area_id="",
        area_path=AreaPath(STREET),
        owner_id="others",
        terms=TERMS,
        at=after(hours=10),
    )
    given(*history, *retired).when(again).then_refused("SENSOR_TAKEN")
    given().when(take(*readings(310))).then_refused("SENSOR_NOT_FOUND")
