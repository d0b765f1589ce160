"""Cases followed over the real wire: as they are, then as they change, and by nobody who may not."""

from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf import text_format
from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types

from libs.rpc.failures import RpcFailed
from libs.testkit import patience
from libs.testkit.component import Component, component
from libs.testkit.postgres import TestServer
from libs.testkit.rpc import Mint
from services.cases.entrypoints.wire.case import public_case_of
from services.cases.tests.neighbours import IN_HARBOUR
from services.cases.tests.wire import on, report, service_of
from services.cases.wiring import SERVICE


def follow(somebody: Any, case: pb.Case, token: str = "") -> Iterator[pb.FollowCaseResponse]:
    request = pb.FollowCaseRequest(case_id=case.case_id, resume_token=token)
    return news(somebody.follow_case(request, deadline=patience.seconds(60)))


def news(stream: Iterator[Any]) -> Iterator[Any]:
    """What is no heartbeat."""
    return (each for each in stream if each.HasField("case"))


def listed(stream: Iterator[Any]) -> Iterator[Any]:
    """What is no heartbeat, of a list."""
    first = next(stream)
    yield first
    yield from (each for each in stream if each.changes)


def kinds(changes: Any) -> list[str]:
    return [change.event.rpartition(".")[2] for change in changes]


def until(stream: Iterator[Any], kind: str) -> list[Any]:
    """The messages up to one that tells of a kind of change."""
    heard = list[Any]()
    while not heard or kind not in kinds(heard[-1].changes):
        heard.append(next(stream))
    return heard


def all_kinds(messages: list[Any]) -> list[str]:
    return [kind for message in messages for kind in kinds(message.changes)]


def ended(stream: Iterator[Any]) -> str:
    """Why a stream ends."""
    with pytest.raises(RpcFailed) as failed:
        for _ in stream:
            pass
    return str(failed.value.reason)


# -- one case ---------------------------------------------------------------------------------------


@pytest.mark.capability("004.2")
def test_a_reporter_follows_their_case_from_where_it_stands(lin: Any, roads_officer: Any) -> None:
    case = lin.open_case(report()).case
    stream = follow(lin, case)
    first = next(stream)

    roads_officer.accept_case(pb.AcceptCaseRequest(**on(case)))
    roads_officer.add_note(pb.AddNoteRequest(**on(case), text="the crew is on its way", to_reporter=True))
    roads_officer.resolve_case(pb.ResolveCaseRequest(**on(case), outcome_code="resolved", outcome="filled"))

    assert (first.case.state, first.case.body_id) == (types.CASE_STATE_ROUTED, "roads")
    assert (first.report.description, list(first.changes)) == ("a hole as deep as a bucket", [])
    heard = until(stream, "CaseResolved")
    assert all_kinds(heard) == ["CaseAccepted", "NoteAdded", "CaseResolved"]
    assert (heard[-1].case.state, heard[-1].outcome) == (types.CASE_STATE_RESOLVED, "filled")
    assert [note.text for note in heard[-1].notes] == ["the crew is on its way"]
    assert not heard[-1].personal_data_masked


def test_a_reporter_hears_neither_what_is_for_colleagues_nor_who_acted(lin: Any, roads_officer: Any) -> None:
    case = lin.open_case(report()).case
    stream = follow(lin, case)
    next(stream)

    roads_officer.add_note(pb.AddNoteRequest(**on(case), text="they complain all the time"))
    roads_officer.start_work(pb.StartWorkRequest(**on(case)))

    heard = until(stream, "WorkStarted")
    assert all_kinds(heard) == ["WorkStarted"]
    whole = lin.get_my_case(pb.GetMyCaseRequest(case_id=case.case_id))
    for message in (*heard, whole):
        shown = text_format.MessageToString(message, as_utf8=True)
        assert [secret for secret in ("complain", "rob", "note-1") if secret in shown] == []


def test_a_stream_goes_on_by_its_token_without_gap_or_double(lin: Any, roads_officer: Any) -> None:
    case = lin.open_case(report()).case
    stream = follow(lin, case)
    next(stream)
    roads_officer.accept_case(pb.AcceptCaseRequest(**on(case)))
    token = until(stream, "CaseAccepted")[-1].resume_token
    stream.close()  # type: ignore[attr-defined] # it is a generator
    roads_officer.start_work(pb.StartWorkRequest(**on(case)))

    again = follow(lin, case, token)

    heard = until(again, "WorkStarted")
    roads_officer.pause_case(pb.PauseCaseRequest(**on(case), reason="frost", reason_code="weather"))
    heard += until(again, "CasePaused")
    assert all_kinds(heard) == ["WorkStarted", "CasePaused"]
    assert heard[-1].changes[0].reason == "frost"


def test_a_stranger_does_not_follow_the_case_of_somebody_else(person: Any, lin: Any) -> None:
    case = lin.open_case(report()).case
    stranger = person("RESIDENT", subject="nosy", path="city")  # whose grant covers the whole city
    elsewhere = person("CASE_OFFICER", subject="paul", body="parks")

    assert ended(follow(stranger, case)) == "OUT_OF_REACH"
    assert ended(follow(elsewhere, case)) == "OUT_OF_REACH"
    with pytest.raises(RpcFailed, match="NOT_YOURS"):
        stranger.get_my_case(pb.GetMyCaseRequest(case_id=case.case_id))
    assert ended(follow(stranger, pb.Case(case_id="made-up"))) == "CASE_NOT_FOUND"


def test_a_supervisor_follows_a_case_without_its_texts(person: Any, lin: Any, roads_officer: Any) -> None:
    case = lin.open_case(report()).case
    stream = follow(person("SUPERVISOR", subject="sun", path="city"), case)

    first = next(stream)
    roads_officer.add_note(pb.AddNoteRequest(**on(case), text="the crew is on its way", to_reporter=True))

    heard = until(stream, "NoteAdded")[-1]
    assert (first.personal_data_masked, first.report.description) == (True, "")
    assert [(note.text, note.author_id) for note in heard.notes] == [("", "rob")]


def test_a_body_no_longer_follows_a_case_that_went_elsewhere(
    lin: Any, roads_officer: Any, dispatcher: Any
) -> None:
    case = lin.open_case(report()).case
    stream = follow(roads_officer, case)
    next(stream)

    dispatcher.reassign_case(
        pb.ReassignCaseRequest(**on(case), body_id="parks", legal_basis="Parks Act, 3", reason="a lawn")
    )

    assert ended(stream) == "OUT_OF_REACH"


def test_a_token_of_another_case_is_ended(lin: Any) -> None:
    mine, other = lin.open_case(report()).case, lin.open_case(report()).case
    token = next(follow(lin, mine)).resume_token

    assert ended(follow(lin, other, token)) == "RESUME_TOKEN_INVALID"


def test_a_person_opens_no_more_streams_than_their_quota(running: Component, lin: Any) -> None:
    case = lin.open_case(report()).case
    usual = Mint(running.mint.key, quota=None).person("RESIDENT", subject=case.reporter_id, path="city")
    few = service_of(running, usual)
    streams = [follow(few, case) for _ in range(5)]
    assert all(next(stream).case.case_id for stream in streams[:4])

    assert ended(streams[4]) == "QUOTA_EXCEEDED"


# -- one's own cases --------------------------------------------------------------------------------


def test_a_resident_follows_all_their_cases_also_new_ones(lin: Any, person: Any, roads_officer: Any) -> None:
    old = lin.open_case(report()).case
    stream = listed(lin.follow_my_cases(pb.FollowMyCasesRequest(), deadline=patience.seconds(60)))
    first = next(stream)

    person("RESIDENT", subject="wang").open_case(report())
    new = lin.open_case(report()).case
    roads_officer.add_note(pb.AddNoteRequest(**on(old), text="for colleagues"))
    roads_officer.accept_case(pb.AcceptCaseRequest(**on(old)))

    heard = until(stream, "CaseAccepted")
    assert [case.case_id for case in first.cases] == [old.case_id]
    assert [
        (change.case_id, kind) for change, kind in zip(_changes(heard), all_kinds(heard), strict=True)
    ] == [
        (new.case_id, "CaseOpened"),
        (new.case_id, "CaseRouted"),
        (old.case_id, "CaseAccepted"),
    ]
    assert heard[-1].cases[-1].state == types.CASE_STATE_ACCEPTED
    again = lin.follow_my_cases(pb.FollowMyCasesRequest(resume_token=heard[0].resume_token))
    roads_officer.start_work(pb.StartWorkRequest(**on(old)))
    assert all_kinds(until(again, "WorkStarted"))[-1] == "WorkStarted"


def _changes(messages: list[Any]) -> list[pb.CaseChange]:
    return [change for message in messages for change in message.changes]


# -- the public face --------------------------------------------------------------------------------


def public(somebody: Any, **about: Any) -> Iterator[pb.FollowPublicCasesResponse]:
    request = pb.FollowPublicCasesRequest(**about)
    return listed(somebody.follow_public_cases(request, deadline=patience.seconds(60)))


@pytest.mark.capability("004.2")
def test_whoever_knows_a_number_follows_its_public_face(lin: Any, person: Any, roads_officer: Any) -> None:
    case = lin.open_case(report()).case
    stream = public(person("RESIDENT", subject="nosy", path="elsewhere"), public_ids=[case.public_id])

    first = next(stream)
    roads_officer.add_note(pb.AddNoteRequest(**on(case), text="secret", to_reporter=True))
    roads_officer.accept_case(pb.AcceptCaseRequest(**on(case)))

    heard = until(stream, "CaseAccepted")
    assert [face.public_id for face in first.cases] == [case.public_id]
    assert all_kinds(heard) == ["CaseAccepted"]
    assert heard[-1].cases[0].state == types.CASE_STATE_ACCEPTED
    shown = "".join(text_format.MessageToString(message) for message in (first, *heard))
    assert [word for word in ("bucket", case.reporter_id, case.case_id, "rob", "note") if word in shown] == []


def test_the_public_of_an_area_hears_of_its_cases_and_of_no_other(lin: Any, person: Any) -> None:
    neighbour = person("RESIDENT", subject="wu", path="city/harbour/mole-street")
    stream = public(neighbour, area_path="city/harbour/mole-street")
    next(stream)

    lin.open_case(report(location=IN_HARBOUR))
    here = lin.open_case(report()).case

    heard = until(stream, "CaseRouted")
    assert {change.public_id for change in _changes(heard)} == {here.public_id}
    assert ended(public(neighbour, area_path="city/harbour")) == "OUT_OF_REACH"
    assert ended(public(neighbour, area_path="city/harbour/mole")) == "OUT_OF_REACH"


@pytest.mark.parametrize("path", ["city/atlantis", "city/harbour/", "harbour", "mole-street"])
def test_an_area_that_nobody_defined_is_not_followed_for_ever(operator: Any, path: str) -> None:
    """A path that begins or ends otherwise is none, and would be told of no case."""
    assert ended(public(operator, area_path=path)) == "AREA_UNKNOWN"


def test_numbers_or_an_area_are_wanted(lin: Any) -> None:
    both = {"public_ids": ["LL-00000-00000"], "area_path": "city"}

    assert [ended(public(lin, **about)) for about in ({}, both)] == ["INVALID_REQUEST"] * 2
    assert ended(public(lin, public_ids=["LL-00000-00000"])) == "CASE_NOT_FOUND"


def test_both_ways_to_the_public_face_show_the_same(running: Component, lin: Any, roads_officer: Any) -> None:
    case = lin.open_case(report()).case
    roads_officer.resolve_case(pb.ResolveCaseRequest(**on(case), outcome_code="resolved"))
    lin.confirm_resolution(pb.ConfirmResolutionRequest(**on(case)))
    closed = roads_officer.close_case(pb.CloseCaseRequest(**on(case)))
    asked = pb.GetPublicCaseRequest(public_id=case.public_id, at_least=closed.revision)

    by_view = lin.get_public_case(asked).case

    state = running.opened.streams["case"].load(case.case_id).state
    assert public_case_of(state, "city/harbour/mole-street") == by_view


def test_a_stream_goes_on_at_another_process_after_the_first_has_gone(
    running: Component, lin: Any, roads_officer: Any, postgres_server: TestServer
) -> None:
    case = lin.open_case(report()).case
    stream = follow(lin, case)
    next(stream)
    roads_officer.accept_case(pb.AcceptCaseRequest(**on(case)))
    token = until(stream, "CaseAccepted")[-1].resume_token
    stream.close()  # type: ignore[attr-defined] # it is a generator
    roads_officer.start_work(pb.StartWorkRequest(**on(case)))

    dsn = running.opened.settings.database_url.reveal()
    with component(postgres_server, SERVICE, dsn=dsn) as other:
        there = service_of(other, other.mint.person("RESIDENT", subject=case.reporter_id, path="city"))
        again = follow(there, case, token)
        heard = until(again, "WorkStarted")
        roads_officer.pause_case(pb.PauseCaseRequest(**on(case), reason="frost", reason_code="weather"))
        heard += until(again, "CasePaused")

    assert all_kinds(heard) == ["WorkStarted", "CasePaused"]
