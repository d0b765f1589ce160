"""Natural keys of a person: added, released, never the last; each way of writing one is the same key."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from libs.ledger.decider import Kind, Refusal
from libs.ledger.personal import Personal
from libs.rpc.text import key, phone
from libs.testkit.deciders import deciding
from libs.testkit.ids import some_id
from services.identity.domain.natural_keys import (
    MOST,
    NATURAL_KEYS,
    AddNaturalKeys,
    HeldKey,
    NaturalKeyAdded,
    NaturalKeyReleased,
    ReleaseNaturalKey,
    check_form,
)
from services.identity.domain.values import KeyKind, NaturalKey

AT = datetime(2020, 1, 3, 9, tzinfo=UTC)
MEI = some_id("mei")


def held(kind: KeyKind, value: str) -> HeldKey:
    return HeldKey(kind=kind, digest=Personal(MEI, some_id(value)), since=AT)


PAPERS = held(KeyKind.NATIONAL_ID, "110105")
PHONE = held(KeyKind.PHONE, "+861")
EMAIL = held(KeyKind.EMAIL, "mei@example.org")


def added(key: HeldKey) -> NaturalKeyAdded:
    return NaturalKeyAdded(resident_id=MEI, key_kind=key.kind, key_digest=key.digest, added_at=AT)


def released(key: HeldKey) -> NaturalKeyReleased:
    return NaturalKeyReleased(resident_id=MEI, key_kind=key.kind, key_digest=key.digest, released_at=AT)


def add(*keys: HeldKey) -> AddNaturalKeys:
    return AddNaturalKeys(resident_id=MEI, first=PAPERS, keys=keys, at=AT)


def release(key: HeldKey) -> ReleaseNaturalKey:
    return ReleaseNaturalKey(resident_id=MEI, first=PAPERS, key_id=key.key_id, at=AT)


given = deciding(NATURAL_KEYS)


def test_a_person_gets_further_keys() -> None:
    given().when(add(PHONE, EMAIL)).then(added(PHONE), added(EMAIL))


def test_a_key_that_they_have_is_not_added_again() -> None:
    given(added(PHONE)).when(add(PHONE, PAPERS, EMAIL, EMAIL)).then(added(EMAIL))


def test_a_released_key_may_come_back() -> None:
    outcome = given(added(PHONE), released(PHONE), released(PAPERS)).when(add(PHONE, PAPERS))

    outcome.then(added(PHONE), added(PAPERS))
    assert [each.kind for each in outcome.state.with_first(PAPERS)] == [KeyKind.PHONE, KeyKind.NATIONAL_ID]


def test_the_key_of_the_registration_is_released_like_any_other() -> None:
    outcome = given(added(PHONE)).when(release(PAPERS))

    outcome.then(released(PAPERS))
    assert list(outcome.state.with_first(PAPERS)) == [PHONE]


def test_the_last_key_stays() -> None:
    given().when(release(PAPERS)).then_refused("LAST_NATURAL_KEY", Kind.PRECONDITION)
    given(added(PHONE), released(PAPERS)).when(release(PHONE)).then_refused("LAST_NATURAL_KEY")


def test_only_what_a_person_has_is_released() -> None:
    given(added(EMAIL)).when(release(PHONE)).then_refused("NATURAL_KEY_UNKNOWN", Kind.NOT_FOUND)
    given(added(PHONE), released(PHONE)).when(release(PHONE)).then_refused("NATURAL_KEY_UNKNOWN")


def test_nobody_collects_keys_without_end() -> None:
    many = [held(KeyKind.PHONE, f"+86{n}") for n in range(MOST)]

    given().when(add(*many)).then_refused("NATURAL_KEYS_TOO_MANY", Kind.PRECONDITION)
    given(*map(added, many[:-1])).when(add(many[0])).then_nothing_happens()


def test_a_mistyped_national_id_is_put_right_by_adding_the_right_one() -> None:
    right = held(KeyKind.NATIONAL_ID, "110106")

    given().when(add(right)).then(added(right))
    given(added(right)).when(release(PAPERS)).then(released(PAPERS))


def test_the_id_of_a_key_says_nothing_to_whoever_guesses_its_value() -> None:
    erased = replace(PHONE, digest=Personal(MEI, None))

    assert PHONE.key_id not in {held(KeyKind.PHONE, "+862").key_id, erased.key_id}
    assert PHONE.key_id not in str(PHONE.digest.value)


@pytest.mark.parametrize(
    ("kind", "spellings"),
    [
        (KeyKind.NATIONAL_ID, ["11010519491231002X", "110105 19491231 002x", "１１０１０５-19491231-002Ｘ"]),
        (KeyKind.EMAIL, ["mei.lan@example.org", "Mei.Lan@Example.ORG", "ｍｅｉ.lan＠example.org"]),
        (KeyKind.HOUSEHOLD_REGISTER, ["110105-0012345/3", "1101050012345 / 03", "１１０１０５0012345／3"]),
    ],
)
def test_each_way_of_writing_is_the_same_key(kind: KeyKind, spellings: list[str]) -> None:
    assert len({NaturalKey(kind, key(each)).normal for each in spellings}) == 1
    for each in spellings:
        check_form(NaturalKey(kind, key(each)))


def test_each_way_of_dialling_is_the_same_key() -> None:
    written = ["+86 138 0013 8000", "0086-13800138000", "+86 (138) 0013-8000"]

    assert len({NaturalKey(KeyKind.PHONE, phone(each, "CN")).normal for each in written}) == 1


@pytest.mark.parametrize(
    ("one", "other"), [("123/45", "1234/5"), ("12/3", "1/23"), ("110105/3", "110105/30")]
)
def test_two_pages_of_household_registers_are_never_one_key(one: str, other: str) -> None:
    one_key, other_key = (NaturalKey(KeyKind.HOUSEHOLD_REGISTER, each) for each in (one, other))

    assert one_key.normal != other_key.normal


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        (KeyKind.HOUSEHOLD_REGISTER, "110105-0012345", "NATURAL_KEY_UNFIT"),  # a whole family has it
        (KeyKind.HOUSEHOLD_REGISTER, "/3", "NATURAL_KEY_UNFIT"),
        (KeyKind.HOUSEHOLD_REGISTER, "110105/0", "NATURAL_KEY_UNFIT"),
        (KeyKind.HOUSEHOLD_REGISTER, "-/-", "NATURAL_KEY_BLANK"),
        (KeyKind.EMAIL, "mei", "NATURAL_KEY_UNFIT"),
        (KeyKind.EMAIL, "mei@localhost", "NATURAL_KEY_UNFIT"),
        (KeyKind.PHONE, "12345", "NATURAL_KEY_UNFIT"),
        (KeyKind.REGISTRATION_NUMBER, "91310000", "NATURAL_KEY_UNFIT"),
        (KeyKind.NATIONAL_ID, " - ", "NATURAL_KEY_BLANK"),
    ],
)
def test_what_is_no_key_of_a_person_is_refused(kind: KeyKind, value: str, code: str) -> None:
    with pytest.raises(Refusal, check=lambda refusal: refusal.code == code):
        check_form(NaturalKey(kind, value))
