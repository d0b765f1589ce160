"""Texts become words: folded Latin, Chinese singles and pairs."""

import pytest

from services.catalog.domain.words import indexed, wanted


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Home visits for the ELDERLY", ["home", "visit", "for", "the", "elderly"]),
        ("café, naïve", ["cafe", "naive"]),
        ("老年食堂", ["老", "年", "食", "堂", "老年", "年食", "食堂"]),
        ("ＡＢＣ１２３", ["abc123"]),
        ("3楼 room-5", ["3", "楼", "room", "5"]),
        ("classes and buses at a bus stop", ["class", "and", "buse", "at", "a", "bu" + "s", "stop"]),
        ("…!? 、。", []),
        ("x" * 41, []),
    ],
)
def test_a_text_is_found_under_these_words(text: str, words: list[str]) -> None:
    assert indexed(text) == words


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("老年食堂", ("老年", "年食", "食堂")),
        ("堂", ("堂",)),
        ("食堂 canteen 食堂", ("食堂", "canteen")),
        ("", ()),
        ("𠮷野家", ("𠮷野", "野家")),
    ],
)
def test_a_query_looks_for_these_words(query: str, words: tuple[str, ...]) -> None:
    assert wanted(query) == words


@pytest.mark.parametrize(
    "text", ["老年食堂 Canteens for the elderly", "İstanbul ﬁre ß", "한국어 日本語テスト"]
)
def test_whatever_is_indexed_is_found_by_itself(text: str) -> None:
    assert set(wanted(text)) <= set(indexed(text))
