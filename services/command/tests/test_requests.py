"""A request typed by hand: what does not fit is told by the names of the proto files, with what would fit."""

import io
import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli.cases.v1 import cases_service_pb2 as cases
from linli.identity.v1 import identity_service_pb2 as identity

from libs.runtime.config.guards import CannotStart
from services.command.requests import parse, read

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
    assert "the request is not a valid ListCasesRequest: it must be a JSON object" in told(text)


@pytest.mark.parametrize(
    "text", ['{"page_size": 3, "page_size": 4}', '{"external_reference": {"system": "a", "system": "b"}}']
)
def test_a_field_that_is_given_twice_is_refused(text: str) -> None:
    assert told(text, OPEN).endswith(" is given twice")


def test_an_unknown_field_is_told_with_those_there_are_in_snake_case() -> None:
    message = told('{"pagesize": 3}')

    assert "pagesize: there is no such field; did you mean page_size? Its fields are" in message
    assert "page_token, filter" in message
    assert "pageSize" not in message


def test_an_unknown_value_is_told_with_those_allowed() -> None:
    message = told('{"channel": "PHONE"}', OPEN)

    assert "channel: must be one of CHANNEL_WEB, CHANNEL_PHONE_OPERATOR" in message
    assert "UNSPECIFIED" not in message


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('{"description": 3}', "description: must be a string in quotes, not 3"),
        ('{"anonymous": "yes"}', 'anonymous: must be true or false, not "yes"'),
        ('{"occurred_time": "yesterday"}', "occurred_time: must be a moment such as 2020-01-03T09:00:00Z"),
        ('{"location": "here"}', "location: must be an object"),
        ('{"location": {"latitude": "north"}}', 'location.latitude: must be a number, not "north"'),
        (
            '{"location": {"lat": 1}}',
            "location.lat: there is no such field. Its fields are latitude, longitude",
        ),
    ],
)
def test_a_value_of_another_kind_is_told_with_its_field(text: str, wanted: str) -> None:
    assert wanted in told(text, OPEN)


def test_all_that_is_wrong_is_told_at_once() -> None:
    message = told('{"page_size": "many", "filter": 3, "nowhere": 1}')

    assert len(message.splitlines()) == 4


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('{"location": {"latitude": 1e400}}', "location.latitude: must be a number, not Infinity"),
        ('{"location": {"latitude": "NaN"}}', 'location.latitude: must be a number, not "NaN"'),
        ('{"location": {"latitude": NaN}}', "it is not JSON: NaN is not a number"),
        ('{"location": {"latitude": ' + "1" * 5000 + "}}", "it is not JSON: a number of 5000 digits"),
        ('{"channel": 99999999999999}', "channel: must be one of CHANNEL_WEB"),
        ('{"occurred_time": 1e400}', "occurred_time: must be a moment such as"),
        ("[" * 20_000, "it is nested too deeply"),
        ('{"location": ' * 20_000, "it is nested too deeply"),
    ],
)
def test_what_no_field_can_hold_is_refused_in_a_sentence(text: str, wanted: str) -> None:
    message = told(text, OPEN)

    assert wanted in message
    assert len(message) < 600


@pytest.mark.parametrize("number", ["1e400", "1.5", "true", "99999999999", '"many"', "-3000000000"])
def test_a_number_that_does_not_fit_is_answered_with_those_that_do(number: str) -> None:
    wanted = "page_size: must be a whole number from -2147483648 to 2147483647, not"

    assert wanted in told(f'{{"page_size": {number}}}')


NAMES = st.sampled_from([*OPEN.fields_by_name, *LIST.fields_by_name, "latitude", "x"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner),
    max_leaves=10,
)


@given(st.dictionaries(NAMES, VALUES))
def test_whatever_is_typed_is_a_request_or_is_refused_in_words(fields: dict[str, object]) -> None:
    with suppress(CannotStart):
        parse(OPEN, json.dumps(fields))


def test_a_request_that_is_too_long_for_a_line_comes_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "request.json"
    file.write_bytes(b"\xef\xbb\xbf" + '{"description": "路灯"}'.encode())

    assert json.loads(read(f"@{file}")) == {"description": "路灯"}


def test_a_request_comes_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO('{"description": "路灯"}'.encode())))

    assert json.loads(read("-")) == {"description": "路灯"}


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "gbk").write_bytes("路灯".encode("gbk"))

    with pytest.raises(CannotStart, match=r"cannot be read from .*nowhere: No such file"):
        read(f"@{tmp_path}/nowhere")
    with pytest.raises(CannotStart, match="gbk is not UTF-8: byte 2"):
        read(f"@{tmp_path}/gbk")


SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
SPLIT = identity.SplitAreaRequest.DESCRIPTOR
FEATURE = {"type": "Feature", "properties": {"name": "west"}, "geometry": SQUARE}


def parts(*boundaries: object) -> str:
    return json.dumps({"area_id": "elm", "parts": [{"boundary": each} for each in boundaries]})


@pytest.mark.capability("003.1")
@pytest.mark.parametrize("held", [SQUARE, FEATURE, {"type": "FeatureCollection", "features": [FEATURE]}])
def test_a_boundary_is_given_as_geojson_or_by_the_file_that_holds_it(
    tmp_path: Path, held: dict[str, object]
) -> None:
    file = tmp_path / "west.geojson"
    file.write_text(json.dumps(held), "utf-8-sig")

    typed = parse(SPLIT, parts(held, f"@{file}", json.dumps(SQUARE)))

    assert isinstance(typed, identity.SplitAreaRequest)
    assert [json.loads(part.boundary) for part in typed.parts] == [SQUARE] * 3


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ("root:x:0:0", "is no GeoJSON"),
        ('{"password": "of mine"}', "it must be GeoJSON, a Polygon or MultiPolygon"),
        ('{"type": "Feature"}', "it must be GeoJSON, a Polygon or MultiPolygon"),
        (
            '{"type": "Polygon", "crs": {"properties": {"name": "EPSG:4214"}}}',
            "its coordinate system is EPSG:4214: save it as WGS 84 (EPSG:4326)",
        ),
        (
            '{"type": "Polygon", "crs": {"type": "link"}}',
            "its coordinate system is {'type': 'link'}: save it as WGS 84 (EPSG:4326)",
        ),
        ('{"features": [{}, {}]}', "it has 2 features: give that of the area alone"),
        ("[" * 100_000, "is no GeoJSON"),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_a_file_that_holds_no_boundary_is_not_sent(tmp_path: Path, held: str | None, said: str) -> None:
    file = tmp_path / "west.geojson"
    if held is not None:
        file.write_text(held)

    message = told(parts(SQUARE, f"@{file}"), SPLIT)

    assert message.startswith("parts[1].boundary: ")
    assert message.endswith(said)
    assert "of mine" not in message
