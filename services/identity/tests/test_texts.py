"""A person, a body or an account spelt differently is the same one; names that nobody sees are none."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from grpc import StatusCode
from linli.identity.v1 import identity_service_pb2 as pb
from linli.identity.v1 import identity_types_pb2 as types
from linli.types.v1 import types_pb2

from libs.rpc.failures import RpcFailed
from libs.rpc.keys import SigningKey
from libs.testkit.component import Component, component
from libs.testkit.ids import Ids
from libs.testkit.postgres import TestServer
from libs.testkit.rpc import Mint
from services.identity.wiring import SERVICE

DESCRIPTOR = pb.DESCRIPTOR.services_by_name["IdentityService"]
KEY = SigningKey.generate()
ENVIRON = {"LINLI_IDENTITY_SIGNING_KEY": KEY.pem().decode()}
PASSWORD = "correct horse battery"
request_id = Ids("identity texts")
PHONES = (
    *("\u202a+86 138 0013 8000\u202c", "\u2068+86 138-0013-8000\u2069", "+86\u200b13800138000"),
    *("+8613800138000\u200e", "+86 138\u00ad00138000", "+86\ufe0d13800138000", "+86 138\u22120013\u22128000"),
    *("+86 [138] 00138000", "+86【138】00138000", "+86·138·0013·8000", "+86。138。0013。8000"),
    *("+86 138ー0013ー8000", "+86 138\u20440013\u20448000", "+٨٦١٣٨٠٠١٣٨٠٠٠"),
    *("tel:+86-138-0013-8000", "0086 138 0013 8000", "138 0013 8000"),
)
NUMBERS = (
    *("91310000-AB", "9131\u200b0000AB", "\u202a91310000AB\u202c", "[91]310000 AB", "【91】310000AB"),
    *("91·310000·AB", "91。310000AB", "91\u2212310000AB", "91ー310000AB", "91\u2044310000AB"),
    *("٩١٣١٠٠٠٠AB", "９１３１００００ａｂ"),
)


@pytest.fixture(scope="module")
def running(postgres_server: TestServer) -> Iterator[Component]:
    with component(postgres_server, SERVICE, ENVIRON) as service:
        yield service


@pytest.fixture(scope="module")
def operator(running: Component) -> Any:
    stub = running.client(Mint(KEY).person("OPERATOR")).service(DESCRIPTOR)
    area = pb.DefineAreaRequest(
        request_id=request_id(),
        area_id="la",
        level=types.AREA_LEVEL_CITY,
        name=types_pb2.LocalizedText(en="LA"),
    )
    stub.define_area(area)
    return stub


def resident(value: str, kind: Any = types.KEY_KIND_PHONE, name: str = "Mei") -> pb.RegisterResidentRequest:
    key = types.NaturalKey(kind=kind, value=value)
    return pb.RegisterResidentRequest(request_id=request_id(), natural_key=key, name=name, area_id="la")


def body(value: str, name: str = "A body") -> pb.RegisterBodyRequest:
    return pb.RegisterBodyRequest(
        request_id=request_id(),
        natural_key=types.NaturalKey(kind=types.KEY_KIND_REGISTRATION_NUMBER, value=value),
        kind=types.BODY_KIND_THIRD_PARTY_PROVIDER,
        name=types_pb2.LocalizedText(en=name),
        area_id="la",
    )


def account(operator: Any, login_name: str, password: str = PASSWORD) -> Any:
    party = operator.register_resident(resident(f"K{request_id()}", types.KEY_KIND_STAFF_NUMBER)).resident_id
    return operator.create_login(
        pb.CreateLoginRequest(
            request_id=request_id(), party_id=party, login_name=login_name, password=password
        )
    )


def refusal(call: Any, request: Any) -> RpcFailed:
    with pytest.raises(RpcFailed) as failed:
        call(request)
    return failed.value


@pytest.mark.parametrize("spelt", PHONES, ids=ascii)
def test_a_person_is_found_by_a_phone_number_however_it_is_spelt(operator: Any, spelt: str) -> None:
    first = operator.register_resident(resident("+86 138-0013-8000"))

    again = operator.register_resident(resident(spelt))

    assert (again.existing, again.resident_id) == (True, first.resident_id)


@pytest.mark.parametrize("spelt", NUMBERS, ids=ascii)
def test_a_body_is_found_by_its_registration_number_however_it_is_spelt(operator: Any, spelt: str) -> None:
    first = operator.register_body(body("91310000AB"))

    again = operator.register_body(body(spelt))

    assert (again.existing, again.body.body_id) == (True, first.body.body_id)
    assert again.body.natural_key.value == "91310000AB"


@pytest.mark.parametrize("nothing", ["\u200b", "+", "·", "\u3164", "…"])
def test_a_key_of_which_nothing_is_left_is_refused(operator: Any, nothing: str) -> None:
    for kind in (types.KEY_KIND_PHONE, types.KEY_KIND_NATIONAL_ID, types.KEY_KIND_STAFF_NUMBER):
        failed = refusal(operator.register_resident, resident(nothing, kind))
        assert failed.code is StatusCode.INVALID_ARGUMENT
    assert refusal(operator.register_body, body(nothing)).code is StatusCode.INVALID_ARGUMENT


def test_a_number_that_many_people_dial_is_nobodys_key(operator: Any) -> None:
    assert refusal(operator.register_resident, resident("12345")).reason == "NATURAL_KEY_UNFIT"
    assert list(refusal(operator.register_resident, resident("6234567")).violations) == ["natural_key.value"]


@pytest.mark.parametrize("blank", [" ", "\u3164", "\u200b", "\u2800\n"])
def test_a_name_that_nobody_sees_is_none(operator: Any, blank: str) -> None:
    area = pb.DefineAreaRequest(
        request_id=request_id(),
        area_id="nameless",
        parent_id="la",
        level=types.AREA_LEVEL_DISTRICT,
        name=types_pb2.LocalizedText(zh=blank),
    )

    assert list(refusal(operator.register_resident, resident("+8613800138001", name=blank)).violations) == [
        "name"
    ]
    assert refusal(operator.register_body, body("4711", name=blank)).reason == "NAME_MISSING"
    assert refusal(operator.define_area, area).reason == "NAME_MISSING"
    with pytest.raises(RpcFailed) as failed:
        account(operator, blank)
    assert list(failed.value.violations) == ["login_name"]


@pytest.mark.parametrize(
    "alike", ["chen1\u200b", "chen1\u200e", "ch\u00aden1", "chen1\u3164", "CHEN1", " ｃｈｅｎ１ "]
)
def test_an_account_that_looks_like_another_is_refused(operator: Any, alike: str) -> None:
    with suppress(RpcFailed):  # the first one, if it is not there yet
        account(operator, "chen1")

    with pytest.raises(RpcFailed) as failed:
        account(operator, alike)

    assert failed.value.reason == "LOGIN_NAME_TAKEN"


def test_a_login_name_of_two_alphabets_is_refused(operator: Any) -> None:
    with pytest.raises(RpcFailed) as failed:
        account(operator, "chеn2")

    assert list(failed.value.violations) == ["login_name"]


def test_a_password_is_good_composed_and_decomposed(running: Component, operator: Any) -> None:
    account(operator, "zo\u00eb", "caf\u00e9 au lait")

    again = pb.LoginRequest(login_name="ZOE\u0308", password="cafe\u0301 au lait")
    token = running.client().service(DESCRIPTOR).login(again).token

    assert token.access_token


def test_enum_names_of_answers_are_taken_in_filters(operator: Any) -> None:
    newest = operator.register_body(body("5")).revision

    for name in ("AREA_LEVEL_CITY", "CITY"):
        listed = operator.list_areas(pb.ListAreasRequest(filter=f"level = {name}", at_least=newest)).areas
        assert [area.area_id for area in listed] == ["la"]
    failed = refusal(operator.list_areas, pb.ListAreasRequest(filter="level = TOWN"))
    assert "one of AREA_LEVEL_CITY, AREA_LEVEL_DISTRICT" in failed.message
