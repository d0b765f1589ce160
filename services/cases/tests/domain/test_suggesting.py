"""Which affairs are suggested for the words of a text, and why."""

from collections.abc import Sequence

import pytest

from libs.query.sought import terms
from services.cases.domain.suggesting import MOST, Heard, Named, Suggestion, suggest


def words(*texts: str) -> list[str]:
    return [*terms(texts)]


def affair(affair_id: str, *names: str, above: str = "") -> Named:
    return Named(affair_id=affair_id, words=frozenset(words(*names)), above=frozenset(words(above)))


LAMPS = affair("lamps", "路灯", "Street lighting", "lamp", above="道路 Roads")
POTHOLES = affair("potholes", "路面坑洼", "Potholes", above="道路 Roads")
NOISE = affair("noise", "噪音扰民", "Noise", "loud music")
WASTE = affair("waste", "垃圾", "Waste")
TOWN = (LAMPS, POTHOLES, NOISE, WASTE)


def asked(text: str, heard: Heard | None = None, affairs: Sequence[Named] = TOWN) -> Sequence[Suggestion]:
    return suggest(words(text), affairs, heard or Heard())


@pytest.mark.parametrize(
    ("text", "affair_id"),
    [
        ("小区门口的路灯坏了三天", "lamps"),
        ("two lamps are broken", "lamps"),
        ("楼下半夜很吵，噪音太大", "noise"),
        ("LOUD MUSIC after midnight", "noise"),
        ("路灯 is broken since Monday", "lamps"),
        ("a huge pothole in our road", "potholes"),
    ],
)
def test_without_a_single_case_names_and_keywords_answer(text: str, affair_id: str) -> None:
    assert asked(text)[0].affair_id == affair_id


@pytest.mark.parametrize(
    "text", ["", "   ", "😀😀😀", "the and of", "灯", "xyzzy plugh", "!!! %s ; DROP TABLE"]
)
def test_a_text_of_which_no_word_is_known_gets_no_suggestion(text: str) -> None:
    frequent = Heard(people={"waste": 900}, often={"waste": 900}, here={"waste": 900})

    assert asked(text, frequent) == []


def test_a_town_without_affairs_gets_no_suggestion() -> None:
    assert asked("路灯坏了", affairs=()) == []


def test_no_more_than_three_are_suggested_however_many_share_a_name() -> None:
    found = asked("lamp", affairs=[affair(f"lamp-{n}", "lamp") for n in range(5)])

    assert [each.affair_id for each in found] == ["lamp-0", "lamp-1", "lamp-2"]
    assert len(found) == MOST


def test_a_name_of_an_affair_above_counts_less_than_its_own() -> None:
    found = asked("道路 pothole")

    assert [(each.affair_id, each.named) for each in found] == [
        ("potholes", ("道路", "pothol")),
        ("lamps", ("道路",)),
    ]


def test_words_that_people_used_for_an_affair_speak_for_it() -> None:
    heard = Heard(people={"lamps": 50, "waste": 50}, said={"dark": {"lamps": 20}}, hidden=4)

    first, *_ = asked("it is dark at night", heard)

    assert (first.affair_id, first.named, first.learned) == ("lamps", (), ("dark",))


def test_a_word_that_everybody_uses_for_everything_speaks_for_nothing() -> None:
    heard = Heard(people={"lamps": 50, "waste": 50}, said={"monday": {"lamps": 25, "waste": 25}})

    assert asked("since Monday", heard) == []


def test_once_a_word_speaks_the_frequent_affairs_of_the_place_follow() -> None:
    reported = {"waste": 90, "noise": 10}
    heard = Heard(people=reported, often=reported, here={"waste": 9})

    found = asked("路灯", heard)

    assert [each.affair_id for each in found] == ["lamps", "waste", "noise"]
    assert found[1].named == found[1].learned == ()


def test_what_is_frequent_here_decides_between_equal_words() -> None:
    alike = {"lamps": 100, "potholes": 100}
    heard = Heard(people=alike, often=alike, here={"potholes": 40, "lamps": 2})

    assert [each.affair_id for each in asked("道路", heard)] == ["potholes", "lamps"]


def test_what_is_reported_often_counts_as_such_though_as_many_of_each_affair_were_asked_for_words() -> None:
    asked_for_words = {"lamps": 400, "potholes": 400}
    heard = Heard(people=asked_for_words, often={"lamps": 300, "potholes": 3_000})

    assert [each.affair_id for each in asked("道路", heard)] == ["potholes", "lamps"]


def test_a_rare_affair_is_found_by_its_name_beside_one_with_thousands_of_cases() -> None:
    heard = Heard(people={"waste": 5_000}, often={"waste": 5_000}, here={"waste": 5_000})

    assert asked("noise", heard)[0].affair_id == "noise"


def test_a_word_said_a_thousand_times_in_one_text_counts_once() -> None:
    assert asked("lamp " * 1_000 + "noise") == asked("lamp noise")


def test_scores_lie_between_zero_and_one() -> None:
    found = asked(
        "路灯 noise 垃圾 pothole", Heard(people={"waste": 90}, often={"waste": 90}, here={"waste": 90})
    )

    assert all(0 < each.share < 1 for each in found)
    assert sum(each.share for each in found) <= 1


def test_a_word_that_few_may_have_used_speaks_against_nobody() -> None:
    people, said = {"lamps": 10, "noise": 1_000, "waste": 9_000}, {"dark": {"noise": 400}}
    unknown, known = Heard(people=people, said=said, hidden=4), Heard(people=people, said=said)

    def score(heard: Heard) -> float:
        return next(each.share for each in asked("dark", heard) if each.affair_id == "lamps")

    assert score(unknown) > score(known)
