"""A unit is one dwelling, however it is written; an address one building."""

import pytest

from services.identity.domain.units import address_key, unit_key


@pytest.mark.capability("004.9")
@pytest.mark.parametrize(
    "written",
    [
        *("3-201", "3－201", "3—201", "3 - 201", "03-201", "3/201", " 3 201 "),
        *(
            "三单元201",
            "3单元201室",
            "３单元２０１号",
            "三单元二〇一",
            "三单元二零一室",
            "3单元2层201",
            "3单元二楼201",
        ),
        *("Unit 3, Room 201", "unit3 no. 201", "UNIT 3 FLAT 201"),
    ],
)
def test_one_unit_has_one_key(written: str) -> None:
    assert unit_key(written) == "3-201"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("3-201", "2-301"),
        ("3-201", "3201"),
        ("3单元2楼1", "3单元3楼1"),
        ("3-201", "3-201a"),
        ("十二单元1", "二单元1"),
        ("north-1", "south-1"),
    ],
)
def test_other_units_have_other_keys(one: str, other: str) -> None:
    assert unit_key(one) != unit_key(other)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("十单元1", "10-1"),
        ("十二单元1", "12-1"),
        ("二十单元1", "20-1"),
        ("二十三单元1", "23-1"),
        ("一百零二", "102"),
    ],
)
def test_chinese_numerals_are_numbers(written: str, key: str) -> None:
    assert unit_key(written) == key


@pytest.mark.parametrize("written", ["", "  ", "--", "单元", "号室"])
def test_of_some_texts_nothing_is_left(written: str) -> None:
    assert unit_key(written) == ""


def test_an_address_is_the_same_in_any_width_and_case() -> None:
    assert address_key("12 Willow Rd.") == address_key("１２ willow rd") != address_key("1 Willow Rd")
