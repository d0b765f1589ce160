"""Notices go out several at a time; a channel that is slow or away holds up no other."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event, Thread

import pytest

from libs.testkit import patience
from libs.testkit.eventually import eventually
from services.identity.application.lanes import PLACES, Lanes, Round
from services.identity.domain.preferences import NoticeChannel

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
EMAIL, SMS = NoticeChannel.EMAIL, NoticeChannel.SMS


@pytest.fixture
def go_on() -> Iterator[Event]:
    """What the mail server waits for."""
    event = Event()
    yield event
    event.set()


@pytest.fixture
def lanes(go_on: Event) -> Iterator[Lanes]:
    lanes = Lanes()
    yield lanes
    go_on.set()
    lanes.close()


def test_a_mail_server_that_hangs_holds_up_no_text_message(lanes: Lanes, go_on: Event) -> None:
    round_, told = Round(), Event()
    for number in range(PLACES):
        assert lanes.begin(EMAIL, f"mei-{number}", go_on.wait, round_) is None

    assert lanes.begin(EMAIL, "hua", go_on.wait, round_)
    assert lanes.begin(SMS, "wei", told.set, round_) is None

    eventually(told.is_set, "the text message is out")
    assert not lanes.waits("wei", Round())


def test_a_person_has_one_message_on_its_way_whatever_the_channel(lanes: Lanes, go_on: Event) -> None:
    lanes.begin(EMAIL, "mei", go_on.wait, Round())

    assert lanes.waits("mei", Round())

    go_on.set()
    eventually(lambda: not lanes.waits("mei", Round()), "the mail is out")


def test_what_comes_later_for_a_person_does_not_overtake_what_found_no_place(
    lanes: Lanes, go_on: Event
) -> None:
    round_ = Round()
    for number in range(PLACES):
        lanes.begin(EMAIL, f"mei-{number}", go_on.wait, round_)
    lanes.begin(EMAIL, "hua", go_on.wait, round_)

    assert lanes.waits("hua", round_)
    assert not lanes.waits("hua", Round())


def test_what_went_wrong_in_a_lane_is_said(lanes: Lanes) -> None:
    def fails() -> None:
        raise ConnectionError("the database is gone")

    round_ = Round()
    lanes.begin(SMS, "mei", fails, round_)

    with pytest.raises(ConnectionError, match="the database is gone"):
        lanes.settle(round_)
    lanes.settle(round_)


def test_what_went_wrong_in_several_lanes_is_said_at_once_by_the_first_of_them(lanes: Lanes) -> None:
    def fails(why: str) -> None:
        raise ConnectionError(why)

    for why in ("first", "second", "third"):
        lanes.begin(SMS, why, partial(fails, why), Round())
        lanes.drain()

    with pytest.raises(ConnectionError, match="first"):
        lanes.settle(Round())
    lanes.settle(Round())


def test_draining_lasts_until_what_is_on_its_way_has_ended(lanes: Lanes, go_on: Event) -> None:
    order: list[str] = []

    def carry() -> None:
        go_on.wait()
        order.append("carried")

    def drain() -> None:
        lanes.drain()
        order.append("drained")

    lanes.begin(EMAIL, "mei", carry, Round())
    draining = Thread(target=drain)
    draining.start()

    go_on.set()

    draining.join(patience.seconds(30))
    assert order == ["carried", "drained"]


def test_a_channel_that_is_away_for_hours_is_tried_every_five_minutes(lanes: Lanes) -> None:
    for _ in range(100):
        lanes.away.mark(EMAIL, NOON, NOON)

    assert lanes.opens(EMAIL, NOON) == NOON + timedelta(minutes=5)
    assert lanes.opens(SMS, NOON) is None


def test_messages_that_were_on_their_way_together_find_the_channel_away_once(lanes: Lanes) -> None:
    later = NOON + timedelta(seconds=20)
    lanes.away.mark(EMAIL, NOON, later)
    once = lanes.opens(EMAIL, later)

    for _ in range(PLACES):
        lanes.away.mark(EMAIL, NOON, later)

    assert lanes.opens(EMAIL, later) == once


def test_a_channel_that_was_away_is_tried_with_one_message_until_it_takes_one(
    lanes: Lanes, go_on: Event
) -> None:
    lanes.away.mark(EMAIL, NOON, NOON)
    later = NOON + timedelta(minutes=1)
    assert lanes.opens(EMAIL, later) is None

    lanes.begin(EMAIL, "mei", go_on.wait, Round())
    assert lanes.opens(EMAIL, later) is not None
    lanes.away.back(EMAIL)

    assert lanes.opens(EMAIL, later) is None
