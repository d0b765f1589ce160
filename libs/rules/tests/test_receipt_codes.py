"""A code survives being read out, and typed from paper."""

import pytest

from libs.rules.receipt_codes import receipt_code, receipt_code_typed


@pytest.mark.parametrize(
    "typed", ["7F3K0-2QD41-M8C1T", "7f3k0-2qd41-m8c1t", "7F3KO 2QD4I M8CLT", "7f3ko2qd4lm8cit"]
)
def test_a_receipt_code_is_read_as_people_type_it(typed: str) -> None:
    assert receipt_code_typed(typed) == "7F3K0-2QD41-M8C1T"


def test_a_code_is_read_as_it_was_given() -> None:
    code = receipt_code("9b74c9897bac770ffc029102a200c5de")

    assert receipt_code_typed(code.lower().replace("-", " ")) == code
