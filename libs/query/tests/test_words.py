"""Texts become words: folded Latin, Chinese singles and pairs."""

import threading

import pytest

from libs.query.words import indexed, wanted


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Home visits for the ELDERLY", ["home", "visit", "for", "the", "elder"]),
        ("café, naïve", ["cafe", "naiv"]),
        ("老年食堂", ["老", "年", "食", "堂", "老年", "年食", "食堂"]),
        ("ＡＢＣ１２３", ["abc123"]),
        ("3楼 room-5", ["3", "楼", "room", "5"]),
        ("classes and buses at a bus stop", ["class", "and", "bus", "at", "a", "bus", "stop"]),
        ("…!? 、。", []),
        ("x" * 41, ["x" * 40]),
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


@pytest.mark.parametrize(
    "pair",
    [
        *("bus buses", "cookie cookies", "movie movies", "taxi taxis", "menu menus", "potato potatoes"),
        *("class classes", "box boxes", "lens lenses", "gas gases", "canvas canvases", "quiz quizzes"),
        *("hero heroes", "city cities", "church churches", "wish wishes", "house houses", "case cases"),
        *("leaf leaves", "shelf shelves", "child children", "person people", "woman women", "foot feet"),
        *("service services", "address addresses", "status statuses", "virus viruses", "photo photos"),
        *("shoe shoes", "tree trees", "tax taxes", "museum museums", "zoo zoos", "crisis crises"),
    ],
)
def test_a_plural_finds_what_the_singular_finds(pair: str) -> None:
    singular, plural = pair.split()

    assert wanted(singular) == wanted(plural) == tuple(indexed(plural))


@pytest.mark.parametrize("query", ["🎉", "!!!", "\u200b", "…", " ", "♥ ☎"])
def test_a_query_may_have_no_word_to_look_for(query: str) -> None:
    assert wanted(query) == ()


def test_words_of_many_threads_do_not_mix() -> None:
    texts = [f"arbitrary{number} buses" for number in range(2_000)]
    alone = [indexed(text) for text in texts]
    found: list[list[list[str]]] = []
    threads = [threading.Thread(target=lambda: found.append(list(map(indexed, texts)))) for _ in range(4)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [alone] * 4
