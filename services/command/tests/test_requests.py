"""A request typed by hand: what does not fit is told by the names of the proto files, with what would fit."""

import pytest
from linli.cases.v1 import cases_service_pb2 as cases

from libs.runtime.config.guards import CannotStart
from services.command.requests import parse

LIST = cases.ListCasesRequest.DESCRIPTOR
OPEN = cases.OpenCaseRequest.DESCRIPTOR


def told(text: str, of: object = LIST) -> str:
    with pytest.raises(CannotStart) as refused:
        parse(of, text)  # type: ignore[arg-type] # a descriptor
    return str(refused.value)


def test_a_request_is_read_by_either_name_of_its_fields() -> None:
    typed = parse(LIST, '{"page_size": 3, "pageToken": "t"}')

    assert typed == cases.ListCasesRequest(page_size=3, page_token="t")


def test_a_nested_request_with_a_moment_and_an_enum_is_read() -> None:
    typed = parse(
        OPEN,
        '{"channel": "CHANNEL_WEB", "occurred_time": "2020-01-03T09:00:00Z",'
        ' "external_reference": {"system": "311"}, "location": {"latitude": 34}}',
    )

    assert isinstance(typed, cases.OpenCaseRequest)
    assert typed.external_reference.system == "311"
    assert typed.occurred_time.seconds == 1578042000


@pytest.mark.parametrize("text", ["[]", "3", '"x"', "null"])
def test_only_an_object_is_a_request(text: str) -> None:
    assert "the request is not a ListCasesRequest: it must be a JSON object" in told(text)


def test_an_unknown_field_is_told_with_those_there_are_in_snake_case() -> None:
    message = told('{"pagesize": 3}')

    assert "pagesize: there is no such field, did you mean page_size? There are" in message
    assert "page_token, filter" in message
    assert "pageSize" not in message


def test_an_unknown_value_is_told_with_those_allowed() -> None:
    message = told('{"channel": "PHONE"}', OPEN)

    assert "channel: must be one of CHANNEL_WEB, CHANNEL_PHONE_OPERATOR" in message
    assert "UNSPECIFIED" not in message


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('{"description": 3}', "description: must be a text in quotes, not 3"),
        ('{"anonymous": "yes"}', 'anonymous: must be true or false, not "yes"'),
        ('{"occurred_time": "yesterday"}', "occurred_time: must be a moment such as 2020-01-03T09:00:00Z"),
        ('{"location": "here"}', "location: must be an object"),
        ('{"location": {"latitude": "north"}}', 'location.latitude: must be a number, not "north"'),
        ('{"location": {"lat": 1}}', "location.lat: there is no such field. There are latitude, longitude"),
    ],
)
def test_a_value_of_another_kind_is_told_with_its_field(text: str, wanted: str) -> None:
    assert wanted in told(text, OPEN)


def test_all_that_is_wrong_is_told_at_once() -> None:
    message = told('{"page_size": "many", "filter": 3, "nowhere": 1}')

    assert len(message.splitlines()) == 4
