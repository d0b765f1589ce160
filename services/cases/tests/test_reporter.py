"""A reporter over the real wire: what they are answered, with an account and without one."""

from typing import Any

import pytest
from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types
from linli.catalog.v1 import catalog_events_pb2 as catalog
from linli.catalog.v1 import catalog_types_pb2 as catalog_types

from libs.rpc.access import Grant
from libs.rpc.credentials import Token
from libs.rpc.failures import RpcFailed
from libs.rpc.moments import stamp
from libs.testkit.clocks import moment
from libs.testkit.component import Component
from libs.testkit.eventually import eventually
from services.cases.tests import neighbours
from services.cases.tests.wire import imported, new_id, on, refused, report, service_of

WRONG = "00000-00000-00000"


@pytest.fixture
def nobody(running: Component) -> Any:
    """Whoever comes without a token."""
    return service_of(running, Token())


def anonymous(nobody_or_staff: Any, **fields: Any) -> pb.OpenCaseResponse:
    opened: pb.OpenCaseResponse = nobody_or_staff.open_case(report("graffiti", anonymous=True, **fields))
    return opened


def receipt(opened: pb.OpenCaseResponse, **fields: Any) -> dict[str, Any]:
    return {"public_id": opened.case.public_id, "receipt_code": opened.receipt_code} | fields


def follow(nobody: Any, opened: pb.OpenCaseResponse, **fields: Any) -> pb.FollowUpByReceiptResponse:
    """What the reporter reads, as soon as the view has the case."""

    def look() -> pb.FollowUpByReceiptResponse:
        asked = pb.FollowUpByReceiptRequest(**receipt(opened, at_least=opened.revision, **fields))
        try:
            answer: pb.FollowUpByReceiptResponse = nobody.follow_up_by_receipt(asked)
        except RpcFailed as failed:
            raise AssertionError from failed
        return answer

    return eventually(look, "the view has the case")


def reply(opened: pb.OpenCaseResponse, what: Any, **fields: Any) -> pb.ReplyByReceiptRequest:
    return pb.ReplyByReceiptRequest(request_id=new_id(), reply=what, **receipt(opened, **fields))


def first_response(case: pb.Case) -> types.Deadline:
    return case.deadlines[0]


def test_a_dispatcher_who_writes_to_the_reporter_does_not_answer_for_the_body(
    running: Component, resident: Any, roads_officer: Any
) -> None:
    case = resident.open_case(report()).case
    dispatcher = service_of(running, running.mint.person("DISPATCHER", path="city"))

    noted = dispatcher.add_note(pb.AddNoteRequest(**on(case), text="we will see", to_reporter=True)).case
    answer = pb.AnswerReporterRequest(**on(case), text="a crew comes tomorrow")

    assert not first_response(noted).HasField("met_time")
    assert refused(dispatcher.answer_reporter, answer) == "SCOPE_MISSING"
    assert first_response(roads_officer.answer_reporter(answer).case).HasField("met_time")


def test_nobody_confirms_what_their_own_body_has_resolved(running: Component, roads_officer: Any) -> None:
    grants = [Grant("CASE_OFFICER", body="roads"), Grant("RESIDENT", path="city")]
    both = service_of(running, running.mint.holding("rob-at-home", *grants))
    case = both.open_case(report(reporter_id="rob-at-home")).case
    roads_officer.resolve_case(pb.ResolveCaseRequest(**on(case), outcome_code="resolved"))

    assert refused(both.confirm_resolution, pb.ConfirmResolutionRequest(**on(case))) == "WORKS_FOR_THE_BODY"
    objection = pb.ObjectToResolutionRequest(**on(case), reason="still there")
    assert both.object_to_resolution(objection).case.state == types.CASE_STATE_ACCEPTED


def test_a_body_that_accepts_and_returns_has_not_responded(resident: Any, roads_officer: Any) -> None:
    case = resident.open_case(report()).case
    accepted = roads_officer.accept_case(pb.AcceptCaseRequest(**on(case)))
    returned = roads_officer.return_case(pb.ReturnCaseRequest(**on(case), reason="not ours"))
    listed = resident.list_my_cases(pb.ListMyCasesRequest(at_least=returned.revision)).cases

    assert first_response(accepted.case).HasField("met_time")
    assert not first_response(returned.case).HasField("met_time")
    assert not first_response(next(each for each in listed if each.case_id == case.case_id)).HasField(
        "met_time"
    )


def test_a_reporter_reads_the_whole_of_their_own_case_and_nobody_elses(
    running: Component, resident: Any, roads_officer: Any
) -> None:
    case = resident.open_case(report()).case
    roads_officer.add_note(pb.AddNoteRequest(**on(case), text="he always complains", to_reporter=False))
    answered = roads_officer.answer_reporter(pb.AnswerReporterRequest(**on(case), text="a crew comes"))
    asked = pb.GetMyCaseRequest(case_id=case.case_id)
    neighbour = service_of(running, running.mint.person("RESIDENT", subject="resident-wu"))

    mine = resident.get_my_case(asked)

    assert mine.case.report.description == "a hole as deep as a bucket"
    assert [(note.text, note.body_id, note.author_id) for note in mine.case.notes] == [
        ("a crew comes", "roads", "")
    ]
    assert mine.revision == answered.revision
    assert refused(neighbour.get_my_case, asked) == "NOT_YOURS"


def test_whoever_reports_without_an_account_reads_and_replies_by_receipt(
    operator: Any, nobody: Any, roads_officer: Any
) -> None:
    opened = anonymous(operator)
    roads_officer.answer_reporter(pb.AnswerReporterRequest(**on(opened.case), text="a crew comes"))

    mine = follow(nobody, opened).case
    typed = receipt(opened, public_id=opened.case.public_id.lower().replace("-", " "))
    typed["receipt_code"] = opened.receipt_code.lower().replace("-", "")
    assert nobody.follow_up_by_receipt(pb.FollowUpByReceiptRequest(**typed)).case == mine
    withdrawn = nobody.reply_by_receipt(reply(opened, types.RECEIPT_REPLY_WITHDRAW, reason="it was a joke"))

    assert (mine.report.description, [note.text for note in mine.notes]) == (
        "a hole as deep as a bucket",
        ["a crew comes"],
    )
    assert withdrawn.case.state == types.CASE_STATE_WITHDRAWN
    assert (
        refused(nobody.reply_by_receipt, reply(opened, types.RECEIPT_REPLY_OBJECT_TO_RESOLUTION))
        == "INVALID_REQUEST"
    )


def test_a_receipt_opens_no_other_case_than_its_own(operator: Any, nobody: Any) -> None:
    mine, theirs = anonymous(operator), anonymous(operator)
    follow(nobody, theirs)
    swapped = {"public_id": theirs.case.public_id, "receipt_code": mine.receipt_code}

    assert refused(nobody.follow_up_by_receipt, pb.FollowUpByReceiptRequest(**swapped)) == "RECEIPT_REFUSED"
    withdrawal = reply(theirs, types.RECEIPT_REPLY_WITHDRAW, receipt_code=mine.receipt_code)
    assert refused(nobody.reply_by_receipt, withdrawal) == "RECEIPT_REFUSED"


def test_a_report_in_a_residents_name_has_no_receipt(resident: Any, operator: Any, nobody: Any) -> None:
    named, nameless = resident.open_case(report()), anonymous(operator)
    follow(nobody, nameless)

    assert named.receipt_code == ""
    stolen = pb.FollowUpByReceiptRequest(**receipt(nameless) | {"public_id": named.case.public_id})
    assert refused(nobody.follow_up_by_receipt, stolen) == "RECEIPT_REFUSED"


def test_a_repeated_report_gets_its_receipt_again_and_nothing_else_shows_it(
    running: Component, operator: Any
) -> None:
    told = report("graffiti", anonymous=True)
    opened = operator.open_case(told)

    assert opened.receipt_code == operator.open_case(told).receipt_code != anonymous(operator).receipt_code
    seen = operator.get_case(pb.GetCaseRequest(case_id=opened.case.case_id))
    history = operator.get_case_history(pb.GetCaseHistoryRequest(case_id=opened.case.case_id))
    assert opened.receipt_code not in f"{seen}{history}"
    with running.opened.ledger.connection() as connection:
        for table in ("stored_events", "subject_keys"):
            rows = connection.execute(f"SELECT t::text AS row FROM {table} AS t").fetchall()
            code = opened.receipt_code.encode().hex()
            assert not any(code in row["row"] or opened.receipt_code in row["row"] for row in rows)


def test_whoever_guesses_receipts_waits_longer_and_longer(operator: Any, nobody: Any) -> None:
    opened = anonymous(operator)
    follow(nobody, opened)
    guess = pb.FollowUpByReceiptRequest(public_id=opened.case.public_id, receipt_code=WRONG)

    refusals = [refused(nobody.follow_up_by_receipt, guess) for _ in range(8)]

    assert refusals[:5] == ["RECEIPT_REFUSED"] * 5
    assert "TOO_MANY_ATTEMPTS" in refusals[5:]
    unknown = pb.FollowUpByReceiptRequest(public_id="LL-00000-00000", receipt_code=WRONG)
    assert refused(nobody.follow_up_by_receipt, unknown) == "RECEIPT_REFUSED"


# -- how it ends ----------------------------------------------------------------------------------


def promised_by(operator: Any, commitment_id: str, **asked: Any) -> bool:
    """Whether the commitment is known by now."""
    try:
        deadlines = operator.preview_routing(pb.PreviewRoutingRequest(**asked)).deadlines
    except RpcFailed:
        return False
    return any(deadline.commitment_id == commitment_id for deadline in deadlines)


def resolving(case: pb.Case, **fields: Any) -> pb.ResolveCaseRequest:
    return pb.ResolveCaseRequest(**on(case), outcome_code="resolved", **fields)


def test_the_same_body_cannot_route_resolve_and_close_within_a_minute(
    running: Component, operator: Any, resident: Any, roads_officer: Any
) -> None:
    case = resident.open_case(report()).case
    no_outcome = pb.ResolveCaseRequest(**on(case), outcome_code="done")
    closing = pb.CloseCaseRequest(**on(case))

    assert refused(roads_officer.resolve_case, no_outcome) == "OUTCOME_NOT_LISTED"
    resolved = roads_officer.resolve_case(resolving(case)).case
    assert refused(roads_officer.close_case, closing) == "CONFIRMATION_PENDING"
    assert refused(operator.close_case, closing) == "CONFIRMATION_PENDING"
    neighbour = service_of(running, running.mint.person("RESIDENT", subject="resident-wu"))
    assert refused(neighbour.confirm_resolution, pb.ConfirmResolutionRequest(**on(case))) == "NOT_YOURS"
    assert (resolved.outcome_code, resolved.HasField("confirm_until_time")) == ("resolved", True)


def test_a_reporter_confirms_and_objects_until_the_window_is_over(resident: Any, roads_officer: Any) -> None:
    case = resident.open_case(report()).case
    roads_officer.resolve_case(resolving(case))
    confirmed = resident.confirm_resolution(pb.ConfirmResolutionRequest(**on(case))).case
    closed = roads_officer.close_case(pb.CloseCaseRequest(**on(case)))
    [listed] = [
        each
        for each in resident.list_my_cases(pb.ListMyCasesRequest(at_least=closed.revision)).cases
        if each.case_id == case.case_id
    ]
    again = resident.object_to_resolution(pb.ObjectToResolutionRequest(**on(case), reason="a hole again"))

    assert (confirmed.state, closed.case.state) == (types.CASE_STATE_CONFIRMED, types.CASE_STATE_CLOSED)
    assert listed == closed.case
    assert again.case.state == types.CASE_STATE_ACCEPTED


def test_the_outcome_of_a_case_that_was_taken_up_again_is_history(
    resident: Any, roads_officer: Any, operator: Any
) -> None:
    case = resident.open_case(report()).case
    roads_officer.resolve_case(resolving(case, outcome="filled"))
    asked = pb.GetMyCaseRequest(case_id=case.case_id)
    before = resident.get_my_case(asked).case

    resident.object_to_resolution(pb.ObjectToResolutionRequest(**on(case), reason="a hole again"))

    for after in (
        resident.get_my_case(asked).case,
        operator.get_case(pb.GetCaseRequest(case_id=case.case_id)),
    ):
        assert (before.outcome, after.outcome, after.case.outcome_code) == ("filled", "", "")
        assert not after.case.HasField("confirm_until_time")
    history = operator.get_case_history(pb.GetCaseHistoryRequest(case_id=case.case_id)).entries
    assert [each.outcome_code for each in history if each.event.endswith("CaseResolved")] == ["resolved"]


def test_evidence_is_demanded_shown_and_named_to_the_reporter(
    running: Component, operator: Any, resident: Any, roads_officer: Any
) -> None:
    running.hears("catalog", catalog.AffairDefined(affair_id="lamps", affair_path="streets/lamps"))
    demanding = neighbours.promised("lamps", first_response=4, resolution=24)
    demanding.evidence_kinds.append(catalog_types.EVIDENCE_KIND_PHOTO)
    running.hears("catalog", demanding)
    lamps = {"affair_id": "lamps", "location": neighbours.IN_MOLE_STREET}
    eventually(lambda: promised_by(operator, "lamps", **lamps), "the commitment is known")
    photo = types.EvidenceReference(
        kind=catalog_types.EVIDENCE_KIND_PHOTO, digest="a1" * 32, media_type="image/jpeg", size=81_234
    )

    case = resident.open_case(report("lamps")).case

    assert refused(roads_officer.resolve_case, resolving(case)) == "EVIDENCE_MISSING"
    again = types.EvidenceReference(
        kind=catalog_types.EVIDENCE_KIND_READING, digest=photo.digest, media_type="text/csv", size=12
    )
    with pytest.raises(RpcFailed, match="a1a1 is named as two kinds and counts once"):
        roads_officer.resolve_case(resolving(case, evidence=[photo, again]))
    roads_officer.resolve_case(resolving(case, evidence=[photo]))

    mine = resident.get_my_case(pb.GetMyCaseRequest(case_id=case.case_id)).case
    assert list(mine.evidence) == [photo]
    [resolution] = [each for each in mine.history if each.event.endswith("CaseResolved")]
    assert (resolution.outcome_code, list(resolution.evidence)) == ("resolved", [photo])
    unfit = types.EvidenceReference(kind=photo.kind, digest="photo.jpg", media_type="image", size=0)
    with pytest.raises(RpcFailed) as failed:
        roads_officer.resolve_case(resolving(case, evidence=[unfit]))
    assert set(failed.value.violations) == {
        f"evidence[0].{field}" for field in ("digest", "media_type", "size")
    }


def test_files_of_a_report_are_named_to_those_who_read_its_texts(
    running: Component, operator: Any, resident: Any, nobody: Any
) -> None:
    photo = types.Attachment(digest="b2" * 32, media_type="image/jpeg", size=81_234)
    plan = types.Attachment(digest="c3" * 32, media_type="application/pdf", size=1)
    supervisor = service_of(running, running.mint.person("SUPERVISOR", path="city"))
    officer = service_of(running, running.mint.person("DATA_PROTECTION_OFFICER", path="city"))

    case = resident.open_case(report("graffiti", attachments=[photo, plan, photo])).case
    unnamed = anonymous(operator, attachments=[plan])

    asked = pb.GetCaseRequest(case_id=case.case_id)
    assert list(operator.get_case(asked).report.attachments) == [photo, plan]
    assert list(resident.get_my_case(pb.GetMyCaseRequest(case_id=case.case_id)).case.report.attachments) == [
        photo,
        plan,
    ]
    assert list(follow(nobody, unnamed).case.report.attachments) == [plan]
    masked = supervisor.get_case(asked)
    assert masked.personal_data_masked
    assert not masked.report.attachments
    officer.erase_case_content(pb.EraseCaseContentRequest(**on(unnamed.case), reason="asked for"))
    erased = operator.get_case(pb.GetCaseRequest(case_id=unnamed.case.case_id))
    assert erased.content_erased
    assert not erased.report.attachments


def test_files_that_a_clumsy_clerk_attaches_are_refused_by_field(operator: Any) -> None:
    unfit = types.Attachment(digest="photo.jpg", media_type="image", size=0)
    file = types.Attachment(digest="b2" * 32, media_type="image/jpeg", size=81_234)

    with pytest.raises(RpcFailed) as failed:
        operator.open_case(report("graffiti", attachments=[file, unfit]))
    with pytest.raises(RpcFailed) as flooded:
        operator.open_case(report("graffiti", attachments=[file] * 21))

    fields = {f"attachments[1].{field}" for field in ("digest", "media_type", "size")}
    assert set(failed.value.violations) == fields
    assert set(flooded.value.violations) == {"attachments"}


def test_a_rejection_that_the_reporter_objects_to_is_decided_one_area_up(
    running: Component, resident: Any
) -> None:
    case = resident.open_case(report()).case
    street, harbour = (
        service_of(running, running.mint.person("DISPATCHER", path=path))
        for path in ("city/harbour/mole-street", "city/harbour")
    )
    rejection: dict[str, Any] = {"reason": "private ground", "reason_code": "not-ours"}

    street.reject_case(pb.RejectCaseRequest(**on(case), **rejection))
    contested = resident.object_to_rejection(pb.ObjectToRejectionRequest(**on(case), reason="it is a road"))

    assert contested.case.state == types.CASE_STATE_SUBMITTED
    assert refused(street.reject_case, pb.RejectCaseRequest(**on(case), **rejection)) == "OUT_OF_REACH"
    matters = harbour.list_unowned_matters(pb.ListUnownedMattersRequest(at_least=contested.revision)).matters
    assert (case.case_id, "rejection contested") in {(each.case_id, each.cause) for each in matters}
    harbour.reject_case(pb.RejectCaseRequest(**on(case), **rejection))
    again = pb.ObjectToRejectionRequest(**on(case), reason="it is a road")
    assert refused(resident.object_to_rejection, again) == "REJECTION_UPHELD"


def test_whoever_reports_without_an_account_is_asked_too(
    operator: Any, nobody: Any, roads_officer: Any
) -> None:
    opened = anonymous(operator)
    follow(nobody, opened)
    roads_officer.resolve_case(resolving(opened.case))

    objection = reply(opened, types.RECEIPT_REPLY_OBJECT_TO_RESOLUTION, reason="still there")
    assert nobody.reply_by_receipt(objection).case.state == types.CASE_STATE_ACCEPTED
    roads_officer.resolve_case(resolving(opened.case))
    confirmed = nobody.reply_by_receipt(reply(opened, types.RECEIPT_REPLY_CONFIRM)).case
    assert confirmed.state == types.CASE_STATE_CONFIRMED


def test_silence_closes_a_case_by_the_running_clock(running: Component, operator: Any) -> None:
    case = operator.open_case(imported("S-1", "2021-01-05 09:00")).case
    then = {"occurred_time": stamp(moment("2021-01-06 09:00"))}
    told = operator.resolve_case(pb.ResolveCaseRequest(**on(case, **then), outcome_code="resolved"))
    complete = {"as_of_time": stamp(moment("2021-01-07 09:00")), "at_least": told.revision}
    released = operator.finish_import(pb.FinishImportRequest(system="old-system", **complete))

    def closed() -> pb.Case:
        answer: pb.Case = operator.get_case(pb.GetCaseRequest(case_id=case.case_id)).case
        assert answer.state == types.CASE_STATE_CLOSED
        return answer

    assert released.released
    ended = eventually(closed, "the clock has passed").ended_time
    assert ended == stamp(moment("2021-01-13 09:00"))
