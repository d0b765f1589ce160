"""What becomes of a request's texts before anything looks at them."""

from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given
from linli.cases.v1 import cases_service_pb2 as cases
from linli.identity.v1 import identity_service_pb2 as identity
from linli.identity.v1 import identity_types_pb2 as kinds
from linli.types.v1 import types_pb2
from linli.volunteers.v1 import volunteers_service_pb2 as volunteers

from libs.rpc.digest import digest
from libs.rpc.normal import normal_of
from libs.rpc.tests.greeter import message
from libs.rpc.validation import rules_of
from libs.testkit.requests import messages

Note, Place = message("WriteNoteRequest"), message("Place")


def unfit(request: Message, region: str = "CN") -> dict[str, str]:
    """Bring a request into its normal form; the fields that have none."""
    descriptor: Any = request.DESCRIPTOR
    return {violation.field: violation.wanted for violation in normal_of(descriptor, region)(request)}


def test_texts_at_any_depth_take_their_form() -> None:
    place = Place(label=" e\u0301 ", within=Place(label="b\r\n"))
    request = Note(text="\ufeffone\r\ntwo\u200b", place=place, places=[place], corners={"nw": place})

    assert unfit(request) == {}

    tidy = Place(label="é", within=Place(label="b"))
    assert request == Note(text="one\ntwo", place=tidy, places=[tidy], corners={"nw": tidy})


def test_blank_text_becomes_absent_and_leaves_its_list() -> None:
    request = Note(
        text=" \u3000\u200b", word="\u2800", tags=["a", " ", "\u200b", "b\u3164"], labels={"k": "\u00ad"}
    )

    assert unfit(request) == {}

    assert request == Note(tags=["a", "b"], labels={"k": ""})
    assert request.WhichOneof("kind") is None
    assert "text" in {violation.field for violation in rules_of(Note.DESCRIPTOR)(request)}


def test_keys_of_a_map_take_a_form_too() -> None:
    request = Note(labels={" nw\u200b": " x "}, corners={"a\r\nb": Place(label="y")})

    assert unfit(request) == {}

    assert dict(request.labels) == {"nw": "x"}
    assert {key: place.label for key, place in request.corners.items()} == {"a b": "y"}


def test_keys_of_a_map_that_become_one_are_refused() -> None:
    assert list(unfit(Note(labels={"k": "x", "k ": "y"})).values()) == ["is there twice"]
    assert list(unfit(Note(labels={"\u200b": "x"})).values()) == ["must be set"]


def test_what_has_no_such_form_is_named_with_its_path() -> None:
    request = Note(text="a\x00b", tags=["a", "\x1b"], places=[Place(label="\ufffe")], labels={"k": "\x01"})

    assert set(unfit(request)) == {"text", "tags[1]", "places[0].label", "labels[0].value"}


def test_a_name_is_one_line_where_the_field_says_so() -> None:
    texts = types_pb2.LocalizedText(en="North \n Ward", zh="北　区")
    request = identity.DefineAreaRequest(name=texts)

    unfit(request)

    assert (request.name.en, request.name.zh) == ("North Ward", "北 区")


@pytest.mark.parametrize(
    ("kind", "given_value", "normal"),
    [
        (kinds.KEY_KIND_PHONE, "138-0013-8000", "+8613800138000"),
        (kinds.KEY_KIND_NATIONAL_ID, "１１０１０１－１９９００３０７４３７ｘ", "110101-19900307437x"),
        (kinds.KEY_KIND_REGISTRATION_NUMBER, " 91\u200b 3100 ", "91 3100"),
        (kinds.KEY_KIND_LOCAL_CODE, " bos\u200b ", "bos"),
    ],
)
def test_a_natural_key_takes_the_form_of_its_kind(kind: Any, given_value: str, normal: str) -> None:
    request = identity.RegisterResidentRequest(natural_key=kinds.NaturalKey(kind=kind, value=given_value))

    assert unfit(request) == {}

    assert request.natural_key.value == normal


def test_a_phone_number_is_read_as_dialled_where_the_operator_says() -> None:
    request = identity.RegisterResidentRequest(phone="(213) 555-2671")

    assert unfit(request, "US") == {}
    assert request.phone == "+12135552671"
    in_shanghai = identity.RegisterResidentRequest(phone="(213) 555-2671")
    assert unfit(in_shanghai, "CN") == {}
    assert in_shanghai.phone == "+862135552671"


def test_a_request_in_another_spelling_is_the_same_request() -> None:
    one = cases.AddNoteRequest(request_id="r1", case_id="c1", text="café\nau lait")
    other = cases.AddNoteRequest(request_id="r1\u200b", case_id=" c1", text="\ufeffcafe\u0301\r\nau lait ")

    unfit(one)
    unfit(other)

    assert digest(one) == digest(other)
    assert one == other


def test_skills_are_folded_to_one_form() -> None:
    request = volunteers.RaiseNeedRequest(skills=["First-Aid", "ｆｉｒｓｔ－ａｉｄ", "first aid "])

    assert unfit(request) == {}

    assert list(request.skills) == ["first-aid"] * 3


def test_a_text_that_is_far_too_long_is_left_to_the_rule_of_its_length() -> None:
    request = Note(text="\ufdfa" * 1_000_000)

    assert unfit(request) == {}
    assert "may have at most" in {v.field: v.wanted for v in rules_of(Note.DESCRIPTOR)(request)}["text"]


@given(messages(Note.DESCRIPTOR, {}))
def test_no_message_whatever_breaks_the_forms(request_: Any) -> None:
    assert all(unfit(request_).values())
