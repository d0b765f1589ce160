"""Cases are found by words over the real wire, by those alone who may read their texts."""

from datetime import UTC, datetime
from itertools import count, product
from typing import Any

import psycopg
import pytest
from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types
from linli.identity.v1 import identity_events_pb2 as identity

from libs.ledger.streams.reblind import Reblinding
from libs.rpc.failures import RpcFailed
from libs.rpc.moments import stamp
from libs.testkit.component import Component
from services.cases.adapters import finding
from services.cases.tests.neighbours import IN_HARBOUR
from services.cases.tests.test_disclosures import recorded
from services.cases.tests.wire import imported, new_id, on, refused, report

ON_THE_HILL = {"latitude": 5.5, "longitude": 5.5}
numbers = count(1)


@pytest.fixture
def word() -> str:
    """One that no other case has."""
    return f"quagga{next(numbers)}x"


def told(somebody: Any, text: str, **fields: Any) -> pb.OpenCaseResponse:
    """A case with a description."""
    opened: pb.OpenCaseResponse = somebody.open_case(report(description=text, **fields))
    return opened


def found(somebody: Any, text: str, **asked: Any) -> list[str]:
    """The ids of all cases found, over all pages."""
    request, ids = pb.ListCasesRequest(text=text, **asked), list[str]()
    while True:
        page = somebody.list_cases(request)
        ids += [case.case_id for case in page.cases]
        if not page.next_page_token:
            return ids
        request.page_token = page.next_page_token


def sql(running: Component, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """What somebody does past all of this."""
    with psycopg.connect(running.opened.ledger.settings.dsn, autocommit=True) as connection:
        cursor = connection.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Two {word} lamps are BROKEN", "{word} lamp break broken"),
        ("小区门口路灯坏了{word}三天", "{word} 路灯坏"),
        ("der Cafe\u0301 {word}", "ＣＡＦＥ {word}"),
        ("100% {word}_sure", "{word} sure"),
    ],
)
def test_a_report_is_found_by_its_words(operator: Any, word: str, text: str, query: str) -> None:
    opened = told(operator, text.format(word=word))
    told(operator, f"a {word} of another kind")

    assert found(operator, query.format(word=word).replace(" break", ""), at_least=opened.revision) == [
        opened.case.case_id
    ]


def test_words_may_stand_in_the_report_its_address_the_answers_and_the_outcome(
    operator: Any, roads_officer: Any, word: str
) -> None:
    case = told(operator, f"a hole {word}", address="12 Harbour Lane", contact="+49 30 555 zebra").case
    roads_officer.accept_case(pb.AcceptCaseRequest(**on(case)))
    roads_officer.answer_reporter(pb.AnswerReporterRequest(**on(case), text="a crew comes with asphalt"))
    roads_officer.add_note(pb.AddNoteRequest(**on(case), text="they are late by tram", to_reporter=True))
    roads_officer.add_note(pb.AddNoteRequest(**on(case), text="smells of gasoline", to_reporter=False))
    resolution = pb.ResolveCaseRequest(**on(case), outcome_code="resolved", outcome="filled with gravel")
    seen = roads_officer.resolve_case(resolution).revision

    for query in ("hole gravel", "harbour asphalt tram"):
        assert found(operator, f"{word} {query}", at_least=seen) == [case.case_id]
    for query in ("gasoline", "zebra"):  # what colleagues note for each other, and how to reach the reporter
        assert found(operator, f"{word} {query}") == []


def test_nothing_is_found_by_words_that_lie_apart_or_by_a_forged_row(
    running: Component, operator: Any, word: str
) -> None:
    real = told(operator, f"{word} 路灯坏")
    apart = told(operator, f"{word} 路灯没坏，是灯坏").case
    last = told(operator, f"{word}")
    forged = last.case
    sql(
        running,
        "UPDATE blind_terms SET terms = (SELECT terms FROM blind_terms WHERE stream = %s AND kind = 'text')"
        " WHERE stream = ANY(%s) AND kind = 'text'",
        f"case-{real.case.case_id}",
        [f"case-{apart.case_id}", f"case-{forged.case_id}"],
    )

    at_least = last.revision
    assert found(operator, f"{word} 路灯坏", page_size=1, at_least=at_least) == [real.case.case_id]
    assert len(Reblinding(running.opened.ledger).put_right()) == 2


def test_the_table_shows_no_word_and_not_that_two_areas_have_the_same(
    running: Component, operator: Any, word: str
) -> None:
    here, there = told(operator, word).case, told(operator, word, location=ON_THE_HILL).case

    rows = sql(running, "SELECT * FROM blind_terms WHERE kind = 'text'")
    terms = {stream: terms for _, stream, _, terms in rows}

    assert word not in str(rows)
    assert here.area_path != there.area_path
    ours, theirs = ({*terms[f"case-{case.case_id}"]} for case in (here, there))
    assert len(ours) == len(theirs) == 2  # the word, and the month of opening
    assert not ours & theirs


def test_who_may_not_read_a_case_does_not_learn_that_it_has_a_word(
    person: Any, operator: Any, word: str
) -> None:
    case = told(operator, f"a hole {word}")
    dispatcher = person("DISPATCHER", subject="dora", path="city/hill")
    officer = person("CASE_OFFICER", subject="paul", body="parks")

    for somebody in (dispatcher, officer):
        page = somebody.list_cases(pb.ListCasesRequest(text=word, page_size=1, at_least=case.revision))
        nothing = somebody.list_cases(pb.ListCasesRequest(text=f"{word}z", page_size=1))
        assert page == nothing == pb.ListCasesResponse()


def test_who_works_on_a_case_or_dispatches_it_finds_it(person: Any, operator: Any, word: str) -> None:
    here, there = told(operator, f"a hole {word}"), told(operator, word, location=ON_THE_HILL)
    dispatcher = person("DISPATCHER", subject="dora", path="city/harbour")
    officer = person("CASE_OFFICER", subject="rob", body="roads")

    assert found(dispatcher, word, at_least=there.revision) == [here.case.case_id]
    assert found(officer, word) == [there.case.case_id, here.case.case_id]


def test_who_has_one_area_or_a_body_in_it_lists_and_finds_its_cases_alone(
    person: Any, operator: Any, word: str
) -> None:
    here, there = told(operator, word, location=IN_HARBOUR), told(operator, word, location=ON_THE_HILL)
    other, mine = here.case, there.case
    asked: dict[str, Any] = {"page_size": 200, "at_least": there.revision}

    dispatcher = person("DISPATCHER", subject="dee", path=mine.area_path)
    officer = person("CASE_OFFICER", subject="olga", path=mine.area_path, body="parks")
    listed = dispatcher.list_cases(pb.ListCasesRequest(**asked)).cases

    assert {case.area_path for case in listed} == {mine.area_path} != {other.area_path}
    assert mine.case_id in {case.case_id for case in listed}
    assert found(dispatcher, word) == [mine.case_id]
    assert not officer.list_cases(pb.ListCasesRequest(**asked)).cases
    assert found(officer, word) == []


def test_who_reads_cases_without_their_texts_does_not_search_them(
    person: Any, operator: Any, word: str
) -> None:
    told(operator, word)
    supervisor = person("SUPERVISOR", subject="sue", path="city")

    assert refused(supervisor.list_cases, pb.ListCasesRequest(text=word)) == "TEXTS_HIDDEN"


def test_what_an_erased_person_said_is_found_no_more_not_even_in_the_past(
    running: Component, operator: Any, word: str
) -> None:
    reporter = f"resident-{word}"
    running.hears("identity", identity.ResidentRegistered(resident_id=reporter))
    theirs = told(operator, f"{word} 路灯", reporter_id=reporter)
    others = told(operator, f"{word} 路灯")
    both = [others.case.case_id, theirs.case.case_id]
    assert found(operator, f"{word} 路灯", at_least=others.revision) == both
    before = stamp(datetime.now(UTC))

    running.hears("identity", identity.SubjectErased(subject_id=reporter))

    assert found(operator, f"{word} 路灯") == found(operator, f"{word} 路灯", as_of_time=before) == both[:1]
    assert sql(running, "SELECT * FROM blind_terms WHERE subject = %s", reporter) == []
    assert Reblinding(running.opened.ledger).put_right() == []
    assert sql(running, "SELECT * FROM blind_terms WHERE subject = %s", reporter) == []


def test_erased_content_is_found_no_more(operator: Any, person: Any, word: str) -> None:
    case = told(operator, word, affair_id="graffiti", anonymous=True).case
    officer = person("DATA_PROTECTION_OFFICER", subject="dan")
    erased = officer.erase_case_content(pb.EraseCaseContentRequest(**on(case), reason="asked"))

    assert found(operator, word, at_least=erased.revision) == []


def test_a_moment_of_the_past_knows_the_words_of_then(operator: Any, roads_officer: Any, word: str) -> None:
    case = told(operator, f"a hole {word}").case
    then = stamp(datetime.now(UTC))
    answer = pb.AnswerReporterRequest(**on(case), text="a crew comes with asphalt")
    seen = roads_officer.answer_reporter(answer).revision

    assert found(operator, f"{word} asphalt", at_least=seen) == [case.case_id]
    assert found(operator, f"{word} asphalt", as_of_time=then) == []
    assert found(operator, f"{word} hole", as_of_time=then) == [case.case_id]


@pytest.mark.parametrize("query", ["灯", "a", "the and of", "%", "_"])
def test_a_query_in_which_nothing_can_be_looked_for_is_refused(operator: Any, query: str) -> None:
    assert refused(operator.list_cases, pb.ListCasesRequest(text=query)) == "TEXT_NOT_SEARCHABLE"


def test_a_query_of_ten_thousand_characters_is_refused(operator: Any) -> None:
    with pytest.raises(RpcFailed, match="text"):
        operator.list_cases(pb.ListCasesRequest(text="lamp " * 2_000))


RARE, FREQUENT = finding.TURNS, ((0, 1_000),)
HIDDEN = ((0, 1), (0, 2))
"""A page has to give up before it is full."""
LATE = ((0, 1), (1_000, 1))
BY_MONTH, BY_CASE = 0, 10**9


@pytest.fixture(params=[(RARE, BY_CASE), *product((FREQUENT, HIDDEN, LATE), (BY_MONTH, BY_CASE))])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How cases are looked for."""
    turns, a_month = request.param
    monkeypatch.setattr(finding, "TURNS", turns)
    monkeypatch.setattr(finding, "CASES_A_MONTH", a_month)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("order", ["", "opened_time", "due_time", "due_time desc"])
def test_pages_of_what_is_found_fit_together_with_filters_while_cases_change(
    operator: Any, roads_officer: Any, word: str, order: str
) -> None:
    opened = [told(operator, f"{word} {n}", channel=types.CHANNEL_WEB).case for n in range(5)]
    last = told(operator, word, channel=types.CHANNEL_PHONE_OPERATOR, location=IN_HARBOUR)
    asked = pb.ListCasesRequest(text=word, filter="channel = WEB", order_by=order, page_size=2)
    asked.at_least = last.revision
    ids = list[str]()

    while True:
        page = operator.list_cases(asked)
        ids += [case.case_id for case in page.cases]
        if opened:
            roads_officer.accept_case(pb.AcceptCaseRequest(**on(opened.pop())))
        asked.page_token = page.next_page_token
        if not asked.page_token:
            break

    assert len(ids) == len(set(ids)) == 5


@pytest.mark.usefixtures("way")
def test_however_cases_are_looked_for_those_are_found_whose_texts_have_the_words(
    operator: Any, word: str
) -> None:
    having = list[str]()
    for number in range(12):
        with_it = number % 5 in (0, 1)
        opened = told(operator, f"{word} {number}" if with_it else "a lamp", channel=types.CHANNEL_WEB)
        having += [opened.case.case_id] * with_it
    then = stamp(datetime.now(UTC))
    told(operator, word, channel=types.CHANNEL_PHONE_OPERATOR)

    for size in (1, 2, 4, 200):
        asked = {"filter": "channel = WEB", "page_size": size}
        assert found(operator, word, at_least=opened.revision, **asked) == having[::-1]
        assert found(operator, word, order_by="opened_time", **asked) == having
        assert found(operator, word, as_of_time=then, page_size=size) == having[::-1]


@pytest.mark.usefixtures("way")
def test_cases_of_all_months_are_found_also_by_an_answer_to_a_report_that_said_nothing(
    operator: Any, roads_officer: Any, word: str
) -> None:
    days = ("2019-12-31T23:59", "2020-01-01T00:00", "2020-01-31T23:59", "2022-06-15T12:00")
    cases = [operator.open_case(imported(new_id(), day, description=word)).case for day in days]
    silent = told(operator, "").case
    seen = roads_officer.answer_reporter(pb.AnswerReporterRequest(**on(silent), text=f"a {word}")).revision
    having = [*(case.case_id for case in cases), silent.case_id]

    assert found(operator, word, order_by="opened_time", page_size=2, at_least=seen) == having
    assert found(operator, word, page_size=3) == having[::-1]


def test_nothing_is_left_of_an_erased_person_whose_report_said_nothing(
    running: Component, operator: Any, word: str
) -> None:
    reporter = f"resident-{word}"
    running.hears("identity", identity.ResidentRegistered(resident_id=reporter))
    told(operator, "", reporter_id=reporter, location=None, area_id="mole-street")
    rows = "SELECT * FROM blind_terms WHERE subject = %s"
    assert len(sql(running, rows, reporter)) == 1

    running.hears("identity", identity.SubjectErased(subject_id=reporter))

    assert Reblinding(running.opened.ledger).put_right() == []
    assert sql(running, rows, reporter) == []


@pytest.mark.capability("002.5")
def test_whose_texts_were_found_is_recorded_and_a_list_without_a_text_is_not(
    running: Component, person: Any, dispatcher: Any, word: str
) -> None:
    mei = person("RESIDENT", subject=new_id(), path="city")
    case = told(mei, f"my neighbour {word} beats the dog").case
    other = told(dispatcher, f"{word} again", anonymous=True, affair_id="graffiti").case
    seen = told(mei, "something else").revision

    ids = found(dispatcher, word, at_least=seen)
    found(dispatcher, f"{word}no")
    dispatcher.list_cases(pb.ListCasesRequest(filter=f'reporter_id = "{case.reporter_id}"'))

    assert set(ids) == {case.case_id, other.case_id}
    for each in (case, other):
        [reading] = [one for one in recorded(running, each) if one.event.rpc.endswith("/ListCases")]
        assert set(reading.event.subject_ids) == {case.reporter_id, other.case_id}
        assert reading.event.classes == ("ADDRESS", "REPORT", "CORRESPONDENCE")
        assert reading.metadata.actor == "dora"
        assert word not in str(reading)
