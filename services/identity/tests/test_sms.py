"""Notices by text message, from the event of a neighbour to a real gateway."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from linli.identity.v1 import identity_service_pb2 as pb
from linli.identity.v1 import identity_types_pb2 as types

from libs.notify.tests.sms_gateway import SECRET, SmsGateway, sms_gateway
from libs.runtime.config.settings import SettingsInvalid, read
from libs.testkit.component import Component
from libs.testkit.eventually import eventually
from libs.testkit.ids import Ids
from libs.testkit.postgres import TestServer
from services.identity.domain.delivery import Delivered, Dropped, Waiting
from services.identity.settings import IdentitySettings
from services.identity.tests.test_component import ENVIRON, nobody, operator_of, refused, register
from services.identity.tests.test_mail import choose, line_of, opened, tables_with, the_only, willow

number = Ids("residents with text messages")
PHONE = "+8613800138000"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmsGateway]:
    with sms_gateway(tmp_path_factory.mktemp("sms")) as running:
        yield running


@pytest.fixture(autouse=True)
def takes_everything(gateway: SmsGateway) -> None:
    gateway.status, gateway.hangs_for = 200, ""
    gateway.over.clear()
    gateway.got.clear()


@pytest.fixture(scope="module")
def running(postgres_server: TestServer, gateway: SmsGateway) -> Iterator[Component]:
    environ = {
        "LINLI_IDENTITY_SMS_URL": gateway.url,
        "LINLI_IDENTITY_SMS_SECRET": SECRET,
        "LINLI_IDENTITY_SMS_CA": str(gateway.settings.authority),
    }
    with willow(postgres_server, environ) as service:
        yield service


@pytest.fixture
def mei(running: Component) -> str:
    """A resident's id."""
    return str(register(operator_of(running), number()).resident_id)


def by_text(running: Component, subject: str, phone: str = "+86 138 0013 8000", **fields: Any) -> str:
    return choose(running, subject, channels=[types.NOTICE_CHANNEL_SMS], phone=phone, **fields)


def test_a_reporter_is_told_by_text_message_at_their_number_once(
    running: Component, gateway: SmsGateway, mei: str
) -> None:
    by_text(running, mei)

    opened(running, mei)

    delivered = the_only(running, mei, Delivered).prepared.delivery_id
    assert gateway.got == [
        {"webhook-id": delivered, "id": delivered, "to": PHONE, "text": "您的诉求LL-17已登记"}
    ]
    assert tables_with(running, PHONE) == []


def test_a_number_that_the_gateway_never_takes_parks_the_delivery_and_it_can_be_replayed(
    running: Component, gateway: SmsGateway, mei: str
) -> None:
    by_text(running, mei)
    gateway.status = 422
    opened(running, mei)
    dropped = the_only(running, mei, Dropped)
    by_hand = running.opened.parts.by_hand
    listed = eventually(lambda: line_of(by_hand["notices-parked"]({}), mei), "it is parked")
    assert "  1 try  parked  sms no_channel: 422" in listed

    gateway.status = 200
    by_hand["notices-replay"]({"delivery": dropped.prepared.delivery_id})

    the_only(running, mei, Delivered)
    assert [each["id"] for each in gateway.got] == [dropped.prepared.delivery_id]


def test_a_gateway_that_takes_its_time_with_one_message_holds_up_only_that_person(
    running: Component, gateway: SmsGateway, mei: str
) -> None:
    others = [str(register(operator_of(running), number()).resident_id) for _ in range(6)]
    gateway.hangs_for, before = "+8613900139000", len(gateway.asked)
    by_text(running, mei, gateway.hangs_for)
    opened(running, mei)
    eventually(lambda: len(gateway.asked) > before, "the slow one is on its way")

    for each in others:
        by_text(running, each)
        opened(running, each)

    for each in others:
        the_only(running, each, Delivered)
    assert len(gateway.got) == len(others)
    the_only(running, mei, Waiting)
    gateway.over.set()
    the_only(running, mei, Delivered)
    assert [each["to"] for each in gateway.got] == [PHONE] * len(others) + [gateway.hangs_for]


def test_a_message_that_cannot_be_sent_now_waits(running: Component, gateway: SmsGateway, mei: str) -> None:
    by_text(running, mei)
    gateway.status = 500

    opened(running, mei)

    assert the_only(running, mei, Waiting).prepared.resident_id == mei
    assert gateway.got == []


@pytest.mark.parametrize("phone", ["", "12345", "+8613800138000;ext=1"])
def test_what_is_no_number_for_text_messages_is_refused(running: Component, mei: str, phone: str) -> None:
    with refused("PHONE_UNFIT"):
        by_text(running, mei, phone)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("URL", "http://sms.example.org"),
        ("URL", "https://sms.example.org:0"),
        ("SECRET", "whsec_c2hvcnQ="),
        ("SECRET", ""),
        ("CA", "/nowhere/ca.pem"),
        ("CA", __file__),
    ],
)
def test_a_setting_of_the_gateway_that_cannot_be_used_is_named_at_the_start(name: str, value: str) -> None:
    given = {"URL": "https://sms.example.org", "SECRET": SECRET, name: value}
    environ = {**ENVIRON, **{f"LINLI_IDENTITY_SMS_{each}": given[each] for each in given}}

    with pytest.raises(SettingsInvalid, match=f"LINLI_IDENTITY_SMS_{name}: "):
        read(IdentitySettings, environ, "LINLI_IDENTITY_")


def test_a_one_time_code_is_one_text_message_in_their_language(
    running: Component, gateway: SmsGateway
) -> None:
    phone = "+8613900139000"
    request = pb.RequestCodeRequest(
        request_id="a code by text message", purpose=types.CODE_PURPOSE_CONFIRM, phone=phone
    )

    asked = nobody(running).request_code(request)
    [told] = eventually(lambda: [each for each in gateway.got if each["to"] == phone], seconds=20)

    assert re.fullmatch(r"邻里：\d{4} \d{4}，确认地址验证码，10分钟内有效，请勿告知他人", told["text"])
    assert asked.code_id not in str(told)
    assert tables_with(running, phone) == []
