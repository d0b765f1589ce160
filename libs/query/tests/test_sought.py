"""A query finds English words in their forms, and runs of Chinese characters as they stand."""

import pytest

from libs.ledger.decider import Refusal
from libs.query.sought import Sought, terms


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("street lamps", "The LAMP in this street is broken"),
        ("buses", "a bus is late"),
        ("cafe", "in front of the Cafe\u0301"),
        ("ＬＡＭＰ", "a lamp"),
        ("lamp", "ｌａｍｐ"),
        ("路灯坏了", "小区门口的路灯坏了三天"),
        ("电梯 lift", "The lift (电梯) is stuck"),
        ("3号楼", "在３号楼门口"),
        ("lamp of the street", "street lamp"),
    ],
)
def test_a_text_with_all_of_a_query_has_it(query: str, text: str) -> None:
    sought = Sought.of(query)

    assert set(sought.terms) <= set(terms([text]))
    assert sought.is_in([text])


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("street lamp", "a lamp in the park"),
        ("lam", "a lamp"),
        ("路灯坏", "路灯没坏，是灯坏的"),
        ("灯坏路", "路灯坏"),
        ("电梯 lamp", "电梯"),
    ],
)
def test_a_text_that_lacks_something_does_not_have_it(query: str, text: str) -> None:
    assert not Sought.of(query).is_in([text])


def test_words_may_stand_in_different_texts() -> None:
    assert Sought.of("lamp 电梯").is_in(["a lamp", "电梯坏了"])


@pytest.mark.parametrize(
    "query", ["", " ", "灯", "a", "the of and", "%", "_", "%_%", "灯 梯", "的我", "🎉", "!?"]
)
def test_a_query_in_which_nothing_can_be_looked_for_is_told(query: str) -> None:
    with pytest.raises(Refusal, match="nothing in this text can be looked for") as refused:
        Sought.of(query)

    assert refused.value.code == "TEXT_NOT_SEARCHABLE"


def test_what_most_texts_have_is_no_term() -> None:
    assert [*terms(["the lamp of our house", "我们的路灯"])] == ["lamp", "hous", "路灯"]
