"""Any text of any rpc: one form however it is spelt, blank is absent, control characters are refused."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st
from linli.identity.v1 import identity_types_pb2 as kinds
from linli.options.v1 import rules_pb2 as pb

from libs.rpc.errors import Violation
from libs.rpc.normal import normal_of
from libs.rpc.validation import rules_of
from libs.testkit.contracts import Place, every_place
from libs.testkit.rpc import every_rpc
from services.tests.echo import Echoed, echoing, good_request

PLACES = [place for place in every_place() if place.field.type == FieldDescriptor.TYPE_STRING]
AS_IT_COMES = (pb.PROFILE_EXACT, pb.PROFILE_PASSWORD)
FOLDED = [place for place in PLACES if place.profile not in AS_IT_COMES]
INVISIBLE = (
    *"\u00ad\u034f\u061c\u115f\u17b4\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202c\u202e\u2060\u2066\u2069",
    *"\ufe00\ufe0d\ufe0f\ufeff\ufff9\U0001d173\U000e0001\U000e0041\U000e0100",
)
BLANK = ("", " ", "\t", "\n", "\r\n", "\u00a0", "\u2003", "\u3000", "\u2028", "\u2800", "\u3164", "\uffa0")
CONTROL = [chr(code) for code in (*range(9), *range(14, 32), *range(127, 133), *range(134, 160))]
NONCHARACTERS = ["\ufdd0", "\ufffe", "\uffff", "\U0010ffff"]
LINE_ENDS = ("\r\n", "\r", "\x0b", "\x0c", "\u0085", "\u2028", "\u2029")


def checked(request: Message) -> list[Violation]:
    """Bring a request into its normal form; answers what is wrong with it."""
    descriptor: Any = request.DESCRIPTOR
    return [*normal_of(descriptor, "CN")(request), *rules_of(descriptor)(request)]


def plain(place: Place) -> str:
    """A text that has its place's form already."""
    return "+8613800138000" if place.profile == pb.PROFILE_PHONE else "abc1"


def test_every_text_of_every_rpc_is_looked_at() -> None:
    assert len(PLACES) > 300
    assert {place.profile for place in PLACES} == set(pb.Profile.values()) - {pb.PROFILE_UNSPECIFIED}


DECLARED = {
    r".*_ids?|(into_)?if_revision|(cases_)?at_least|order_by|scopes|types": pb.PROFILE_ID,
    r"source|service|(time_)?zone|url": pb.PROFILE_ID,
    r"page_token|client_secret|query": pb.PROFILE_EXACT,
    r"skills|languages?|accessibility|groups|evidence_kinds|system": pb.PROFILE_TAG,
    r"(.*_)?password": pb.PROFILE_PASSWORD,
    r"login_name": pb.PROFILE_USERNAME,
    r"phone": pb.PROFILE_PHONE,
    r"number|holidays|date": pb.PROFILE_KEY,
    r"keywords|unit": pb.PROFILE_LINE,
    r"reason|text|description|outcome|comment|boundary|filter|contact|address": pb.PROFILE_FREE_TEXT,
}


def test_a_field_declares_the_form_that_its_name_promises() -> None:
    for place in PLACES:
        name = place.field.name
        promised = [profile for names, profile in DECLARED.items() if re.fullmatch(names, name)]
        assert promised in ([], [place.profile]), str(place)


@given(
    st.sampled_from(FOLDED), st.integers(0, 4), st.text(st.sampled_from(INVISIBLE), min_size=1, max_size=3)
)
def test_what_nobody_sees_makes_no_difference_anywhere(place: Place, at: int, hidden: str) -> None:
    text = plain(place)
    request = place.put(text[:at] + hidden + text[at:])

    checked(request)

    assert place.take(request) == text, str(place)


@pytest.mark.parametrize("blank", [*BLANK, "".join(BLANK), "".join(INVISIBLE)], ids=ascii)
def test_blank_text_is_absent_everywhere_and_refused_where_text_is_required(blank: str) -> None:
    for place in FOLDED:
        request = place.put(blank)

        violations = {violation.field for violation in checked(request)}

        assert place.take(request) == "", str(place)
        if place.rules.required:
            assert place.path.removesuffix("[0]") in violations, str(place)


@pytest.mark.parametrize("control", [*CONTROL, *NONCHARACTERS], ids=ascii)
def test_control_characters_are_refused_everywhere(control: str) -> None:
    for place in PLACES:
        violations = {violation.field for violation in checked(place.put(f"ab{control}cd"))}

        assert place.path in violations, str(place)


@pytest.mark.parametrize("end", LINE_ENDS, ids=ascii)
def test_line_ends_become_one_kind_in_free_text_and_a_blank_elsewhere(end: str) -> None:
    for place in FOLDED:
        request = place.put(f"\ufeffone{end}two{end}")

        checked(request)

        written: dict[int, str] = {pb.PROFILE_FREE_TEXT: "one\ntwo", pb.PROFILE_TAG: "one-two"}
        if place.profile not in (pb.PROFILE_USERNAME, pb.PROFILE_PHONE):
            assert place.take(request) == written.get(place.profile, "one two"), str(place)


def test_text_composed_and_decomposed_is_the_same_everywhere() -> None:
    for place in PLACES:
        if place.profile not in (pb.PROFILE_EXACT, pb.PROFILE_PHONE):
            one, other = place.put("caf\u00e9-au-lait"), place.put("cafe\u0301-au-lait")
            checked(one)
            checked(other)
            assert one == other, str(place)


@pytest.mark.parametrize("kind", [kind for kind in kinds.KeyKind.values() if kind])
def test_a_natural_key_of_any_kind_is_the_same_however_it_is_spelt(kind: Any) -> None:
    text = "+8613800138000" if kind == kinds.KEY_KIND_PHONE else "ab-1"
    for place in FOLDED:
        if place.rules.profile_by:
            [by] = [each for each in every_place() if str(each) == str(place).replace(".value", ".kind")]
            for hidden in INVISIBLE:
                request = by.put(kind, place.put(f"{text[:2]}{hidden}{text[2:]} "))

                assert place.path not in {violation.field for violation in checked(request)}
                assert place.take(request) == text, str(place)


@pytest.fixture(scope="module")
def echoed() -> Iterator[Echoed]:
    with echoing() as one:
        yield one


def test_a_handler_is_given_the_normal_form_and_the_same_digest(echoed: Echoed) -> None:
    """Over the wire: forms come before the rules, the handler, and the digest of the request."""
    for method in every_rpc(*echoed.services):
        asked = good_request(method)
        disguised = type(asked).FromString(asked.SerializeToString())
        for place in FOLDED:
            if place.method == method and place.rules.required and place.take(asked):
                _disguise(place, disguised)

        given_plain = echoed.given(method, asked), echoed.digest
        given_disguised = echoed.given(method, disguised), echoed.digest

        assert given_plain[0] is not None, echoed.refused(method, asked)
        assert given_disguised == given_plain, method.path


def _disguise(place: Place, request: Message) -> None:
    around, text = place.around(request), place.take(request)
    spelt = f"\ufeff {text[:1]}\u200b{text[1:]}\u202c\r\n"
    if place.field.is_repeated:
        getattr(around, place.field.name)[0] = spelt
    else:
        setattr(around, place.field.name, spelt)


def test_over_the_wire_control_characters_and_blank_text_are_refused_by_field(echoed: Echoed) -> None:
    for place in PLACES:
        assert place.path in echoed.refused(place.method, place.put("a\x1bb")), str(place)
        if place.rules.required and place in FOLDED and not place.field.is_repeated:
            assert place.path in echoed.refused(place.method, place.put("\u3000\u200b")), str(place)
