"""What waits to be sent: by the person's choice, in quiet hours, and for whom nobody is any more."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from libs.ledger.personal import sealed
from libs.ledger.recorded import Recorded
from libs.rules.areas import AreaPath
from libs.testkit.ids import some_id
from libs.testkit.recorded import recorded
from libs.testkit.views import folded
from services.identity.adapters.views.deliveries import DeliveriesView
from services.identity.adapters.views.outbox import OutboxView
from services.identity.domain.delivery import (
    GATHER,
    MOST_LISTED,
    DeliveryDelayed,
    DeliveryDropped,
    DeliveryPrepared,
    DropCause,
    NoticesDelivered,
)
from services.identity.domain.login import LoginCreated
from services.identity.domain.notice import NoticeKind, NoticeQueued
from services.identity.domain.preferences import NoticeChannel, NoticePreferencesSet
from services.identity.domain.resident import ResidentErased

AT = datetime(2026, 3, 2, 14, 20, tzinfo=UTC)
MORNING = datetime(2026, 3, 2, 23, 0, tzinfo=UTC)
MEI = some_id("mei")
CHOSEN = NoticePreferencesSet(
    resident_id=MEI, sends=True, chosen=sealed(MEI, b"\x00"), by_themself=True, set_at=AT
)
LOGIN = LoginCreated(
    login_id="l1",
    party_id=MEI,
    login_name=sealed(MEI, b"\x00"),
    password_hash=sealed(MEI, b"\x00"),
    created_at=AT,
)
ERASED = ResidentErased(resident_id=MEI, area_id="la", area_path=AreaPath("la"), erased_at=AT)


def queued(notice_id: str, kind: NoticeKind = NoticeKind.ROUTED) -> NoticeQueued:
    return NoticeQueued(
        notice_id=notice_id,
        resident_id=MEI,
        case_id="c1",
        public_id="LL-17",
        kind=kind,
        body_id="",
        detail="",
        until=None,
        happened_at=AT,
    )


def at_once(events: list[Any]) -> list[Recorded[Any]]:
    """All of it recorded at the same moment."""
    return [replace(each, recorded_at=AT) for each in recorded("notice-c1", *events, position=1)]


def prepared(notice_ids: tuple[str, ...], until: int, at: datetime = AT) -> DeliveryPrepared:
    return DeliveryPrepared(
        delivery_id="d1",
        resident_id=MEI,
        notice_ids=notice_ids,
        count=len(notice_ids),
        until=until,
        prepared_at=at,
    )


def waiting(*events: Any) -> Any:
    [row] = folded(OutboxView(), at_once([*events])).all("recipients")
    return row


def test_nothing_is_sent_to_whoever_chose_no_channel() -> None:
    row = waiting(replace(CHOSEN, sends=False), queued("n1"))

    assert (row["waiting"], row["ready_at"], row["letter_at"]) == ([], None, None)


def test_for_who_chose_nothing_a_letter_may_be_prepared_until_they_can_log_in() -> None:
    waits = waiting(queued("n1"))
    logs_in = waiting(queued("n1"), LOGIN, queued("n2"))

    assert (waits["waiting"], waits["ready_at"], waits["letter_at"]) == (["n1"], None, AT)
    assert (logs_in["waiting"], logs_in["ready_at"], logs_in["letter_at"]) == ([], None, None)


def test_what_waits_for_a_letter_goes_by_the_channel_that_the_person_chooses() -> None:
    row = waiting(queued("n1"), CHOSEN, queued("n2"))

    assert (row["waiting"], row["ready_at"], row["letter_at"]) == (["n1", "n2"], AT, None)


def test_where_nobody_prints_letters_little_is_kept_for_them() -> None:
    row = waiting(*(queued(f"n{each}") for each in range(100)))

    assert row["waiting"] == [f"n{each}" for each in range(100 - MOST_LISTED, 100)]
    assert len(row["kinds"]) == len(row["places"]) == MOST_LISTED


def test_a_notice_is_ready_at_once() -> None:
    row = waiting(CHOSEN, queued("n1"))

    assert (row["ready_at"], row["waiting"], row["kinds"]) == (AT, ["n1"], ["routed"])


def test_a_thousand_events_in_a_minute_make_two_deliveries() -> None:
    first, others = queued("n0"), [queued(f"n{each}") for each in range(1, 1000)]

    row = waiting(CHOSEN, first, prepared(("n0",), until=2), *others)

    assert row["ready_at"] == AT + GATHER
    assert len(row["waiting"]) == 999
    rest = waiting(CHOSEN, first, prepared(("n0",), until=2), *others, prepared(("n1",), until=1002))
    assert (rest["waiting"], rest["ready_at"]) == ([], None)


def test_what_is_queued_while_a_delivery_is_prepared_is_not_lost() -> None:
    row = waiting(CHOSEN, queued("n1"), queued("n2"), prepared(("n1",), until=2))

    assert row["waiting"] == ["n2"]
    assert row["ready_at"] == AT + GATHER


def test_what_nobody_wanted_does_not_put_off_the_next_notice() -> None:
    unwanted = replace(prepared((), until=2), count=0)

    row = waiting(CHOSEN, queued("n1"), unwanted, queued("n2"))

    assert (row["waiting"], row["ready_at"]) == (["n2"], AT)


def test_what_happened_long_ago_is_not_sent() -> None:
    old = replace(queued("n1"), happened_at=AT - timedelta(days=4))

    assert waiting(CHOSEN, old)["ready_at"] is None


def test_who_changes_to_the_web_inbox_gets_nothing_that_waited_and_nothing_old_when_they_come_back() -> None:
    gone = replace(CHOSEN, sends=False)

    assert waiting(CHOSEN, queued("n1"), gone)["waiting"] == []
    assert waiting(CHOSEN, queued("n1"), gone, CHOSEN, queued("n2"))["waiting"] == ["n2"]


def test_what_the_person_chose_last_is_looked_at_anew() -> None:
    row = waiting(CHOSEN, queued("n1"), CHOSEN)

    assert (row["chosen"], row["waiting"]) == (3, ["n1"])


def test_for_whom_was_erased_nothing_waits_and_nothing_comes() -> None:
    row = waiting(CHOSEN, queued("n1"), ERASED, queued("n2"), CHOSEN, queued("n3"))

    assert (row["waiting"], row["ready_at"], row["sends"]) == ([], None, False)


def test_of_whom_was_erased_no_choice_stays_among_the_recipients() -> None:
    row = waiting(CHOSEN, queued("n1"), ERASED)

    assert (row["kinds"], row["chosen"], row["next_at"]) == ([], 0, None)


def test_the_deliveries_of_whom_was_erased_are_gone() -> None:
    delayed = DeliveryDelayed(
        delivery_id="d1", resident_id=MEI, channel=NoticeChannel.EMAIL, reason="450", try_at=MORNING
    )

    rows = folded(DeliveriesView(), at_once([prepared(("n1",), until=2), ERASED, delayed]))

    assert rows.all("deliveries") == []
    assert rows.all("people") == []


def test_a_delivery_that_nobody_tries_any_more_is_parked_with_its_reason_and_one_that_arrived_is_gone() -> (
    None
):
    delayed = DeliveryDelayed(
        delivery_id="d1", resident_id=MEI, channel=NoticeChannel.EMAIL, reason="450 4.2.1", try_at=MORNING
    )
    dropped = DeliveryDropped(delivery_id="d1", resident_id=MEI, cause=DropCause.TOO_LATE, dropped_at=MORNING)
    arrived = NoticesDelivered(
        delivery_id="d1", resident_id=MEI, channel=NoticeChannel.EMAIL, delivered_at=MORNING
    )

    parked = folded(DeliveriesView(), at_once([prepared(("n1",), until=2), delayed, dropped]))
    gone = folded(DeliveriesView(), at_once([prepared(("n1",), until=2), delayed, arrived]))

    [row] = parked.all("deliveries")
    assert (row["parked"], row["reason"], row["tries"]) == (True, "too_late: 450 4.2.1", 1)
    assert gone.all("deliveries") == []
