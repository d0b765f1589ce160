"""Which events are kept for webhooks, for how long, and which stay because a webhook has parked them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from libs.ledger.recorded import Recorded
from libs.testkit.recorded import recorded
from libs.testkit.views import MemoryRows, folded
from services.identity.adapters.views.heard_events import KEPT, HeardEventsView
from services.identity.domain.dispatch import MessageParked, MessagesReplayed, Parked, ReplayTaken
from services.identity.domain.webhook import CaseEventHeard, RemovalCause, WebhookRemoved

SPRING = datetime(2026, 3, 2, 14, 20, tzinfo=UTC)
DAY = timedelta(days=1)


def heard(number: int = 1) -> CaseEventHeard:
    return CaseEventHeard(
        event_id=f"event-{number}",
        kind="linli.cases.v1.CaseClosed",
        case_id="c1",
        area_id="la",
        body_ids=(),
        revision="r7.2",
        system="",
        number="",
        happened_at=SPRING,
        recorded_at=SPRING,
    )


def parked(place: int, webhook_id: str = "w1", message_id: str = "m1") -> MessageParked:
    message = Parked(
        message_id=message_id,
        place=place,
        kind="linli.cases.v1.CaseClosed",
        case_id="c1",
        reason="422",
        parked_at=SPRING,
    )
    return MessageParked(webhook_id=webhook_id, parked=message)


def replayed(webhook_id: str = "w1", message_id: str = "m1") -> ReplayTaken:
    return ReplayTaken(webhook_id=webhook_id, message_id=message_id, taken_at=SPRING)


def removed(webhook_id: str) -> WebhookRemoved:
    cause = RemovalCause.ASKED
    return WebhookRemoved(webhook_id=webhook_id, client_id="c-1", cause=cause, removed_at=SPRING)


def days(*happened: tuple[int, Any]) -> list[Recorded[Any]]:
    """Events, each recorded on its day, at the places 1, 2, 3 and so on."""
    events = recorded("webhooks-all", *(event for _, event in happened), position=1)
    at = [SPRING + day * DAY for day, _ in happened]
    return [replace(each, recorded_at=when) for each, when in zip(events, at, strict=True)]


def kept(rows: MemoryRows) -> list[int]:
    return [row["place"] for row in rows.all("heard")]


def after(*happened: tuple[int, Any]) -> MemoryRows:
    return folded(HeardEventsView(), days(*happened))


def gone(rows: MemoryRows) -> int:
    [ends] = rows.all("ends")
    return int(ends["gone"])


def test_what_is_not_older_than_ninety_days_is_kept() -> None:
    rows = after((0, heard(1)), (89, heard(2)), (90, heard(3)))

    assert KEPT == 90 * DAY
    assert (kept(rows), gone(rows)) == ([1, 2, 3], 0)


def test_what_is_older_goes_when_something_is_heard() -> None:
    rows = after((0, heard(1)), (1, heard(2)), (50, heard(3)), (92, heard(4)))

    assert (kept(rows), gone(rows)) == ([3, 4], 2)


def test_after_a_long_silence_the_newest_is_kept() -> None:
    rows = after((0, heard(1)), (400, heard(2)), (900, heard(3)))

    assert (kept(rows), gone(rows)) == ([3], 2)


def test_a_busy_day_is_forgotten_little_by_little() -> None:
    busy = [(0, heard(number)) for number in range(35)]

    counts = [len(kept(after(*busy, *[(100, heard())] * quiet))) for quiet in (1, 2, 3, 4, 5)]

    assert counts == [26, 17, 8, 4, 5]


def test_what_a_webhook_has_parked_stays_until_it_is_taken() -> None:
    old = [(0, heard(1)), (0, heard(2)), (1, parked(1)), (92, heard(3))]

    asked = MessagesReplayed(webhook_id="w1", message_ids=("m1",), replayed_at=SPRING)

    assert kept(after(*old)) == kept(after(*old, (93, asked))) == [1, 4]
    rows = after(*old, (93, replayed()))
    assert kept(rows) == [4]
    assert rows.all("parked") == []


def test_what_two_webhooks_have_parked_stays_for_the_second() -> None:
    old = [(0, heard(1)), (1, parked(1)), (1, parked(1, "w2", "m2")), (92, heard(2))]

    assert kept(after(*old, (93, replayed()))) == [1, 4]
    assert kept(after(*old, (93, replayed()), (94, removed("w2")))) == [4]


def test_what_is_parked_once_more_counts_once() -> None:
    rows = after((0, heard(1)), (1, parked(1)), (2, parked(1)), (92, heard(2)), (93, replayed()))

    assert kept(rows) == [4]


def test_what_was_taken_in_time_goes_like_all_others() -> None:
    rows = after((0, heard(1)), (1, parked(1)), (2, replayed()), (3, replayed()), (92, heard(2)))

    assert kept(rows) == [5]


def test_what_is_parked_after_it_has_gone_is_not_kept() -> None:
    rows = after((0, heard(1)), (92, heard(2)), (93, parked(1)))

    assert (kept(rows), rows.all("parked")) == ([2], [])
