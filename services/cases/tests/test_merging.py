"""Two reports of one pothole over the real wire: merged, followed by both reporters, taken apart again."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest
from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types

from libs.rpc.credentials import Token
from libs.rpc.failures import RpcFailed
from libs.testkit import patience
from libs.testkit.component import Component
from services.cases.tests.neighbours import IN_HARBOUR
from services.cases.tests.test_disclosures import readings
from services.cases.tests.wire import new_id, on, outcome, refused, report, service_of

names = count(1)


@pytest.fixture
def mei(person: Any) -> Any:
    """Another resident, new to each test."""
    return person("RESIDENT", subject=f"mei-{next(names)}", path="city")


@pytest.fixture
def nobody(running: Component) -> Any:
    return service_of(running, Token())


@pytest.fixture
def theirs(mei: Any) -> pb.Case:
    """Mei's report, which is merged."""
    case: pb.Case = mei.open_case(report(description="mind your wheels, says Mei")).case
    return case


@pytest.fixture
def ours(lin: Any) -> pb.Case:
    """Lin's report, which goes on."""
    case: pb.Case = lin.open_case(report(description="a hole, says Lin")).case
    return case


def merge(case: pb.Case, into: pb.Case, **fields: Any) -> pb.MergeCasesRequest:
    request = {"request_id": new_id(), "case_id": case.case_id, "into_case_id": into.case_id}
    return pb.MergeCasesRequest(**{**request, "reason": "the same hole", **fields})


def mine(somebody: Any, case: pb.Case) -> pb.MyCase:
    got: pb.MyCase = somebody.get_my_case(pb.GetMyCaseRequest(case_id=case.case_id)).case
    return got


def resolve(officer: Any, case: pb.Case) -> None:
    officer.resolve_case(pb.ResolveCaseRequest(**on(case), outcome="filled", outcome_code="resolved"))


def test_a_merged_case_goes_on_in_the_other_one(dispatcher: Any, theirs: pb.Case, ours: pb.Case) -> None:
    merged = dispatcher.merge_cases(merge(theirs, ours))

    assert merged.case.state == types.CASE_STATE_MERGED
    assert merged.case.merged_into_public_id == ours.public_id
    assert merged.into_case.state == types.CASE_STATE_ROUTED
    number = pb.GetPublicCaseRequest(public_id=theirs.public_id, at_least=merged.revision)
    public = dispatcher.get_public_case(number).case
    assert (public.state, public.merged_into_public_id) == (types.CASE_STATE_MERGED, ours.public_id)
    listed = pb.ListCasesRequest(filter=f'public_id = "{theirs.public_id}"', at_least=merged.revision)
    [row] = dispatcher.list_cases(listed).cases
    assert row.merged_into_case_id == ours.case_id
    for_staff = dispatcher.get_case(pb.GetCaseRequest(case_id=ours.case_id))
    assert list(for_staff.merged_case_ids) == [theirs.case_id]


def test_a_repeated_request_is_answered_as_the_first_time(
    dispatcher: Any, theirs: pb.Case, ours: pb.Case
) -> None:
    request = merge(theirs, ours)
    first = dispatcher.merge_cases(request)
    undo = pb.UnmergeCaseRequest(request_id=new_id(), case_id=theirs.case_id, reason="two holes")
    undone = dispatcher.unmerge_case(undo)

    assert dispatcher.merge_cases(request).revision == first.revision
    assert dispatcher.unmerge_case(undo).revision == undone.revision
    history = dispatcher.get_case_history(pb.GetCaseHistoryRequest(case_id=ours.case_id)).entries
    told = [entry.event.removeprefix("linli.cases.v1.") for entry in history]
    assert told.count("DuplicateAdded") == told.count("DuplicateRemoved") == 1


def test_an_unmerge_that_is_repeated_after_another_merge_changes_nothing(
    dispatcher: Any, lin: Any, theirs: pb.Case, ours: pb.Case
) -> None:
    third = lin.open_case(report()).case
    dispatcher.merge_cases(merge(theirs, ours))
    undo = pb.UnmergeCaseRequest(request_id=new_id(), case_id=theirs.case_id, reason="two holes")
    dispatcher.unmerge_case(undo)
    dispatcher.merge_cases(merge(theirs, third))

    dispatcher.unmerge_case(undo)

    got = dispatcher.get_case(pb.GetCaseRequest(case_id=third.case_id))
    assert list(got.merged_case_ids) == [theirs.case_id]


def test_whoever_does_not_dispatch_both_merges_neither(person: Any, lin: Any, ours: pb.Case) -> None:
    elsewhere = lin.open_case(report(location=IN_HARBOUR)).case
    of_the_street = person("DISPATCHER", subject="dan", path="city/harbour/mole-street")

    assert refused(of_the_street.merge_cases, merge(ours, elsewhere)) == "OUT_OF_REACH"
    assert refused(of_the_street.merge_cases, merge(elsewhere, ours)) == "OUT_OF_REACH"
    assert mine(lin, ours).case.state == mine(lin, elsewhere).case.state == types.CASE_STATE_ROUTED


def test_a_body_merges_nothing(roads_officer: Any, theirs: pb.Case, ours: pb.Case) -> None:
    assert refused(roads_officer.merge_cases, merge(theirs, ours)) == "SCOPE_MISSING"


def test_a_merge_that_was_decided_on_what_has_changed_since_is_refused(
    dispatcher: Any, roads_officer: Any, theirs: pb.Case, ours: pb.Case
) -> None:
    seen = {"if_revision": revision_of(dispatcher, theirs), "into_if_revision": revision_of(dispatcher, ours)}
    roads_officer.add_note(pb.AddNoteRequest(**on(ours), text="this one is a sinkhole"))
    assert refused(dispatcher.merge_cases, merge(theirs, ours, **seen)) == "REVISION_MISMATCH"

    seen["into_if_revision"] = revision_of(dispatcher, ours)
    roads_officer.accept_case(pb.AcceptCaseRequest(**on(theirs)))
    assert refused(dispatcher.merge_cases, merge(theirs, ours, **seen)) == "REVISION_MISMATCH"
    assert mine_as_staff(dispatcher, theirs).state == types.CASE_STATE_ACCEPTED

    seen["if_revision"] = revision_of(dispatcher, theirs)
    again = merge(theirs, ours, **seen)
    merged = dispatcher.merge_cases(again)
    assert merged.case.state == types.CASE_STATE_MERGED
    assert dispatcher.merge_cases(again) == merged  # also after both have changed by it


@pytest.mark.parametrize("field", ["if_revision", "into_if_revision"])
def test_a_merge_for_what_is_no_revision_is_told_so_by_name(
    dispatcher: Any, theirs: pb.Case, ours: pb.Case, field: str
) -> None:
    with pytest.raises(RpcFailed) as failed:
        dispatcher.merge_cases(merge(theirs, ours, **{field: "yesterday"}))

    assert (failed.value.reason, list(failed.value.violations)) == ("REVISION_MALFORMED", [field])


def test_an_unmerge_that_was_decided_on_an_earlier_merge_is_refused(
    dispatcher: Any, lin: Any, theirs: pb.Case, ours: pb.Case
) -> None:
    third = lin.open_case(report()).case
    dispatcher.merge_cases(merge(theirs, ours))
    seen = revision_of(dispatcher, theirs)
    undo = {"case_id": theirs.case_id, "reason": "two holes"}
    dispatcher.unmerge_case(pb.UnmergeCaseRequest(request_id=new_id(), **undo))
    dispatcher.merge_cases(merge(theirs, third))

    late = pb.UnmergeCaseRequest(request_id=new_id(), if_revision=seen, **undo)

    assert refused(dispatcher.unmerge_case, late) == "REVISION_MISMATCH"
    assert mine_as_staff(dispatcher, theirs).merged_into_case_id == third.case_id


def test_of_two_clerks_who_merge_the_same_cases_each_other_way_one_succeeds(
    person: Any, theirs: pb.Case, ours: pb.Case
) -> None:
    clerks = [person("DISPATCHER", path="city") for _ in range(2)]
    requests = [merge(theirs, ours), merge(ours, theirs)]

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(outcome, [clerk.merge_cases for clerk in clerks], requests))

    assert sorted(outcomes) == ["", "CASE_MERGED"]
    states = [mine_as_staff(clerks[0], case).state for case in (theirs, ours)]
    assert states.count(types.CASE_STATE_MERGED) == 1


def revision_of(clerk: Any, case: pb.Case) -> str:
    return str(clerk.get_case(pb.GetCaseRequest(case_id=case.case_id)).revision)


def mine_as_staff(clerk: Any, case: pb.Case) -> pb.Case:
    got: pb.Case = clerk.get_case(pb.GetCaseRequest(case_id=case.case_id)).case
    return got


# -- all who reported ------------------------------------------------------------------------------


def test_the_reporter_of_a_merged_case_reads_what_happens_and_nothing_of_the_other(
    dispatcher: Any, roads_officer: Any, lin: Any, mei: Any, theirs: pb.Case, ours: pb.Case
) -> None:
    before = pb.AnswerReporterRequest(**on(ours), text="only Lin is told this")
    roads_officer.answer_reporter(before)
    dispatcher.merge_cases(merge(theirs, ours))
    after = pb.AnswerReporterRequest(**on(ours), text="a crew comes tomorrow")
    roads_officer.answer_reporter(after)

    got = mine(mei, theirs)

    assert got.case.state == types.CASE_STATE_MERGED
    assert [note.text for note in got.merged_into.notes] == ["a crew comes tomorrow"]
    assert got.merged_into.case.public_id == ours.public_id
    assert got.merged_into.case.reporter_id == ""
    assert "Lin" not in str(got)
    assert "Mei" not in str(mine(lin, ours))
    assert theirs.case_id not in str(mine(lin, ours))
    assert refused(mei.get_my_case, pb.GetMyCaseRequest(case_id=ours.case_id)) == "NOT_YOURS"


def test_reporters_are_told_of_a_merge_by_number_and_staff_read_why(
    person: Any, dispatcher: Any, lin: Any, mei: Any, theirs: pb.Case, ours: pb.Case
) -> None:
    """A dispatcher who is careless with words tells colleagues, and no reporter."""
    why = "Mei complains every week, Lin for once has a point"
    dispatcher.merge_cases(merge(theirs, ours, reason=why))
    undo = pb.UnmergeCaseRequest(request_id=new_id(), case_id=theirs.case_id, reason=why)
    dispatcher.unmerge_case(undo)

    for somebody, case, other in ((mei, theirs, ours), (lin, ours, theirs)):
        history = mine(somebody, case).history
        assert "complains" not in str(history)
        told = [entry.summary for entry in history if entry.HasField("summary")]
        assert len(told) == 2
        assert all(other.public_id in text for each in told for text in (each.zh, each.en))
        asking = pb.FollowCaseRequest(case_id=case.case_id)
        follow = somebody.follow_case(asking, deadline=patience.seconds(60))
        assert "complains" not in str(next(follow))
        asked = pb.GetCaseHistoryRequest(case_id=case.case_id)
        for staff in (dispatcher, person("SUPERVISOR", subject="sun", path="city")):
            read = [entry.reason for entry in staff.get_case_history(asked).entries if entry.reason]
            assert read == [why, why]


def test_the_body_that_has_the_other_case_reads_the_merged_one(
    person: Any, dispatcher: Any, theirs: pb.Case, ours: pb.Case
) -> None:
    parks = person("CASE_OFFICER", subject="pia", body="parks")
    moved = pb.ReassignCaseRequest(**on(ours), body_id="parks", legal_basis="Decree 7", reason="trees")
    dispatcher.reassign_case(moved)
    assert refused(parks.get_case, pb.GetCaseRequest(case_id=theirs.case_id)) == "OUT_OF_REACH"

    dispatcher.merge_cases(merge(theirs, ours))

    got = parks.get_case(pb.GetCaseRequest(case_id=theirs.case_id))
    assert got.report.description == "mind your wheels, says Mei"


def test_an_objection_of_any_reporter_counts_and_is_their_own_word(
    dispatcher: Any, roads_officer: Any, lin: Any, mei: Any, theirs: pb.Case, ours: pb.Case
) -> None:
    dispatcher.merge_cases(merge(theirs, ours))
    resolve(roads_officer, ours)
    lin.confirm_resolution(pb.ConfirmResolutionRequest(**on(ours)))
    closing = pb.CloseCaseRequest(**on(ours), reason="done")
    assert refused(roads_officer.close_case, closing) == "CONFIRMATION_PENDING"

    objection = pb.ObjectToResolutionRequest(**on(theirs), reason="it is still there, says Mei")
    reopened = mei.object_to_resolution(objection).case

    assert reopened.public_id == ours.public_id
    assert reopened.state == types.CASE_STATE_ACCEPTED
    assert reopened.reporter_id == ""
    assert "Mei" not in str(mine(lin, ours))
    assert "Mei" in str(mine(mei, theirs).merged_into.history)


@pytest.mark.capability("002.5")
def test_who_reads_what_the_second_reporter_says_is_recorded_for_them_too(
    running: Component, dispatcher: Any, roads_officer: Any, mei: Any, theirs: pb.Case, ours: pb.Case
) -> None:
    dispatcher.merge_cases(merge(theirs, ours))
    resolve(roads_officer, ours)
    stream = roads_officer.follow_case(
        pb.FollowCaseRequest(case_id=ours.case_id), deadline=patience.seconds(60)
    )
    next(stream)
    assert readings(running, theirs) == []

    mei.object_to_resolution(pb.ObjectToResolutionRequest(**on(theirs), reason="still there, says Mei"))
    dispatcher.get_case_history(pb.GetCaseHistoryRequest(case_id=ours.case_id))
    while "says Mei" not in str(next(stream)):
        pass

    assert sorted(readings(running, theirs)) == [("dora", "GetCaseHistory"), ("rob", "FollowCase")]


def test_a_stranger_objects_to_nothing(
    person: Any, dispatcher: Any, roads_officer: Any, theirs: pb.Case, ours: pb.Case
) -> None:
    stranger = person("RESIDENT", subject="wu", path="city")
    dispatcher.merge_cases(merge(theirs, ours))
    resolve(roads_officer, ours)

    for case in (theirs, ours):
        objection = pb.ObjectToResolutionRequest(**on(case), reason="no")
        assert refused(stranger.object_to_resolution, objection) == "NOT_YOURS"


def test_neither_reporter_takes_the_matter_back_for_the_other(
    dispatcher: Any, lin: Any, mei: Any, theirs: pb.Case, ours: pb.Case
) -> None:
    dispatcher.merge_cases(merge(theirs, ours))

    assert refused(lin.withdraw_case, pb.WithdrawCaseRequest(**on(ours))) == "OTHERS_REPORTED_IT"
    assert refused(mei.withdraw_case, pb.WithdrawCaseRequest(**on(theirs))) == "OTHERS_REPORTED_IT"


def test_a_receipt_still_serves_after_a_merge(
    nobody: Any, roads_officer: Any, dispatcher: Any, lin: Any
) -> None:
    told = report("graffiti", anonymous=True, channel=types.CHANNEL_DESK)
    opened, other = dispatcher.open_case(told), lin.open_case(report("graffiti")).case
    merged = dispatcher.merge_cases(merge(opened.case, other))
    resolve(roads_officer, other)
    shown = {"public_id": opened.case.public_id, "receipt_code": opened.receipt_code}

    dispatcher.get_public_case(pb.GetPublicCaseRequest(public_id=other.public_id, at_least=merged.revision))
    followed = nobody.follow_up_by_receipt(pb.FollowUpByReceiptRequest(**shown)).case
    objection: dict[str, Any] = {
        "reply": types.RECEIPT_REPLY_OBJECT_TO_RESOLUTION,
        "reason": "it is still there, says nobody",
    }
    crossed = {**shown, "public_id": other.public_id}
    wrong = pb.ReplyByReceiptRequest(request_id=new_id(), **crossed, **objection)
    assert refused(nobody.reply_by_receipt, wrong) == "RECEIPT_REFUSED"
    replied = nobody.reply_by_receipt(pb.ReplyByReceiptRequest(request_id=new_id(), **shown, **objection))

    assert followed.merged_into.case.state == types.CASE_STATE_RESOLVED
    assert replied.case.state == types.CASE_STATE_ACCEPTED
    assert replied.case.reporter_id == ""
    assert "nobody" not in str(mine(lin, other))
    after = nobody.follow_up_by_receipt(pb.FollowUpByReceiptRequest(**shown)).case
    assert "nobody" in str(after.merged_into.history)


def test_the_conversation_goes_on_with_the_body_that_has_the_other_case(
    person: Any, dispatcher: Any, mei: Any, lin: Any, theirs: pb.Case, ours: pb.Case
) -> None:
    parks = person("CASE_OFFICER", subject="pia", body="parks")
    moved = pb.ReassignCaseRequest(**on(ours), body_id="parks", legal_basis="Decree 7", reason="trees")
    dispatcher.reassign_case(moved)
    dispatcher.merge_cases(merge(theirs, ours))

    question = pb.SendMessageRequest(**on(theirs), to=types.CASE_PARTY_DEPARTMENT, text="when?")
    sent = mei.send_message(question)
    answer = pb.SendMessageRequest(
        **on(theirs), to=types.CASE_PARTY_RESIDENT, text="soon", answers_message_id=sent.message_id
    )
    parks.send_message(answer)

    talk = mei.get_conversation(pb.GetConversationRequest(case_id=theirs.case_id)).messages
    assert [message.text for message in talk] == ["when?", "soon"]
    assert refused(lin.get_conversation, pb.GetConversationRequest(case_id=theirs.case_id)) != ""


def test_the_reporter_of_a_merged_case_is_told_of_each_change(
    dispatcher: Any, roads_officer: Any, mei: Any, theirs: pb.Case, ours: pb.Case
) -> None:
    stream = mei.follow_my_cases(pb.FollowMyCasesRequest(), deadline=patience.seconds(60))
    next(stream)
    dispatcher.merge_cases(merge(theirs, ours))
    roads_officer.accept_case(pb.AcceptCaseRequest(**on(ours)))
    heard = _heard(stream, "CaseAccepted")
    stream.close()

    assert [name for name, _ in heard][:1] == ["CaseMerged"]
    assert all(case.reporter_id in ("", theirs.reporter_id) for _, cases in heard for case in cases)


def test_who_followed_before_hears_of_the_other_case_from_the_merge_until_the_case_is_given_back(
    dispatcher: Any, roads_officer: Any, mei: Any, lin: Any
) -> None:
    stream = mei.follow_my_cases(pb.FollowMyCasesRequest(), deadline=patience.seconds(60))
    next(stream)
    ours, theirs = lin.open_case(report()).case, mei.open_case(report()).case
    _heard(stream, "CaseRouted")

    dispatcher.merge_cases(merge(theirs, ours))
    roads_officer.accept_case(pb.AcceptCaseRequest(**on(ours)))
    while_merged = [name for name, _ in _heard(stream, "CaseAccepted")]
    undo = pb.UnmergeCaseRequest(request_id=new_id(), case_id=theirs.case_id, reason="two holes")
    dispatcher.unmerge_case(undo)
    roads_officer.start_work(pb.StartWorkRequest(**on(ours)))
    roads_officer.accept_case(pb.AcceptCaseRequest(**on(theirs)))
    afterwards = [name for name, _ in _heard(stream, "CaseAccepted")]
    stream.close()

    assert while_merged == ["CaseMerged", "DuplicateAdded", "CaseAccepted"]
    assert "CaseUnmerged" in afterwards
    assert "WorkStarted" not in afterwards


def test_whoever_follows_a_merged_case_sees_what_happens_where_it_goes_on(
    dispatcher: Any, roads_officer: Any, mei: Any, theirs: pb.Case, ours: pb.Case
) -> None:
    request = pb.FollowCaseRequest(case_id=theirs.case_id)
    stream = mei.follow_case(request, deadline=patience.seconds(60))
    next(stream)
    dispatcher.merge_cases(merge(theirs, ours))
    roads_officer.accept_case(pb.AcceptCaseRequest(**on(ours)))
    for news in stream:
        if any(entry.event.endswith("CaseAccepted") for entry in news.changes):
            break
    stream.close()

    assert news.case.state == types.CASE_STATE_MERGED
    assert news.merged_into.case.state == types.CASE_STATE_ACCEPTED


def _heard(stream: Any, last: str) -> list[tuple[str, list[pb.Case]]]:
    heard: list[tuple[str, list[pb.Case]]] = []
    for news in stream:
        names = [change.event.removeprefix("linli.cases.v1.") for change in news.changes]
        heard += [(name, list(news.cases)) for name in names]
        if last in names:
            return heard
    raise AssertionError(f"the stream ended before {last}")


# -- given back ------------------------------------------------------------------------------------


def test_a_case_that_is_given_back_stands_where_it_stood(
    dispatcher: Any, roads_officer: Any, theirs: pb.Case, ours: pb.Case
) -> None:
    accepted = roads_officer.accept_case(pb.AcceptCaseRequest(**on(theirs))).case
    dispatcher.merge_cases(merge(theirs, ours))
    undo = pb.UnmergeCaseRequest(request_id=new_id(), case_id=theirs.case_id, reason="two holes")

    undone = dispatcher.unmerge_case(undo)

    assert undone.case == accepted
    assert undone.from_case == ours
    asked = pb.ListCasesRequest(filter=f'public_id = "{theirs.public_id}"', at_least=undone.revision)
    [row] = dispatcher.list_cases(asked).cases
    assert (row.state, row.merged_into_case_id) == (types.CASE_STATE_ACCEPTED, "")
    assert not row.HasField("ended_time")
    again = pb.UnmergeCaseRequest(request_id=new_id(), case_id=theirs.case_id, reason="again")
    assert refused(dispatcher.unmerge_case, again) == "CASE_NOT_MERGED"


def test_a_limit_of_a_merged_case_is_explained_by_its_own_report(
    operator: Any, dispatcher: Any, theirs: pb.Case, lin: Any
) -> None:
    younger = lin.open_case(report()).case
    merged = dispatcher.merge_cases(merge(theirs, younger)).into_case
    asked = pb.ExplainDeadlineRequest(case_id=younger.case_id, clock=types.CLOCK_KIND_RESOLUTION)

    explained = dispatcher.explain_deadline(asked)

    [due] = [each.due_time for each in merged.deadlines if each.clock == types.CLOCK_KIND_RESOLUTION]
    assert explained.deadline.due_time == due
    assert explained.counted.ToSeconds() == 24 * 3600
