"""Any moment, number, list and length of any rpc has bounds; and what a comment states is enforced."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor as Field
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from libs.query.paging import MOST
from libs.rpc.normal import normal_of
from libs.rpc.validation import MOST_ITEMS, rules_of
from libs.testkit.contracts import Place, comments, every_place

INTEGERS = {
    Field.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    Field.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    Field.CPPTYPE_UINT32: (0, 2**32 - 1),
    Field.CPPTYPE_UINT64: (0, 2**64 - 1),
}
FRACTIONS = (Field.CPPTYPE_DOUBLE, Field.CPPTYPE_FLOAT)
PLACES = every_place()
MOMENTS = [place for place in PLACES if place.field.message_type is Timestamp.DESCRIPTOR]
NUMBERS = [place for place in PLACES if place.field.cpp_type in INTEGERS]
BEYOND = [
    *((-62135596800, 0), (-2_208_988_801, 999_999_999), (7_258_118_400, 1), (253402300799, 999_999_999)),
    *((-(2**63), 0), (2**63 - 1, 0), (0, -1), (0, 10**9)),
]


def refused(request: Message) -> set[str]:
    """The fields at fault."""
    descriptor: Any = request.DESCRIPTOR
    found = (*normal_of(descriptor, "CN")(request), *rules_of(descriptor)(request))
    return {violation.field for violation in found}


@pytest.mark.parametrize(("seconds", "nanos"), BEYOND)
def test_a_moment_beyond_the_stated_range_is_refused_everywhere(seconds: int, nanos: int) -> None:
    """Year 1 and year 9999 stand for "no date" in other systems: leave the field out instead."""
    assert len(MOMENTS) > 30
    for place in MOMENTS:
        assert place.path in refused(place.put(Timestamp(seconds=seconds, nanos=nanos))), str(place)


@pytest.mark.parametrize("seconds", [-2_208_988_800, 0, 7_258_118_400])
def test_a_moment_within_the_range_is_taken_everywhere(seconds: int) -> None:
    for place in MOMENTS:
        assert place.path not in refused(place.put(Timestamp(seconds=seconds))), str(place)


def test_no_list_gives_more_rows_at_once_than_a_page_has() -> None:
    sizes = [place for place in NUMBERS if place.field.name == "page_size"]

    assert len(sizes) > 10
    for place in sizes:
        assert (place.rules.minimum, place.rules.maximum <= MOST) == (0, True), str(place)
        assert place.path in refused(place.put(int(place.rules.maximum) + 1)), str(place)


def test_every_whole_number_has_bounds_that_are_kept() -> None:
    assert len(NUMBERS) > 40
    for place in NUMBERS:
        rules, (lowest, highest) = place.rules, INTEGERS[place.field.cpp_type]
        assert rules.bounded, f"{place} has no bounds"
        for number in {int(rules.minimum) - 1, int(rules.maximum) + 1, lowest, highest}:
            if lowest <= number <= highest and not rules.minimum <= number <= rules.maximum:
                assert place.path in refused(place.put(number)), f"{place}: {number}"
        for number in (int(rules.minimum), int(rules.maximum)):
            assert place.path not in refused(place.put(number)), f"{place}: {number}"


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf"), 1e308])
def test_a_number_that_is_none_is_refused_everywhere(number: float) -> None:
    for place in PLACES:
        if place.field.cpp_type in FRACTIONS:
            assert place.path in refused(place.put(number)), str(place)


def test_no_place_is_beyond_the_earth() -> None:
    degrees = [place for place in PLACES if place.field.name in {"latitude", "longitude"}]

    assert degrees
    for place in degrees:
        assert place.path in refused(place.put(-181.0)), str(place)


def test_a_value_that_no_enum_has_is_refused_everywhere() -> None:
    for place in PLACES:
        if place.field.cpp_type == Field.CPPTYPE_ENUM:
            assert place.path in refused(place.put(9999)), str(place)
            assert place.path in refused(place.put(-1)), str(place)


def test_a_list_or_a_text_that_is_too_long_is_refused_everywhere() -> None:
    for place in PLACES:
        if place.field.is_repeated:
            request = place.put(_some(place))
            for _ in range(place.rules.max_items or MOST_ITEMS):
                getattr(place.around(request), place.field.name).append(_some(place))
            assert place.path.removesuffix("[0]") in refused(request), str(place)
        if place.field.type == Field.TYPE_STRING:
            assert place.path in refused(place.put("x" * ((place.rules.max_length or 256) + 1))), str(place)


def _some(place: Place) -> Any:
    if place.field.message_type is not None:
        message: Any = place.field.message_type._concrete_class  # type: ignore[attr-defined] # protobuf's own
        return message()
    return "abc1" if place.field.type == Field.TYPE_STRING else 1


# What comments state, and how it is tried: the values that are just good, and just not.
Tried = tuple[list[Any], list[Any]]
STATED: dict[str, Callable[[re.Match[str]], Tried]] = {
    r"(-?[\d,]+) to ([\d,]+) characters": lambda found: (
        ["x" * _int(found[1]), "x" * _int(found[2])],
        ["x" * (_int(found[1]) - 1), "x" * (_int(found[2]) + 1)],
    ),
    r"(-?\d[\d,]*)(?: \([^)]*\))? to ([\d,]+)\b(?! characters)": lambda found: (
        [_int(found[1]), _int(found[2])],
        [_int(found[1]) - 1 - (_int(found[1]) == 1), _int(found[2]) + 1],
    ),
    r"up to ([\d,]+)": lambda found: ([_int(found[1])], [_int(found[1]) + 1, -1]),
    r"at most ([\d,]+) MB": lambda found: (
        ["x" * (_int(found[1]) * 1_000_000)],
        ["x" * (_int(found[1]) * 1_000_000 + 1)],
    ),
    r"at most ([\d,]+) hours later": lambda found: (
        [Timestamp(seconds=_int(found[1]) * 3600)],
        [Timestamp(seconds=_int(found[1]) * 3600, nanos=1), Timestamp(seconds=315_360_000)],
    ),
}


def _int(text: str) -> int:
    return int(text.replace(",", ""))


def _stated() -> Iterator[tuple[Place, str, Tried]]:
    for place in PLACES:
        comment = comments().get(place.field.full_name, "")
        for pattern, tried in STATED.items():
            for found in re.finditer(pattern, comment):
                yield place, comment, tried(found)


@pytest.mark.process
def test_every_bound_that_a_fields_comment_states_is_enforced() -> None:
    found = list(_stated())

    assert len(found) > 40
    for place, comment, (good, bad) in found:
        for value in good:
            assert place.path not in refused(_with_moment_before(place, value)), f"{place}: {comment}"
        for value in bad:
            assert place.path in refused(_with_moment_before(place, value)), f"{place}: {comment}"


@pytest.mark.process
def test_every_number_in_a_fields_comment_is_read_as_a_bound() -> None:
    """So that no comment states a bound in words that the test above does not understand."""
    understood = re.compile("|".join((*STATED, r"0 means [\d,]+", r"0: no", r"WGS 84", r"24 hours from now")))
    bound = re.compile(
        r"\d[\d,]* (?:to|hours|minutes|days|years|characters|entries|MB)\b|(?:up to|at most) \d"
    )

    for place in PLACES:
        comment = comments().get(place.field.full_name, "")
        assert not bound.search(understood.sub("", comment)), f"{place}: {comment}"


def _with_moment_before(place: Place, value: Any) -> Message:
    request = place.put(value)
    if place.rules.follows:
        getattr(request, place.rules.follows).SetInParent()
    return request
