"""Text messages against a real gateway: what arrives, what is tried again, what is never sent."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from libs.notify.channel import ChannelAway, NotSent, Outgoing, Refused, TryLater
from libs.notify.sms import SmsChannel, SmsGatewayInvalid, settings_of
from libs.notify.tests.dripping import dripping_server
from libs.notify.tests.sms_gateway import KEY, SmsGateway, sms_gateway

MESSAGE = Outgoing(
    id="d17",
    address="+8613800138000",
    language="zh",
    title="您的诉求LL-17已登记",
    text="我们于2026年3月2日22:20（UTC+08:00）收到您的诉求。",
    written_at=datetime(2026, 3, 2, 14, 20, tzinfo=UTC),
)


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[SmsGateway]:
    with sms_gateway(tmp_path) as running:
        yield running


def test_a_message_arrives_signed_with_its_title_and_is_known_when_it_comes_again(
    gateway: SmsGateway,
) -> None:
    channel = SmsChannel(gateway.settings)

    channel.send(MESSAGE)
    channel.send(MESSAGE)

    told = {"webhook-id": "d17", "id": "d17", "to": "+8613800138000", "text": "您的诉求LL-17已登记"}
    assert gateway.got == [told, told]
    assert gateway.asked == ["/messages?from=linli"] * 2


def test_a_wrong_secret_sends_nothing(gateway: SmsGateway) -> None:
    with pytest.raises(ChannelAway, match="401"):
        SmsChannel(replace(gateway.settings, key=KEY[::-1])).send(MESSAGE)

    assert gateway.got == []


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        *((status, TryLater) for status in (400, 500)),
        *((status, ChannelAway) for status in (302, 401, 403, 404, 429, 503)),
        (422, Refused),
    ],
)
def test_an_answer_is_about_the_number_the_message_or_the_gateway(
    gateway: SmsGateway, status: int, expected: type[NotSent]
) -> None:
    gateway.status = status

    with pytest.raises(expected, match=str(status)):
        SmsChannel(gateway.settings).send(MESSAGE)


def test_a_redirect_is_not_followed(gateway: SmsGateway) -> None:
    gateway.status, gateway.location = 307, gateway.url

    with pytest.raises(ChannelAway, match="307"):
        SmsChannel(gateway.settings).send(MESSAGE)

    assert len(gateway.asked) == 1


@pytest.mark.parametrize("limits", [{"patience": 0.2}, {"longest": 0.2}])
def test_a_gateway_that_hangs_is_left_after_a_while(gateway: SmsGateway, limits: dict[str, float]) -> None:
    gateway.hangs = True

    with pytest.raises(TryLater):
        SmsChannel(replace(gateway.settings, **limits)).send(MESSAGE)  # type: ignore[arg-type]  # all numbers


def test_a_gateway_that_drags_out_the_handshake_is_left_after_a_while(gateway: SmsGateway) -> None:
    with dripping_server() as port, pytest.raises(ChannelAway):
        SmsChannel(replace(gateway.settings, port=port, longest=0.3)).send(MESSAGE)


def test_a_gateway_that_cuts_the_connection_holds_up_only_this_message(gateway: SmsGateway) -> None:
    gateway.cuts = True

    with pytest.raises(TryLater):
        SmsChannel(gateway.settings).send(MESSAGE)


def test_nothing_is_sent_to_whoever_has_no_certificate_for_the_name(tmp_path: Path) -> None:
    with sms_gateway(tmp_path, host="elsewhere.example.org") as other, pytest.raises(ChannelAway):
        SmsChannel(other.settings).send(MESSAGE)

    assert other.asked == []


def test_where_nobody_listens_the_channel_is_away(gateway: SmsGateway) -> None:
    with pytest.raises(ChannelAway):
        SmsChannel(replace(gateway.settings, port=1)).send(MESSAGE)


@pytest.mark.parametrize(
    "number", ["", "13800138000", "+86138 0013 8000", "+8613800138000;ext=1", "+86\r\nx: y"]
)
def test_what_is_no_number_is_refused(gateway: SmsGateway, number: str) -> None:
    with pytest.raises(Refused):
        SmsChannel(gateway.settings).send(replace(MESSAGE, address=number))

    assert gateway.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "http://sms.example.org",
        "https://user@sms.example.org",
        "https://sms.example.org:x",
        "https://sms.example.org:0",
        "https://sms..example.org",
        "https://[::1",
        "https://sms.example.org/a b",
        "https:///messages",
    ],
)
def test_what_is_no_gateway_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(SmsGatewayInvalid):
        settings_of(url, KEY)
