"""Files of messages, answers and objections over the real wire: who sees them, what they prove."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types
from linli.catalog.v1 import catalog_types_pb2 as catalog
from linli.identity.v1 import identity_events_pb2 as identity

from libs.rpc.credentials import Token
from libs.rpc.failures import RpcFailed
from libs.testkit import patience
from libs.testkit.component import Component
from libs.testkit.eventually import eventually
from services.cases.tests import neighbours
from services.cases.tests.wire import new_id, on, refused, report, service_of

RESIDENT, COMMUNITY, DEPARTMENT = (
    types.CASE_PARTY_RESIDENT,
    types.CASE_PARTY_COMMUNITY,
    types.CASE_PARTY_DEPARTMENT,
)
CRACK = types.Attachment(digest="c4" * 32, media_type="image/jpeg", size=81_234)
PLAN = types.Attachment(digest="d5" * 32, media_type="application/pdf", size=20_480)


def photo(file: types.Attachment) -> types.EvidenceReference:
    """A file, handed over as evidence."""
    kind = catalog.EVIDENCE_KIND_PHOTO
    return types.EvidenceReference(kind=kind, digest=file.digest, media_type=file.media_type, size=file.size)


@pytest.fixture(scope="module")
def demanding(running: Component) -> None:
    """Whoever mends graffiti shows a photo."""
    promise = neighbours.promised("graffiti", first_response=4, resolution=24)
    promise.version, promise.evidence_kinds[:] = 7, [catalog.EVIDENCE_KIND_PHOTO]
    running.hears("catalog", promise)
    operator = service_of(running, running.mint.person("OPERATOR"))

    def demanded() -> bool:
        where: Any = neighbours.IN_MOLE_STREET
        asked = pb.PreviewRoutingRequest(affair_id="graffiti", location=where)
        deadlines = operator.preview_routing(asked).deadlines
        return any(each.commitment_version == 7 for each in deadlines)

    eventually(demanded, "the promise is known")


@pytest.fixture
def case(demanding: None, lin: Any) -> pb.Case:
    return lin.open_case(report("graffiti")).case  # type: ignore[no-any-return] # the stub's answer is Any


def says(somebody: Any, case: pb.Case, to: Any, *files: types.Attachment, **about: Any) -> Any:
    told = {"text": "see the photo", "attachments": files, **about}
    return somebody.send_message(pb.SendMessageRequest(**on(case), to=to, **told))


def answers(officer: Any, case: pb.Case, *files: types.Attachment) -> Any:
    return officer.answer_reporter(
        pb.AnswerReporterRequest(**on(case), text="we were there", attachments=files)
    )


def objects(reporter: Any, case: pb.Case, *files: types.Attachment) -> Any:
    return reporter.object_to_resolution(
        pb.ObjectToResolutionRequest(**on(case), reason="look", attachments=files)
    )


def resolves(case: pb.Case, *evidence: types.EvidenceReference) -> pb.ResolveCaseRequest:
    return pb.ResolveCaseRequest(**on(case), outcome_code="resolved", evidence=evidence)


def sent(somebody: Any, case: pb.Case) -> list[list[types.Attachment]]:
    told = somebody.get_conversation(pb.GetConversationRequest(case_id=case.case_id)).messages
    return [list(message.attachments) for message in told]


def noted(shown: Any) -> list[types.Attachment]:
    return [file for note in shown.notes for file in note.attachments]


def objected(entries: Any) -> list[types.Attachment]:
    return [file for entry in entries for file in entry.attachments]


@pytest.mark.capability("004.2")
@pytest.mark.capability("004.11")
def test_each_party_sends_files_and_all_three_see_them(
    lin: Any, roads_officer: Any, dispatcher: Any, case: pb.Case
) -> None:
    stream: Iterator[pb.FollowCaseResponse] = lin.follow_case(
        pb.FollowCaseRequest(case_id=case.case_id), deadline=patience.seconds(60)
    )
    next(stream)

    asked = says(lin, case, DEPARTMENT, CRACK, PLAN, CRACK)
    says(roads_officer, case, RESIDENT, PLAN, answers_message_id=asked.message_id)
    says(dispatcher, case, DEPARTMENT)

    for somebody in (lin, roads_officer, dispatcher):
        assert sent(somebody, case) == [[CRACK, PLAN], [PLAN], []]
    heard = next(each for each in stream if len(each.messages) == 3)
    assert [list(message.attachments) for message in heard.messages] == [[CRACK, PLAN], [PLAN], []]


@pytest.mark.capability("004.2")
def test_a_body_answers_with_a_file_that_its_reporter_sees(
    person: Any, lin: Any, roads_officer: Any, case: pb.Case
) -> None:
    answers(roads_officer, case, PLAN, PLAN)

    mine = lin.get_my_case(pb.GetMyCaseRequest(case_id=case.case_id)).case
    asked = pb.GetCaseRequest(case_id=case.case_id)
    assert noted(mine) == noted(roads_officer.get_case(asked)) == [PLAN]
    assert objected(mine.history) == []
    masked = person("SUPERVISOR", subject="sun", path="city").get_case(asked)
    assert (masked.personal_data_masked, noted(masked)) == (True, [])


def test_whoever_reads_no_texts_sees_no_files(
    person: Any, lin: Any, roads_officer: Any, case: pb.Case
) -> None:
    says(lin, case, DEPARTMENT, CRACK)
    roads_officer.resolve_case(resolves(case, photo(PLAN)))
    objects(lin, case, CRACK)
    supervisor = person("SUPERVISOR", subject="sun", path="city")
    history = pb.GetCaseHistoryRequest(case_id=case.case_id)

    assert sent(supervisor, case) == [[]]
    assert objected(supervisor.get_case_history(history).entries) == []
    assert objected(roads_officer.get_case_history(history).entries) == [CRACK]
    mine = lin.get_my_case(pb.GetMyCaseRequest(case_id=case.case_id)).case
    assert objected(mine.history) == [CRACK]


def test_a_lazy_body_resolves_by_nothing_that_others_sent_and_by_its_own_photo(
    lin: Any, dispatcher: Any, roads_officer: Any, case: pb.Case
) -> None:
    mended = types.Attachment(digest="e6" * 32, media_type="image/jpeg", size=7)
    says(lin, case, DEPARTMENT, CRACK)
    says(dispatcher, case, DEPARTMENT, PLAN)
    says(roads_officer, case, RESIDENT, CRACK, mended)
    says(lin, case, DEPARTMENT, mended)

    for claimed in ((), (photo(CRACK),), (photo(PLAN),)):
        with pytest.raises(RpcFailed) as failed:
            roads_officer.resolve_case(resolves(case, *claimed))
        assert failed.value.reason == "EVIDENCE_MISSING"
    assert failed.value.metadata["already_shown"] == PLAN.digest

    assert roads_officer.resolve_case(resolves(case, photo(mended))).case.state == types.CASE_STATE_RESOLVED


def test_what_the_reporter_of_a_merged_case_sends_is_no_evidence_where_it_goes_on(
    person: Any, lin: Any, dispatcher: Any, roads_officer: Any, case: pb.Case
) -> None:
    mei = person("RESIDENT", subject=f"mei-{case.case_id}", path="city")
    theirs = mei.open_case(report("graffiti")).case
    merge = {"case_id": theirs.case_id, "into_case_id": case.case_id, "reason": "the same wall"}
    dispatcher.merge_cases(pb.MergeCasesRequest(request_id=new_id(), **merge))
    says(mei, theirs, DEPARTMENT, CRACK)

    assert refused(roads_officer.resolve_case, resolves(case, photo(CRACK))) == "EVIDENCE_MISSING"


def test_a_repeated_resolution_is_answered_as_the_first_time_whatever_was_sent_since(
    lin: Any, roads_officer: Any, case: pb.Case
) -> None:
    request = resolves(case, photo(PLAN))
    first = roads_officer.resolve_case(request)
    says(lin, case, DEPARTMENT, PLAN)

    assert roads_officer.resolve_case(request).revision == first.revision


def test_who_objects_by_receipt_shows_it_and_nothing_else_takes_files(
    running: Component, demanding: None, operator: Any, roads_officer: Any
) -> None:
    nobody = service_of(running, Token())
    opened = operator.open_case(report("graffiti", anonymous=True))
    resolution = roads_officer.resolve_case(resolves(opened.case, photo(PLAN)))
    receipt = {"public_id": opened.case.public_id, "receipt_code": opened.receipt_code}
    asked = pb.FollowUpByReceiptRequest(**receipt, at_least=resolution.revision)
    eventually(lambda: _seen(nobody, asked), "the view has the case")

    def replies(what: Any) -> pb.ReplyByReceiptRequest:
        told = {"reply": what, "reason": "look", "attachments": [CRACK]}
        return pb.ReplyByReceiptRequest(request_id=new_id(), **receipt, **told)

    for what in (types.RECEIPT_REPLY_CONFIRM, types.RECEIPT_REPLY_WITHDRAW):
        with pytest.raises(RpcFailed) as failed:
            nobody.reply_by_receipt(replies(what))
        assert set(failed.value.violations) == {"attachments"}
    nobody.reply_by_receipt(replies(types.RECEIPT_REPLY_OBJECT_TO_RESOLUTION))

    assert objected(nobody.follow_up_by_receipt(pb.FollowUpByReceiptRequest(**receipt)).case.history) == [
        CRACK
    ]


def _seen(nobody: Any, asked: pb.FollowUpByReceiptRequest) -> bool:
    try:
        return bool(nobody.follow_up_by_receipt(asked).revision)
    except RpcFailed:
        return False


def test_who_objects_to_a_rejection_shows_why(dispatcher: Any, lin: Any, case: pb.Case) -> None:
    dispatcher.reject_case(pb.RejectCaseRequest(**on(case), reason="private", reason_code="not-ours"))

    lin.object_to_rejection(
        pb.ObjectToRejectionRequest(**on(case), reason="it is the town's", attachments=[PLAN])
    )

    assert objected(lin.get_my_case(pb.GetMyCaseRequest(case_id=case.case_id)).case.history) == [PLAN]


def test_what_a_clumsy_clerk_attaches_is_refused_by_field(
    lin: Any, roads_officer: Any, case: pb.Case
) -> None:
    unfit = types.Attachment(digest="photo.jpg", media_type="image", size=0)

    writings: tuple[Callable[..., Any], ...] = (
        partial(says, lin, case, DEPARTMENT),
        partial(answers, roads_officer, case),
        partial(objects, lin, case),
    )
    for write in writings:
        with pytest.raises(RpcFailed) as failed:
            write(CRACK, unfit)
        with pytest.raises(RpcFailed) as flooded:
            write(*[CRACK] * 21)
        fields = {f"attachments[1].{field}" for field in ("digest", "media_type", "size")}
        assert (set(failed.value.violations), set(flooded.value.violations)) == (fields, {"attachments"})
    assert sent(lin, case) == []


def test_no_file_is_shown_once_its_reporter_is_erased(
    running: Component, operator: Any, lin: Any, roads_officer: Any, case: pb.Case
) -> None:
    says(lin, case, DEPARTMENT, CRACK)
    answers(roads_officer, case, PLAN)
    roads_officer.resolve_case(resolves(case, photo(PLAN)))
    objects(lin, case, CRACK)

    running.hears("identity", identity.SubjectErased(subject_id=case.reporter_id))

    assert sent(operator, case) == [[]]
    assert noted(operator.get_case(pb.GetCaseRequest(case_id=case.case_id))) == []
    history = operator.get_case_history(pb.GetCaseHistoryRequest(case_id=case.case_id)).entries
    assert objected(history) == []
