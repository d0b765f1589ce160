"""What the field rules let through, and what they tell those they stop."""

from typing import Any

import pytest
from hypothesis import given
from linli.identity.v1 import identity_service_pb2

from libs.rpc.normal import normal_of
from libs.rpc.tests.greeter import message
from libs.rpc.validation import MOST_BYTES, MOST_CHARACTERS, rules_of
from libs.testkit.requests import messages

Login = identity_service_pb2.CreateLoginRequest
Note, Place = message("WriteNoteRequest"), message("Place")
check, normal = rules_of(Note.DESCRIPTOR), normal_of(Note.DESCRIPTOR, "CN")


def a_note(**changes: Any) -> Any:
    """A request that keeps all rules, with changes."""
    good: dict[str, Any] = {"request_id": "r-1", "text": "灯坏了", "mood": 1, "place": Place(), "stars": 1}
    return Note(**{**good, "floor": 0, **changes})


def wrong(request: Any) -> dict[str, str]:
    """The fields at fault, and what is wanted of them."""
    return {violation.field: violation.wanted for violation in (*normal(request), *check(request))}


def test_a_text_that_is_too_short_hears_how_long_it_must_be() -> None:
    short = Login(request_id="r-1", party_id="p", login_name="wei", password="secret")  # no secret

    found = {violation.field: violation.wanted for violation in rules_of(Login.DESCRIPTOR)(short)}

    assert found == {"password": "must have at least 10 characters"}


def test_a_good_request_passes() -> None:
    full = a_note(
        tags=["a"], places=[Place(label="x")], moods=[2], labels={"k": "v"}, corners={"nw": Place()}
    )
    full.occurred_time.FromJsonString("2020-01-06T08:00:00Z")
    full.lasting.FromJsonString("3600s")

    assert wrong(full) == {}


def test_an_empty_request_hears_of_every_required_field_at_once() -> None:
    must_be_set = {"request_id", "text", "mood", "place", "floor"}

    found = wrong(Note(stars=1))

    assert set(found) == must_be_set
    assert all("must be" in wanted for wanted in found.values())


@pytest.mark.parametrize(
    ("changes", "field", "wanted"),
    [
        ({"text": "x" * 21}, "text", "may have at most 20 characters"),
        ({"request_id": "no spaces"}, "request_id", "must match [A-Za-z0-9._:-]+"),
        ({"request_id": "r\n1"}, "request_id", "must match [A-Za-z0-9._:-]+"),
        ({"text": "a\x00b"}, "text", "must have no control characters (newline and tab are fine)"),
        ({"text": "a\x1b[31m"}, "text", "must have no control characters (newline and tab are fine)"),
        ({"mood": 99}, "mood", "must be one of MOOD_GLAD, MOOD_SAD"),
        ({"mood": -1}, "mood", "must be one of MOOD_GLAD, MOOD_SAD"),
        ({"moods": [1, 0]}, "moods[1]", "must be one of MOOD_GLAD, MOOD_SAD"),
        ({"stars": 0}, "stars", "must be from 1 to 5"),
        ({"stars": 6}, "stars", "must be from 1 to 5"),
        ({"floor": 100}, "floor", "must be from -3 to 99"),
        ({"tags": ["a"] * 4}, "tags", "may have at most 3 entries"),
        ({"tags": ["a", "ccccc"]}, "tags[1]", "may have at most 4 characters"),
        ({"places": [Place()] * 101}, "places", "may have at most 100 entries"),
        ({"places": [Place(), Place(latitude=91)]}, "places[1].latitude", "must be from -90 to 90"),
        ({"place": Place(latitude=float("nan"))}, "place.latitude", "must be from -90 to 90"),
        ({"place": Place(height=float("inf"))}, "place.height", "must be a finite number"),
        (
            {"place": Place(within=Place(within=Place(label="abcdef")))},
            "place.within.within.label",
            "may have",
        ),
        ({"labels": {"k": "value"}}, "labels[0].value", "may have at most 4 characters"),
        ({"labels": {"k" * 257: "v"}}, "labels[0].key", "may have at most 256 characters"),
        ({"corners": {"nw": Place(latitude=-91)}}, "corners[0].value.latitude", "must be from -90 to 90"),
        ({"word": "x" * (MOST_CHARACTERS + 1)}, "word", f"may have at most {MOST_CHARACTERS} characters"),
        ({"picture": b"x" * (MOST_BYTES + 1)}, "picture", f"may have at most {MOST_BYTES} bytes"),
    ],
)
def test_a_broken_rule_names_its_field_and_what_is_wanted(
    changes: dict[str, Any], field: str, wanted: str
) -> None:
    found = wrong(a_note(**changes))

    assert list(found) == [field]
    assert wanted in found[field]


YEAR_1900, YEAR_2200 = -2_208_988_800, 7_258_118_400


@pytest.mark.parametrize(
    ("seconds", "nanos"),
    [
        *((YEAR_1900 - 1, 0), (YEAR_2200, 1), (YEAR_2200 + 1, 0), (0, -1), (0, 10**9)),
        *((-62135596800, 0), (253402300799, 0), (253402300800, 0), (-62135596801, 0)),
    ],
)
def test_a_moment_beyond_the_bounds_is_refused(seconds: int, nanos: int) -> None:
    request = a_note()
    request.occurred_time.seconds, request.occurred_time.nanos = seconds, nanos

    found = wrong(request)

    assert list(found) == ["occurred_time"]
    assert found["occurred_time"].startswith("must be a moment from 1900-01-01 to 2200-01-01 UTC")


@pytest.mark.parametrize("seconds", [YEAR_1900, 0, YEAR_2200])
def test_a_moment_within_the_bounds_passes(seconds: int) -> None:
    request = a_note()
    request.occurred_time.seconds = seconds

    assert wrong(request) == {}


CENTURY = 100 * 31_557_600


@pytest.mark.parametrize(
    ("seconds", "nanos"), [(CENTURY + 1, 0), (CENTURY, 1), (-CENTURY - 1, 0), (1, -1), (-1, 1), (0, 10**9)]
)
def test_a_duration_that_is_none_or_beyond_the_bounds_is_refused(seconds: int, nanos: int) -> None:
    request = a_note()
    request.lasting.seconds, request.lasting.nanos = seconds, nanos

    assert list(wrong(request)) == ["lasting"]


@pytest.mark.parametrize("text", ["两行\n文字", "tab\there", "全角　空格", "emoji 👩‍👩‍👧", "café", "שלום"])
def test_honest_text_of_any_script_passes(text: str) -> None:
    assert wrong(a_note(text=text)) == {}


def test_the_characters_of_a_text_are_counted_not_its_bytes() -> None:
    assert wrong(a_note(text="名" * 20)) == {}


@given(messages(Note.DESCRIPTOR, {}))
def test_no_message_whatever_breaks_the_check_itself(request_: Any) -> None:
    assert all(violation.field and violation.wanted for violation in check(request_))
