"""Which endpoints are told of what, and how far each was told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from libs.ledger.decider import Refusal
from libs.ledger.personal import Personal
from services.identity.domain.dispatch import (
    DISPATCH,
    MOST_PARKED,
    Dispatch,
    EndpointFailed,
    MessageParked,
    MessagesReplayed,
    MessagesTaken,
    Parked,
    ParkMessage,
    RecordFailure,
    RecordReplayTaken,
    RecordTaken,
    ReplayMessages,
    ReplayTaken,
)
from services.identity.domain.webhook import (
    MOST_OF_A_CLIENT,
    WEBHOOK,
    CaseEventHeard,
    EndWebhooks,
    HearOfCase,
    RegisterWebhook,
    RemovalCause,
    RemoveWebhook,
    RotateWebhookSecret,
    WebhookRemoved,
    Webhooks,
)

AT = datetime(2026, 3, 2, 14, 20, tzinfo=UTC)
LATER = AT + timedelta(hours=24)
HEARD = CaseEventHeard(
    event_id="e7", kind="CaseClosed", case_id="c1", area_id="willow", body_ids=(), revision="r9.2", system="",
    number="", happened_at=AT, recorded_at=AT,
)  # fmt: skip
PARKED = Parked(message_id="m1", place=17, kind="CaseClosed", case_id="c1", reason="500", parked_at=AT)


def kept(text: str) -> Personal:
    return Personal("client-water", text)


def registering(webhook_id: str = "w1", client_id: str = "water", url: str = "https://a.org/") -> Any:
    return RegisterWebhook(
        webhook_id=webhook_id, client_id=client_id, url=kept(url), kinds=("CaseClosed", "CaseClosed"),
        secret=kept("first"), at=AT,
    )  # fmt: skip


def after(*commands: Any) -> Webhooks:
    state = Webhooks()
    for command in commands:
        state = WEBHOOK.fold(WEBHOOK.decide(command, state), state)
    return state


def test_a_webhook_hears_of_its_kinds_from_its_registration_on() -> None:
    webhooks = after(registering())

    assert webhooks.of("water")[0].kinds == ("CaseClosed",)
    assert WEBHOOK.decide(HearOfCase(heard=HEARD), webhooks) == [HEARD]
    for unwanted in (
        replace(HEARD, kind="CaseOpened"),
        replace(HEARD, recorded_at=AT - timedelta(seconds=1)),
    ):
        assert WEBHOOK.decide(HearOfCase(heard=unwanted), webhooks) == []


def test_without_webhooks_nothing_is_kept() -> None:
    assert WEBHOOK.decide(HearOfCase(heard=HEARD), after()) == []
    removed = after(registering(), RemoveWebhook(webhook_id="w1", client_id="water", at=AT))
    assert WEBHOOK.decide(HearOfCase(heard=HEARD), removed) == []


def test_where_a_case_comes_from_is_kept_for_later_messages() -> None:
    opened = replace(HEARD, kind="CaseOpened", system="myla311", number="1-17")

    assert WEBHOOK.decide(HearOfCase(heard=opened), after(registering())) == [opened]


def test_a_client_has_so_many_webhooks_and_one_for_each_url() -> None:
    own = [registering(f"w{n}", url=f"https://a.org/{n}") for n in range(MOST_OF_A_CLIENT)]

    with pytest.raises(Refusal, match="WEBHOOKS_TOO_MANY"):
        after(*own, registering("w99", url="https://a.org/99"))
    with pytest.raises(Refusal, match="WEBHOOK_EXISTS"):
        after(registering(), registering("w2"))
    assert len(after(*own, registering("other", "gas")).listed) == MOST_OF_A_CLIENT + 1


def test_an_installation_has_so_many_webhooks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.identity.domain.webhook.MOST_IN_ALL", 1)

    with pytest.raises(Refusal, match="WEBHOOKS_FULL"):
        after(registering(), registering("w2", "gas"))


def test_two_secrets_sign_for_a_day() -> None:
    rotate = RotateWebhookSecret(webhook_id="w1", client_id="water", secret=kept("second"), at=AT)

    [webhook] = after(registering(), rotate).listed

    assert [secret.value for secret in webhook.secrets(AT)] == ["second", "first"]
    assert [secret.value for secret in webhook.secrets(LATER)] == ["second"]


@pytest.mark.parametrize("of", [RemoveWebhook, RotateWebhookSecret])
def test_nobody_changes_the_webhook_of_another_client(of: Any) -> None:
    secret = {"secret": kept("mine")} if of is RotateWebhookSecret else {}

    with pytest.raises(Refusal, match="WEBHOOK_UNKNOWN"):
        after(registering(), of(webhook_id="w1", client_id="gas", at=AT, **secret))


def test_the_webhooks_of_a_retired_client_end_once() -> None:
    end, two = EndWebhooks(client_id="water", at=LATER), (registering(), registering("w2", "gas"))

    [removed] = WEBHOOK.decide(end, after(*two))

    assert isinstance(removed, WebhookRemoved)
    assert (removed.webhook_id, removed.cause) == ("w1", RemovalCause.CLIENT_RETIRED)
    assert WEBHOOK.decide(end, after(*two, end)) == []


def dispatched(*commands: Any) -> Dispatch:
    state = Dispatch()
    for command in commands:
        state = DISPATCH.fold(DISPATCH.decide(command, state), state)
    return state


def taken(until: int, count: int = 1) -> RecordTaken:
    return RecordTaken(taken=MessagesTaken(webhook_id="w1", until=until, count=count, taken_at=AT))


def failure(reason: str) -> RecordFailure:
    return RecordFailure(failed=EndpointFailed(webhook_id="w1", reason=reason, failed_at=AT))


def replay(*message_ids: str) -> ReplayMessages:
    return ReplayMessages(webhook_id="w1", message_ids=message_ids, at=LATER)


def park(parked: Parked) -> ParkMessage:
    return ParkMessage(parked=MessageParked(webhook_id="w1", parked=parked))


PARK = park(PARKED)


def test_what_was_taken_is_recorded_once_and_never_goes_back() -> None:
    assert dispatched(taken(17)).until == 17
    assert DISPATCH.decide(taken(16), dispatched(taken(17))) == []


def test_a_failure_is_recorded_where_it_is_news_and_ends_with_the_next_message() -> None:
    assert [type(each) for each in DISPATCH.decide(failure("404"), dispatched())] == [EndpointFailed]
    assert DISPATCH.decide(failure("404"), dispatched(failure("404"))) == []
    assert dispatched(failure("404"), taken(9, count=0)).failed is not None
    assert dispatched(failure("404"), taken(9)).failed is None


def test_a_parked_message_lets_the_next_one_pass_and_can_be_replayed_once() -> None:
    parked = dispatched(PARK)

    assert (parked.until, parked.parked) == (17, (PARKED,))
    assert [type(each) for each in DISPATCH.decide(replay(), parked)] == [MessagesReplayed]
    again = dispatched(PARK, replay("m1"))
    assert (again.parked, again.again) == ((), (PARKED,))
    with pytest.raises(Refusal, match="WEBHOOK_MESSAGE_NOT_PARKED"):
        DISPATCH.decide(replay("m1"), again)
    done = RecordReplayTaken(taken=ReplayTaken(webhook_id="w1", message_id="m1", taken_at=LATER))
    assert dispatched(PARK, replay(), done).again == ()
    assert DISPATCH.decide(done, dispatched(PARK)) == []


def test_what_is_refused_again_is_parked_again() -> None:
    state = dispatched(PARK, replay(), PARK)

    assert (state.parked, state.again) == ((PARKED,), ())


def test_an_endpoint_that_refuses_everything_parks_only_so_much() -> None:
    parks = [park(replace(PARKED, message_id=f"m{n}", place=n)) for n in range(1, MOST_PARKED + 2)]

    state = dispatched(*parks)

    assert (len(state.parked), state.until) == (MOST_PARKED, MOST_PARKED)
    assert isinstance(DISPATCH.decide(parks[0], dispatched())[0], MessageParked)
    assert DISPATCH.decide(taken(MOST_PARKED + 1), state) != []
    assert isinstance(DISPATCH.decide(taken(MOST_PARKED + 1), state)[0], MessagesTaken)
