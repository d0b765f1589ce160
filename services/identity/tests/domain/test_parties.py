"""Residents and bodies: registered once, found again, erased for good; and who was shown what."""

from datetime import UTC, datetime
from functools import partial

import pytest

from libs.ledger.decider import Kind
from libs.ledger.personal import Personal
from libs.ledger.text import Text
from libs.rpc.text import key, phone
from libs.rules.areas import AreaPath
from libs.testkit.deciders import deciding
from libs.testkit.ids import some_id
from services.identity.domain import body, resident
from services.identity.domain.body import BodyRegistered, RegisterBody
from services.identity.domain.resident import (
    EraseResident,
    RegisterResident,
    ResidentErased,
    ResidentRegistered,
)
from services.identity.domain.values import BodyKind, KeyKind, NaturalKey

AT = datetime(2020, 1, 3, 9, tzinfo=UTC)
MEI = some_id("mei")
DIGEST = some_id("digest of mei's number")


def register(value: str = "11010519491231002X", name: str = "梅兰") -> RegisterResident:
    return RegisterResident(
        resident_id=MEI,
        key=NaturalKey(KeyKind.NATIONAL_ID, value),
        key_digest=Personal(DIGEST, DIGEST),
        name=Personal(MEI, name),
        phone=Personal(MEI, "+1 213 555 0147"),
        address=Personal(MEI, "2424 N Broadway"),
        area_id="nc-47",
        area_path=AreaPath("la/nc-47"),
        at=AT,
    )


def registered() -> ResidentRegistered:
    return ResidentRegistered(
        resident_id=MEI,
        key_kind=KeyKind.NATIONAL_ID,
        key_digest=Personal(DIGEST, DIGEST),
        name=Personal(MEI, "梅兰"),
        phone=Personal(MEI, "+1 213 555 0147"),
        address=Personal(MEI, "2424 N Broadway"),
        area_id="nc-47",
        area_path=AreaPath("la/nc-47"),
        registered_at=AT,
    )


ERASED = ResidentErased(
    resident_id=MEI, area_id="nc-47", area_path=AreaPath("la/nc-47"), erased_at=AT, has_receipt=True
)
ERASE = EraseResident(resident_id=MEI, at=AT)

given_resident = deciding(resident.RESIDENT)
given_body = deciding(body.BODY)


def test_a_resident_is_registered_without_the_number_itself() -> None:
    given_resident().when(register()).then(registered())


def test_a_resident_who_is_known_is_found_and_nothing_changes() -> None:
    given_resident(registered()).when(register(name="Mei Lan")).then_nothing_happens()


def test_a_blank_key_registers_nobody() -> None:
    given_resident().when(register(" - ")).then_refused("NATURAL_KEY_BLANK", Kind.INVALID)


def test_erasing_leaves_the_id_and_the_area() -> None:
    given_resident(registered()).when(ERASE).then(ERASED)


def test_erasing_twice_erases_once() -> None:
    given_resident(registered(), ERASED).when(ERASE).then_nothing_happens()


def test_nobody_cannot_be_erased() -> None:
    given_resident().when(ERASE).then_refused("PARTY_UNKNOWN", Kind.NOT_FOUND, party_id=MEI)


def test_an_erased_id_is_never_used_again() -> None:
    given_resident(registered(), ERASED).when(register()).then_refused("PARTY_UNKNOWN")


def register_body(code: str = "91.310-000/AB", name: str = "Bureau of Sanitation") -> RegisterBody:
    return RegisterBody(
        body_id="bos",
        key=NaturalKey(KeyKind.REGISTRATION_NUMBER, code),
        kind=BodyKind.GOVERNMENT_DEPARTMENT,
        name=Text(en=name),
        area_id="la",
        area_path=AreaPath("la"),
        at=AT,
    )


def body_registered() -> BodyRegistered:
    return BodyRegistered(
        body_id="bos",
        kind=BodyKind.GOVERNMENT_DEPARTMENT,
        name=Text(en="Bureau of Sanitation"),
        key_kind=KeyKind.REGISTRATION_NUMBER,
        key_value="91.310-000/AB",
        area_id="la",
        area_path=AreaPath("la"),
        registered_at=AT,
    )


def test_a_body_is_registered_under_its_key() -> None:
    given_body().when(register_body()).then(body_registered())


def test_another_spelling_of_the_key_finds_the_same_body() -> None:
    given_body(body_registered()).when(register_body("91.310-000 AB")).then_nothing_happens()


def test_another_body_cannot_take_the_id() -> None:
    given_body(body_registered()).when(register_body("other")).then_refused(
        "BODY_ID_TAKEN", Kind.ALREADY_EXISTS
    )


def test_a_body_needs_a_name() -> None:
    given_body().when(register_body(name="")).then_refused("NAME_MISSING", Kind.INVALID)


DIFFERENTLY = (
    *("[91] 310000 AB", "【91】310000AB", "91·310000·AB", "91。310000。AB", "91\u2044310000\u2044AB"),
    *("91\u2212310000\u2212AB", "91–310000–AB", "９１３１００００ＡＢ", "91_310000_AB"),
)


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        (KeyKind.PHONE, "+1 (213) 555-0147", "001 213 555 0147"),
        (KeyKind.NATIONAL_ID, "11010519491231002X", "１１０１０５-１９４９１２３１-００２ｘ"),
        (KeyKind.REGISTRATION_NUMBER, "91.310-000/AB", "91310000ab"),
        *((KeyKind.REGISTRATION_NUMBER, "91310000ab", spelt) for spelt in DIFFERENTLY),
    ],
)
def test_two_spellings_are_one_key(kind: KeyKind, one: str, other: str) -> None:
    form = partial(phone, region="CN") if kind is KeyKind.PHONE else key  # as the contract declares

    assert NaturalKey(kind, form(one)).normal == NaturalKey(kind, form(other)).normal


@pytest.mark.parametrize("nothing", ["+", "·", "[ ]", "【】", "。", "-", "…", "⁄"])
@pytest.mark.parametrize("kind", [KeyKind.PHONE, KeyKind.NATIONAL_ID, KeyKind.REGISTRATION_NUMBER])
def test_a_key_of_signs_only_is_blank(kind: KeyKind, nothing: str) -> None:
    assert NaturalKey(kind, nothing).is_blank


def test_a_phone_number_without_a_country_code_is_several_peoples() -> None:
    assert not NaturalKey(KeyKind.PHONE, "12345").dialled_from_anywhere
    assert NaturalKey(KeyKind.PHONE, "+8613800138000").dialled_from_anywhere
    assert NaturalKey(KeyKind.STAFF_NUMBER, "12345").dialled_from_anywhere


def test_a_local_code_is_taken_literally() -> None:
    assert NaturalKey(KeyKind.LOCAL_CODE, "a-b").normal != NaturalKey(KeyKind.LOCAL_CODE, "ab").normal


def test_the_same_number_of_another_kind_is_another_key() -> None:
    assert NaturalKey(KeyKind.PHONE, "4711").normal != NaturalKey(KeyKind.STAFF_NUMBER, "4711").normal


def test_a_key_is_not_shown_in_representations() -> None:
    assert "4711" not in repr(register("4711"))
