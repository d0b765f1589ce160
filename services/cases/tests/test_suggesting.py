"""Affairs are suggested by their names and by the cases so far, never by what one person said."""

from itertools import count
from typing import Any

import psycopg
import pytest
from linli.cases.v1 import cases_service_pb2 as pb
from linli.catalog.v1 import catalog_events_pb2 as catalog
from linli.identity.v1 import identity_events_pb2 as identity
from linli.types.v1 import types_pb2

from libs.rpc.failures import RpcFailed
from libs.rules.areas import AreaPath
from libs.testkit.component import Component
from libs.testkit.eventually import eventually
from services.cases.adapters import learned
from services.cases.domain.suggesting import Heard
from services.cases.tests.neighbours import AT_SEA, IN_HARBOUR, IN_MOLE_STREET
from services.cases.tests.wire import on, refused, report

ENOUGH = learned.FEWEST
numbers = count(1)


@pytest.fixture(autouse=True)
def _learns_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learned, "EVERY", 0.0)


@pytest.fixture
def word() -> str:
    """One that no other case has."""
    return f"quagga{next(numbers)}x"


@pytest.fixture(scope="module")
def named(running: Component) -> None:
    """The affairs of the city have names."""
    for affair_id, path, zh, en in (
        ("potholes", "streets/potholes", "路面坑洼", "Potholes"),
        ("graffiti", "streets/graffiti", "乱涂乱画", "Graffiti"),
        ("ufos", "ufos", "不明飞行物", "Flying saucers"),
    ):
        name = types_pb2.LocalizedText(zh=zh, en=en)
        changed = catalog.AffairChanged(affair_id=affair_id, affair_path=path, name=name)
        changed.anonymous_allowed = affair_id != "potholes"
        running.hears("catalog", changed)


def asked(somebody: Any, text: str, **place: Any) -> list[pb.AffairSuggestion]:
    answer = somebody.suggest_affair(pb.SuggestAffairRequest(text=text, **place))
    return list(answer.suggestions)


def suggested(somebody: Any, text: str, **place: Any) -> list[str]:
    return [each.affair_id for each in asked(somebody, text, **place)]


def taken_on(operator: Any, officer: Any, text: str, times: int = ENOUGH, **fields: Any) -> list[pb.Case]:
    """So many people report it, and the body accepts each case."""
    opened = [operator.open_case(report("graffiti", description=text, **fields)) for _ in range(times)]
    for each in opened:
        officer.accept_case(pb.AcceptCaseRequest(**on(each.case)))
    seen_by = pb.ListCasesRequest(page_size=1, at_least=opened[-1].revision)
    operator.list_cases(seen_by)
    return [each.case for each in opened]


def teaches(operator: Any, text: str) -> bool:
    """Whether a word of the text is learnt, once the view has got that far."""
    return any(each.learned_words for each in asked(operator, text))


@pytest.mark.usefixtures("named")
def test_a_resident_is_shown_what_their_words_may_be_about_and_who_would_answer(resident: Any) -> None:
    eventually(lambda: asked(resident, "路面坑洼"), "the names are known")

    first, *_ = asked(resident, "我家门口路面有个大坑洼", location=IN_MOLE_STREET)

    assert (first.affair_id, first.name.en, first.body_id) == ("potholes", "Potholes", "roads")
    assert {"路面", "坑洼"} <= set(first.named_words)
    assert 0 < first.score < 1


@pytest.mark.usefixtures("named")
def test_an_affair_that_nobody_answers_for_there_is_suggested_and_says_so(resident: Any) -> None:
    eventually(lambda: asked(resident, "不明飞行物"), "the names are known")

    first, *_ = asked(resident, "flying saucers over the harbour", location=IN_HARBOUR)

    assert (first.affair_id, first.body_id) == ("ufos", "")


@pytest.mark.usefixtures("named")
def test_an_affair_that_takes_no_new_cases_is_not_suggested(running: Component, operator: Any) -> None:
    name = types_pb2.LocalizedText(zh="煤气灯", en="Gaslights")
    running.hears("catalog", catalog.AffairDefined(affair_id="gas", affair_path="gas", name=name))
    eventually(lambda: suggested(operator, "gaslight") == ["gas"], "the affair is known")

    running.hears("catalog", catalog.AffairRetired(affair_id="gas"))

    eventually(lambda: "gas" not in suggested(operator, "gaslight 煤气灯"), "it has ended")


@pytest.mark.parametrize(
    ("text", "place", "code"),
    [
        ("a hole", {"location": AT_SEA}, "PLACE_OUTSIDE_AREAS"),
        ("a hole", {"area_id": "atlantis"}, "AREA_UNKNOWN"),
    ],
)
def test_a_place_that_nobody_knows_is_refused(operator: Any, text: str, place: Any, code: str) -> None:
    assert refused(operator.suggest_affair, pb.SuggestAffairRequest(text=text, **place)) == code


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 4_001, "路" * 1_000_000])
def test_no_text_and_a_text_without_end_are_refused(operator: Any, text: str) -> None:
    with pytest.raises(RpcFailed):
        operator.suggest_affair(pb.SuggestAffairRequest(text=text))


@pytest.mark.parametrize("text", ["😀😀😀", "the and of", "灯", "'; DROP TABLE cases; --"])
def test_a_text_that_says_nothing_gets_no_suggestion(operator: Any, text: str) -> None:
    assert asked(operator, text) == []


def test_what_enough_people_said_of_an_affair_is_learnt(
    operator: Any, resident: Any, roads_officer: Any, word: str
) -> None:
    taken_on(operator, roads_officer, f"{word} on the wall")

    eventually(lambda: teaches(operator, word), "the word is learnt")

    first, *_ = asked(resident, f"there is {word} again", location=IN_MOLE_STREET)
    assert (first.affair_id, list(first.learned_words)) == ("graffiti", [word])


def test_what_fewer_people_said_is_not_learnt_so_nobody_learns_what_one_said(
    operator: Any, resident: Any, roads_officer: Any, word: str
) -> None:
    taken_on(operator, roads_officer, f"{word} secret", ENOUGH - 1)
    taken_on(operator, roads_officer, f"{word}y")
    eventually(lambda: teaches(operator, f"{word}y"), "what was said later is learnt")

    assert asked(resident, f"{word} secret") == []


def test_one_person_teaches_nothing_however_much_they_report(
    running: Component, operator: Any, roads_officer: Any, word: str
) -> None:
    flood = f"resident-{word}"
    running.hears("identity", identity.ResidentRegistered(resident_id=flood))
    taken_on(operator, roads_officer, word, 3 * ENOUGH, reporter_id=flood)
    taken_on(operator, roads_officer, f"{word}y")
    eventually(lambda: teaches(operator, f"{word}y"), "what was said later is learnt")

    assert asked(operator, word) == []


def test_reports_that_no_body_took_on_and_rejected_ones_teach_nothing(
    operator: Any, roads_officer: Any, dispatcher: Any, word: str
) -> None:
    for _ in range(3 * ENOUGH):
        operator.open_case(report("graffiti", description=f"{word} fake", anonymous=True))
    for case in taken_on(operator, roads_officer, f"{word}z"):
        roads_officer.return_case(pb.ReturnCaseRequest(**on(case), reason="not ours"))
        rejection = pb.RejectCaseRequest(**on(case), reason_code="not-ours", reason="a joke")
        dispatcher.reject_case(rejection)
    taken_on(operator, roads_officer, f"{word}y")
    eventually(lambda: teaches(operator, f"{word}y"), "what was said later is learnt")

    assert asked(operator, f"{word} fake {word}z") == []


def test_what_erased_people_said_is_forgotten(
    running: Component, operator: Any, roads_officer: Any, word: str
) -> None:
    people = [f"resident-{word}-{n}" for n in range(ENOUGH)]
    for each in people:
        running.hears("identity", identity.ResidentRegistered(resident_id=each))
        taken_on(operator, roads_officer, word, 1, reporter_id=each)
    eventually(lambda: teaches(operator, word), "the word is learnt")

    running.hears("identity", identity.SubjectErased(subject_id=people[0]))

    eventually(lambda: not teaches(operator, word), "it is forgotten")


def test_a_suggestion_records_nothing(running: Component, operator: Any) -> None:
    def events() -> Any:
        with psycopg.connect(running.opened.ledger.settings.dsn) as connection:
            return connection.execute("SELECT count(*) FROM stored_events").fetchall()

    before = events()
    asked(operator, "pothole", location=IN_MOLE_STREET)

    assert events() == before


def test_whoever_reports_in_several_areas_counts_once(
    running: Component, operator: Any, roads_officer: Any, person: Any
) -> None:
    """In the area of their newest report, so that areas can be added up."""
    people = [f"mover-{number}" for number in range(ENOUGH)]

    def heard(path: str) -> Heard:
        words = learned.LearnedWords(running.opened.views)
        return words.heard(["zyzzyva"], AreaPath(path), ["graffiti"])

    before = heard("city/harbour")
    for place in (IN_MOLE_STREET, IN_HARBOUR):
        for name in people:
            told = report("graffiti", description="zyzzyva on a wall", location=place)
            case = person("RESIDENT", subject=name, path="city").open_case(told).case
            last = roads_officer.accept_case(pb.AcceptCaseRequest(**on(case)))
    operator.list_cases(pb.ListCasesRequest(page_size=1, at_least=last.revision))

    everywhere, there = heard("city"), heard("city/harbour")

    assert everywhere.said["zyzzyva"]["graffiti"] == ENOUGH
    assert everywhere.people["graffiti"] - before.people.get("graffiti", 0) == ENOUGH
    assert everywhere.often["graffiti"] - before.often.get("graffiti", 0) == ENOUGH
    assert there.here["graffiti"] - before.here.get("graffiti", 0) == ENOUGH


def test_a_frequent_affair_counts_as_such_beyond_the_cases_whose_words_are_counted(
    running: Component, operator: Any, roads_officer: Any, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def heard() -> Heard:
        words = learned.LearnedWords(running.opened.views)
        return words.heard([word], AreaPath("city"), ["graffiti"])

    monkeypatch.setattr(learned, "CASES", 2)

    taken_on(operator, roads_officer, word, 2 * ENOUGH)

    eventually(lambda: heard().often["graffiti"] >= 2 * ENOUGH, "all of them are counted")
    assert heard().people["graffiti"] <= 2


def test_of_a_long_text_fewer_areas_are_asked_those_of_its_place_first() -> None:
    elsewhere, here = [AreaPath(f"hill/cell-{n}") for n in range(300)], AreaPath("harbour/mole-street")
    lesson = learned.Lesson(busiest=[*elsewhere, here])

    assert len(lesson.areas(AreaPath("harbour"), 5)) == learned.AREAS
    assert lesson.areas(AreaPath("harbour"), 200) == [here, *elsewhere[: learned.DIGESTS // 200 - 1]]
    assert lesson.areas(AreaPath("harbour"), 10_000) == [here]
