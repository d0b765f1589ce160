"""Clocks: due moments become commands, in order, once each, also late and also with two runners."""

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from libs.ledger.recorded import Context
from libs.ledger.revision import Revision
from libs.messaging.clocks import TOGETHER, Clock, ClockRunner, Moment, rest
from libs.messaging.tests.town import Town
from libs.runtime.tests.example import counter
from libs.testkit import patience
from libs.testkit.clocks import HandClock, moment
from libs.testkit.eventually import eventually
from libs.testkit.views import read_when_there

NINE = moment("2030-01-01 09:00")


class Fixed:
    """A schedule that stands beside the view of alarms and always shows the same."""

    name = "alarms"

    def __init__(self, *moments: Moment[Any]) -> None:
        self._moments = moments

    def due(self, cursor: object, now: datetime, limit: int) -> Sequence[Moment[Any]]:
        return self._moments


def _runner(town: Town, clock: HandClock) -> ClockRunner:
    service = town.counter
    return ClockRunner(
        "counter", service.views, service.streams, service.service.clocks, now=clock, every=0.01
    )


def _set_alarm(town: Town, who: str, minutes: int) -> None:
    command = counter.SetAlarm(at=NINE + timedelta(minutes=minutes))
    town.counter.streams["counter"].handle(who, command, Context(actor="alice"))


def _folded(town: Town) -> None:
    """Wait until the schedule holds all that was recorded."""
    head = str(Revision(town.counter.ledger.head(), 0))
    with read_when_there(town.counter.views, "alarms", head):
        pass


def _rang(town: Town) -> list[str]:
    return [event.stream for event in town.counter.ledger.read() if isinstance(event.event, counter.Rang)]


def test_what_is_due_fires_in_order_and_what_is_not_waits(town: Town) -> None:
    town.counter.projector.start()
    clock = HandClock(NINE)
    for who, minutes in (("c", 30), ("a", 10), ("b", 20), ("d", 90)):
        _set_alarm(town, who, minutes)
    _folded(town)
    clock.advance(hours=1)

    fired = _runner(town, clock).fire()

    assert fired == 3
    assert _rang(town) == ["counter-a", "counter-b", "counter-c"]
    town.counter.projector.close()


def test_a_moment_fires_once_though_the_schedule_still_shows_it(town: Town) -> None:
    due = moment("2030-01-01 09:00")
    schedule = Clock(
        "alarms",
        Fixed(Moment(due, counter.COUNTER, "a", counter.Ring(due_at=due))),
    )
    _set_alarm(town, "a", 0)
    one, other = (
        ClockRunner("counter", town.counter.views, town.counter.streams, [schedule], now=HandClock(NINE))
        for _ in range(2)
    )

    fired = [one.fire(), one.fire(), other.fire()]

    assert fired == [1, 0, 1]
    assert _rang(town) == ["counter-a"]


def test_many_moments_are_not_written_together_and_others_get_a_turn(town: Town) -> None:
    number = 2 * TOGETHER + 20
    moments = [Moment(NINE, counter.COUNTER, f"c{each}", counter.Count(by=1)) for each in range(number)]
    written: list[int] = []
    town.counter.ledger.observe(lambda committed: written.append(committed.events))
    runner = ClockRunner(
        "counter", town.counter.views, town.counter.streams, [Clock("many", Fixed(*moments))],
        now=HandClock(NINE),
    )  # fmt: skip

    fired = runner.fire()

    assert fired == number
    assert written == [TOGETHER, TOGETHER, 20]
    assert runner.fire() == 0


def test_clocks_rest_as_long_as_they_worked_and_less_the_later_they_are() -> None:
    assert [rest(0.04, late) for late in (-1, 0, 5, 10, 3600)] == [0.04, 0.04, 0.02, 0, 0]


def test_the_event_happened_when_it_was_due_not_when_it_was_late(town: Town) -> None:
    town.counter.projector.start()
    clock = HandClock(NINE)
    _set_alarm(town, "a", 5)
    _folded(town)
    clock.advance(hours=3)

    _runner(town, clock).fire()

    rang = town.counter.ledger.read()[-1]
    assert rang.metadata.occurred_at == NINE + timedelta(minutes=5)
    assert rang.metadata.actor == "clock:counter"
    town.counter.projector.close()


def test_a_moment_that_fails_does_not_hold_up_the_others(town: Town) -> None:
    schedule = Clock(
        "mixed",
        Fixed(
            Moment(NINE, counter.COUNTER, "a", counter.Count(by=0)),
            Moment(NINE, counter.COUNTER, "b", counter.Count(by=1)),
        ),
    )
    runner = ClockRunner("counter", town.counter.views, town.counter.streams, [schedule], now=HandClock(NINE))

    runner.fire()
    runner.fire()

    assert [event.stream for event in town.counter.ledger.read()] == ["counter-b"]


def test_nothing_is_fired_while_the_clock_is_wrong(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.counter.projector.start()
    clock = HandClock(NINE + timedelta(days=10))
    _set_alarm(town, "a", 0)
    _folded(town)
    runner = _runner(town, clock)
    monkeypatch.setattr(town.counter.ledger, "clock_trouble", lambda: "10 days ahead")

    paused = runner.fire()
    monkeypatch.undo()

    assert (paused, _rang(town)) == (0, [])
    assert runner.fire() == 1
    town.counter.projector.close()


def test_two_running_clocks_ring_each_alarm_once(town: Town) -> None:
    town.counter.projector.start()
    clock = HandClock(NINE + timedelta(hours=1))
    stop = threading.Event()
    threads = [threading.Thread(target=_runner(town, clock).run, args=(stop,)) for _ in range(2)]
    for thread in threads:
        thread.start()

    for minutes in range(20):
        _set_alarm(town, f"c{minutes}", minutes)
    eventually(lambda: len(set(_rang(town))) == 20, "all alarms rang")

    stop.set()
    for thread in threads:
        thread.join(timeout=patience.seconds(10))
    assert sorted(_rang(town)) == sorted(f"counter-c{minutes}" for minutes in range(20))
    town.counter.projector.close()
