"""Cases about the same matter are suggested over the real wire, to those alone who may read both."""

from itertools import count
from typing import Any

import psycopg
import pytest
from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types
from linli.identity.v1 import identity_events_pb2 as identity

from libs.ledger.streams.reblind import Reblinding
from libs.rpc.moments import stamp
from libs.testkit.clocks import moment
from libs.testkit.component import Component
from services.cases.adapters import nearby
from services.cases.adapters.nearby import NearbyCases
from services.cases.application import duplicate
from services.cases.domain.likeness import likeness
from services.cases.tests.wire import imported, new_id, on, outcome, refused, report

AWAY = 0.01
"""Degrees, about eleven hundred metres: from one test's place to the next one's."""
places = count(1)


@pytest.fixture
def spot() -> dict[str, float]:
    """A place in Mole Street where no other test has reported anything."""
    return {"latitude": 0.1 + AWAY * next(places), "longitude": 0.3}


@pytest.fixture
def mei(person: Any) -> Any:
    """Another resident, new to each test."""
    return person("RESIDENT", subject=f"mei-{next(places)}", path="city")


def beside(spot: dict[str, float], metres: float) -> dict[str, float]:
    """A place so far east; here, at the equator, a degree has 111.2 km."""
    return {**spot, "longitude": spot["longitude"] + metres / 111_200}


def told(somebody: Any, spot: dict[str, float] | None, **fields: Any) -> pb.OpenCaseResponse:
    where = {"location": spot} if spot else {"location": None, "area_id": "mole-street"}
    opened: pb.OpenCaseResponse = somebody.open_case(report(**{**where, **fields}))
    return opened


def suggested(somebody: Any, case: pb.Case, **fields: Any) -> list[pb.DuplicateCandidate]:
    asked = pb.SuggestDuplicatesRequest(case_id=case.case_id, **fields)
    return list(somebody.suggest_duplicates(asked).candidates)


def ids(candidates: list[pb.DuplicateCandidate]) -> list[str]:
    return [candidate.case.case_id for candidate in candidates]


def place_rows(running: Component, case: pb.Case) -> list[tuple[Any, ...]]:
    """The rows by which a case is found at its place."""
    with psycopg.connect(running.opened.ledger.settings.dsn, autocommit=True) as connection:
        select = "SELECT * FROM blind_terms WHERE kind = 'place' AND stream = %s"
        return connection.execute(select, [f"case-{case.case_id}"]).fetchall()


# -- what is suggested -----------------------------------------------------------------------------


def test_the_nearest_reports_of_the_same_affair_are_suggested_and_merged_as_they_were_seen(
    dispatcher: Any, lin: Any, spot: dict[str, float]
) -> None:
    ours, far = told(lin, spot).case, told(lin, beside(spot, 100)).case
    near = told(lin, beside(spot, -21)).case
    told(lin, beside(spot, 170))
    last = told(lin, spot, affair_id="graffiti")

    asked = pb.SuggestDuplicatesRequest(case_id=ours.case_id, at_least=last.revision)
    answer = dispatcher.suggest_duplicates(asked)
    found = list(answer.candidates)

    assert [(each.case.case_id, each.distance_metres) for each in found] == [
        (near.case_id, 30),
        (far.case_id, 100),
    ]
    request = pb.MergeCasesRequest(
        request_id=new_id(),
        case_id=found[0].case.case_id,
        if_revision=found[0].revision,
        into_case_id=ours.case_id,
        into_if_revision=answer.revision,
        reason="the same hole",
    )
    assert dispatcher.merge_cases(request).case.state == types.CASE_STATE_MERGED
    again = pb.SuggestDuplicatesRequest(case_id=found[0].case.case_id)
    assert refused(dispatcher.suggest_duplicates, again) == "CASE_MERGED"
    assert ids(suggested(dispatcher, ours)) == [far.case_id]


def test_an_address_alone_is_enough_where_one_report_gives_no_point(
    dispatcher: Any, lin: Any, spot: dict[str, float]
) -> None:
    street = f"{new_id()} Harbour Lane 12"
    ours = told(lin, None, address=street).case
    same = told(lin, spot, address=f" {street.upper()}. ").case
    last = told(lin, None, address=f"{street}3")

    found = suggested(dispatcher, ours, at_least=last.revision)

    assert ids(found) == [same.case_id]
    assert found[0].same_address
    assert not found[0].HasField("distance_metres")
    assert ids(suggested(dispatcher, same)) == [ours.case_id]


def test_what_cannot_be_merged_is_not_suggested(
    dispatcher: Any, operator: Any, roads_officer: Any, lin: Any, spot: dict[str, float]
) -> None:
    ours, taken_back, resolved = (told(lin, spot).case for _ in range(3))
    lin.withdraw_case(pb.WithdrawCaseRequest(**on(taken_back), reason="a mistake"))
    resolution = pb.ResolveCaseRequest(**on(resolved), outcome="filled", outcome_code="resolved")
    roads_officer.resolve_case(resolution)
    last = operator.open_case(imported(new_id(), "2020-01-02T10:00", location=spot))

    assert suggested(dispatcher, ours, at_least=last.revision) == []
    for case in (resolved, taken_back):
        asked = pb.SuggestDuplicatesRequest(case_id=case.case_id)
        assert refused(dispatcher.suggest_duplicates, asked) == "CASE_STATE_FORBIDS"
    asked = pb.SuggestDuplicatesRequest(case_id=last.case.case_id)
    assert refused(dispatcher.suggest_duplicates, asked) == "HISTORY_NOT_MERGED"


def test_what_the_view_finds_is_permitted_again_by_the_case_as_it_is(
    person: Any, lin: Any, spot: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, near = told(lin, spot).case, told(lin, spot).case
    beyond = told(lin, {"latitude": spot["latitude"], "longitude": 1.5}).case
    of_the_street = person("DISPATCHER", subject="dan", path="city/harbour/mole-street")
    found = [near.case_id, beyond.case_id]
    monkeypatch.setattr(NearbyCases, "to", lambda *_: found)
    monkeypatch.setattr(duplicate, "likeness", lambda one, _: likeness(one, one))

    assert ids(suggested(of_the_street, ours)) == [near.case_id]


def test_of_a_great_many_those_nearest_in_time_are_looked_at(
    dispatcher: Any, lin: Any, spot: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicate, "LOOKED_AT", 2)
    cases = [told(lin, spot) for _ in range(4)]

    found = suggested(dispatcher, cases[0].case, at_least=cases[-1].revision)
    one = suggested(dispatcher, cases[0].case, max_candidates=1)

    assert ids(found) == [cases[1].case.case_id, cases[2].case.case_id]
    assert one == found[:1]


def test_at_a_busy_place_the_months_nearest_to_the_case_are_looked_at(
    dispatcher: Any, operator: Any, spot: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    days = ("2019-05-31", "2020-02-01", "2020-03-31", "2020-04-01", "2020-07-15", "2021-01-01")
    system, released = "old-system", list[pb.Case]()
    for day in days:
        opened = operator.open_case(imported(new_id(), f"{day}T10:00", location=spot))
        released.append(opened.case)
    until = stamp(moment("2021-02-01 08:00"))
    finished = operator.finish_import(
        pb.FinishImportRequest(system=system, as_of_time=until, at_least=opened.revision)
    )
    may, february, march, _, july, january = (case.case_id for case in released)

    asked = {"at_least": finished.revision}
    assert ids(suggested(dispatcher, released[3], **asked)) == [march, february, july, january, may]
    for many, nearest in ((1, []), (2, [march]), (4, [march, february, july])):
        monkeypatch.setattr(nearby, "LOOKED_UP", many)
        assert ids(suggested(dispatcher, released[3], **asked)) == nearest


def test_reports_by_unlike_channels_may_be_about_one_matter(
    person: Any, operator: Any, dispatcher: Any, spot: dict[str, float]
) -> None:
    worker = person("GRID_WORKER", subject="gus", path="city/harbour/mole-street")
    by_phone = told(operator, spot, channel=types.CHANNEL_PHONE_OPERATOR)
    on_the_round = told(worker, beside(spot, 12), channel=types.CHANNEL_GRID_WORKER)

    [found] = suggested(dispatcher, by_phone.case, at_least=on_the_round.revision)

    assert found.case.channel == types.CHANNEL_GRID_WORKER


# -- who may see it --------------------------------------------------------------------------------


def test_who_does_not_dispatch_both_cases_learns_of_none(person: Any, lin: Any) -> None:
    border = {"latitude": 0.05, "longitude": 1.0}  # Mole Street ends here, the harbour goes on
    ours, theirs = told(lin, beside(border, -30)), told(lin, beside(border, 30))
    of_the_street = person("DISPATCHER", subject="dan", path="city/harbour/mole-street")
    of_the_city = person("DISPATCHER", subject="dora", path="city")
    assert (ours.case.area_id, theirs.case.area_id) == ("mole-street", "harbour")

    assert ids(suggested(of_the_city, ours.case, at_least=theirs.revision)) == [theirs.case.case_id]
    nothing = pb.SuggestDuplicatesResponse(revision=ours.revision)
    asked = pb.SuggestDuplicatesRequest(case_id=ours.case.case_id)
    assert of_the_street.suggest_duplicates(asked) == nothing
    beyond = pb.SuggestDuplicatesRequest(case_id=theirs.case.case_id)
    assert refused(of_the_street.suggest_duplicates, beyond) == "OUT_OF_REACH"


@pytest.mark.parametrize("role", ["SUPERVISOR", "GRID_WORKER", "RESIDENT", "VOLUNTEER"])
def test_who_probes_a_place_with_a_report_of_their_own_learns_nothing_of_others(
    person: Any, lin: Any, mei: Any, role: str, spot: dict[str, float]
) -> None:
    told(lin, spot)
    somebody = person(role, subject="wu", path="city")
    probe, elsewhere = told(mei, spot), told(mei, beside(spot, 5_000))

    assert outcome(somebody.suggest_duplicates, pb.SuggestDuplicatesRequest(case_id=probe.case.case_id)) == (
        "SCOPE_MISSING"
    )
    assert plain(probe) == plain(elsewhere)
    got = [mei.get_my_case(pb.GetMyCaseRequest(case_id=each.case.case_id)) for each in (probe, elsewhere)]
    assert [len(each.case.history) for each in got] == [2, 2]


def test_the_body_that_has_both_cases_is_not_told(
    roads_officer: Any, lin: Any, spot: dict[str, float]
) -> None:
    case = told(lin, spot).case
    asked = pb.SuggestDuplicatesRequest(case_id=case.case_id)

    assert refused(roads_officer.suggest_duplicates, asked) == "SCOPE_MISSING"


def plain(opened: pb.OpenCaseResponse) -> set[str]:
    """Which fields an answer has."""
    return {field.name for message in (opened, opened.case) for field, _ in message.ListFields()}


# -- what lies in the table ------------------------------------------------------------------------


def test_the_table_shows_no_place_and_not_that_two_affairs_have_the_same(
    running: Component, lin: Any, spot: dict[str, float]
) -> None:
    cases = [told(lin, spot, address="1 Mole Street").case for _ in range(2)]
    other = told(lin, spot, affair_id="streets", address="1 Mole Street").case

    [ours], [same], [theirs] = (place_rows(running, case) for case in (*cases, other))

    assert "Mole" not in str(ours)
    assert str(spot["latitude"]) not in str(ours)
    *_, terms = ours
    assert terms == same[-1]
    assert len(terms) == 3  # its cell, the address, and the month
    assert not {*terms} & {*theirs[-1]}


def test_what_an_erased_person_reported_is_found_at_no_place(
    running: Component, operator: Any, dispatcher: Any, spot: dict[str, float]
) -> None:
    reporter = new_id()
    running.hears("identity", identity.ResidentRegistered(resident_id=reporter))
    theirs = told(operator, spot, reporter_id=reporter, address="1 Mole Street").case
    ours = told(operator, spot, address="1 Mole Street")
    assert ids(suggested(dispatcher, ours.case, at_least=ours.revision)) == [theirs.case_id]

    running.hears("identity", identity.SubjectErased(subject_id=reporter))

    assert suggested(dispatcher, ours.case) == suggested(dispatcher, theirs) == []
    assert place_rows(running, theirs) == []
    assert Reblinding(running.opened.ledger).put_right() == []
    assert place_rows(running, theirs) == []


def test_content_that_was_erased_is_found_at_no_place(
    running: Component, operator: Any, person: Any, dispatcher: Any, spot: dict[str, float]
) -> None:
    erased, ours = (told(operator, spot, affair_id="graffiti", anonymous=True) for _ in range(2))
    officer = person("DATA_PROTECTION_OFFICER", subject="dan")

    officer.erase_case_content(pb.EraseCaseContentRequest(**on(erased.case), reason="asked"))

    assert suggested(dispatcher, ours.case, at_least=ours.revision) == []
    assert place_rows(running, erased.case) == []


def test_places_that_were_lost_come_back_beside_the_words(
    running: Component, operator: Any, dispatcher: Any, spot: dict[str, float]
) -> None:
    ours, theirs = told(operator, spot), told(operator, spot)
    rows = place_rows(running, theirs.case)
    with psycopg.connect(running.opened.ledger.settings.dsn, autocommit=True) as connection:
        connection.execute("DELETE FROM blind_terms WHERE kind = 'place'")
    assert suggested(dispatcher, ours.case, at_least=theirs.revision) == []

    put_right = Reblinding(running.opened.ledger).put_right()

    assert {difference.key.kind for difference in put_right} == {"place"}
    assert place_rows(running, theirs.case) == rows
    assert ids(suggested(dispatcher, ours.case)) == [theirs.case.case_id]


def test_a_forged_row_suggests_nothing(
    running: Component, operator: Any, dispatcher: Any, spot: dict[str, float]
) -> None:
    ours, far = told(operator, spot), told(operator, beside(spot, 9_000))
    with psycopg.connect(running.opened.ledger.settings.dsn, autocommit=True) as connection:
        forge = "UPDATE blind_terms SET terms = %s WHERE kind = 'place' AND stream = %s"
        [(*_, terms)] = place_rows(running, ours.case)
        connection.execute(forge, [terms, f"case-{far.case.case_id}"])

    assert suggested(dispatcher, ours.case, at_least=far.revision) == []
    assert len(Reblinding(running.opened.ledger).put_right()) == 1
