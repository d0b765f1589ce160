"""A delivery is prepared once, tried for three days, and ends once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from libs.ledger.decider import Kind
from libs.testkit.deciders import deciding
from libs.testkit.ids import some_id
from services.identity.domain.delivery import (
    DELIVERY,
    LETTERS_PAUSE,
    MOST_LISTED,
    ChannelGivenUp,
    DelayDelivery,
    DeliveryDelayed,
    DeliveryDropped,
    DeliveryPrepared,
    DeliveryReplayed,
    DropCause,
    DropDelivery,
    GiveChannelUp,
    NoticesDelivered,
    PrepareDelivery,
    RecordDelivered,
    ReplayDelivery,
    Waiting,
)
from services.identity.domain.preferences import NoticeChannel

AT = datetime(2026, 3, 2, 14, 20, tzinfo=UTC)
MEI = some_id("mei")
EMAIL = NoticeChannel.EMAIL
PREPARE = PrepareDelivery(
    delivery_id="d1", resident_id=MEI, notice_ids=("n1", "n2"), count=2, until=17, at=AT
)
PREPARED = DeliveryPrepared(
    delivery_id="d1", resident_id=MEI, notice_ids=("n1", "n2"), count=2, until=17, prepared_at=AT
)
DELIVERED = NoticesDelivered(delivery_id="d1", resident_id=MEI, channel=EMAIL, delivered_at=AT)
DROPPED = DeliveryDropped(delivery_id="d1", resident_id=MEI, cause=DropCause.TOO_LATE, dropped_at=AT)
DELAY = DelayDelivery(channel=EMAIL, reason="450 4.2.1", at=AT)

given: Any = deciding(DELIVERY)


def test_what_is_prepared_twice_is_prepared_once() -> None:
    given().when(PREPARE).when(PREPARE).then(PREPARED)


def test_of_what_nobody_wants_nothing_is_sent_and_nothing_replayed() -> None:
    nothing = replace(PREPARE, notice_ids=(), count=0)
    dropped = replace(DROPPED, cause=DropCause.UNWANTED)

    given().when(nothing).then(replace(PREPARED, notice_ids=(), count=0), dropped)
    given(PREPARED, dropped).when(ReplayDelivery(delivery_id="d1", at=AT)).then_refused("DELIVERY_NOT_PARKED")


def test_of_many_notices_the_first_are_spelt_out() -> None:
    many = replace(PREPARE, notice_ids=tuple(f"n{each}" for each in range(1000)), count=1000)

    [prepared] = given().when(many).events

    assert len(prepared.notice_ids) == MOST_LISTED
    assert prepared.count == 1000


@pytest.mark.parametrize(("tries", "minutes"), [(0, 1), (1, 4), (2, 16), (3, 64), (4, 240), (40, 240)])
def test_the_pauses_between_tries_grow_to_four_hours(tries: int, minutes: int) -> None:
    delayed = DeliveryDelayed(delivery_id="d1", resident_id=MEI, channel=EMAIL, reason="450", try_at=AT)

    [event] = given(PREPARED, *[delayed] * tries).when(DELAY).events

    assert event.try_at == AT + timedelta(minutes=minutes)


def test_a_channel_that_refuses_for_good_is_not_tried_again() -> None:
    refused = GiveChannelUp(channel=EMAIL, reason="550 5.1.1", at=AT)
    given_up = ChannelGivenUp(
        delivery_id="d1", resident_id=MEI, channel=EMAIL, reason="550 5.1.1", given_up_at=AT
    )

    outcome = given(PREPARED).when(refused)

    outcome.then(given_up)
    assert isinstance(outcome.state, Waiting)
    assert outcome.state.given_up == (EMAIL,)


@pytest.mark.parametrize("end", [DELIVERED, DROPPED])
@pytest.mark.parametrize(
    "late",
    [RecordDelivered(channel=EMAIL, at=AT), DELAY, DropDelivery(cause=DropCause.ERASED, at=AT), PREPARE],
)
def test_what_has_ended_has_ended_once(end: Any, late: Any) -> None:
    given(PREPARED, end).when(late).then_nothing_happens()


def test_what_was_dropped_is_tried_again_when_somebody_says_so_with_every_channel() -> None:
    given_up = ChannelGivenUp(delivery_id="d1", resident_id=MEI, channel=EMAIL, reason="550", given_up_at=AT)
    later = AT + timedelta(days=9)

    outcome = given(PREPARED, given_up, DROPPED).when(ReplayDelivery(delivery_id="d1", at=later))

    outcome.then(DeliveryReplayed(delivery_id="d1", resident_id=MEI, replayed_at=later))
    assert outcome.state == Waiting(prepared=PREPARED, since=later, try_at=later)


@pytest.mark.parametrize(
    "history",
    [
        (),
        (PREPARED,),
        (PREPARED, DELIVERED),
        (PREPARED, replace(DROPPED, cause=DropCause.ERASED)),
    ],
)
def test_nothing_else_is_replayed(history: Any) -> None:
    given(*history).when(ReplayDelivery(delivery_id="d1", at=AT)).then_refused(
        "DELIVERY_NOT_PARKED", Kind.NOT_FOUND
    )


def test_what_waits_for_a_letter_is_looked_at_once_a_day_and_does_not_grow_old() -> None:
    delay = DelayDelivery(channel=NoticeChannel.LETTER, reason="waits", at=AT)
    tomorrow = AT + LETTERS_PAUSE
    delayed = DeliveryDelayed(
        delivery_id="d1", resident_id=MEI, channel=NoticeChannel.LETTER, reason="waits", try_at=tomorrow
    )

    given(PREPARED).when(delay).then(delayed)
    waiting = DELIVERY.evolve(DELIVERY.evolve(DELIVERY.initial, PREPARED), delayed)
    assert waiting == Waiting(prepared=PREPARED, since=tomorrow, try_at=tomorrow)
