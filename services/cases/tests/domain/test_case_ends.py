"""How a case ends, and what a body would like to do to end it sooner."""

from dataclasses import replace
from datetime import datetime

import pytest

from libs.ledger.personal import Personal
from libs.rules.areas import AreaPath
from libs.rules.terms import Evidence
from libs.testkit.deciders import deciding
from services.cases.domain.attached import Attached
from services.cases.domain.case import CASE
from services.cases.domain.case.commands import (
    CloseCase,
    ConfirmResolution,
    ContestRejection,
    PassMoments,
    RejectCase,
    ReleaseCase,
    ReopenCase,
    ResolveCase,
    ReturnCase,
)
from services.cases.domain.case.events import (
    AdjudicationOpened,
    CaseAccepted,
    CaseConfirmed,
    CaseOpened,
    CaseReassigned,
    CaseReleased,
    CaseReopened,
    CaseResolved,
    CaseUnowned,
    DeadlineBreached,
    DeadlineWarned,
    RejectionContested,
    ReporterAnswered,
)
from services.cases.domain.case.situations import Accepted, Closed, Opened, Submitted
from services.cases.domain.values import Attachment, Closing, EvidenceReference
from services.cases.tests.domain.history import (
    CASE_TERMS,
    MONDAY,
    OFFICE,
    PARKS,
    ROADS,
    STREET,
    after,
    closed,
    deadlines,
    decision,
    opened,
    reassign,
    rejected,
    resolve,
    resolved,
    routed,
)

given = deciding(CASE)

RESOLVED = resolved(after(hours=1))
CONFIRMED = CaseConfirmed(body_id=ROADS, at=after(hours=2))
WEEK_LATER = after(hours=1, days=7)
PHOTO = EvidenceReference(kind=Evidence.PHOTO, digest="a1" * 32, media_type="image/jpeg", size=81_234)
INVOICE = EvidenceReference(
    kind=Evidence.DOCUMENT, digest="b2" * 32, media_type="application/pdf", size=20_480
)


def reopen(*, by_reporter: bool = True, **delta: float) -> ReopenCase:
    return ReopenCase(by_reporter=by_reporter, imported=False, at=after(**delta))


def contest(**delta: float) -> ContestRejection:
    return ContestRejection(reason="it is your road", calendars={"office": OFFICE}, at=after(**delta))


# -- what a body must show ------------------------------------------------------------------------


def demanding(*kinds: Evidence) -> CaseOpened:
    """A case whose commitment demands evidence."""
    return replace(opened(), terms=replace(CASE_TERMS, evidence=kinds))


@pytest.mark.parametrize("outcome", ["", "done", "Resolved"])
def test_a_case_is_resolved_by_an_outcome_of_the_list(outcome: str) -> None:
    claimed = ResolveCase(outcome_code=outcome, at=after(hours=1))

    refusal = given(opened(), routed()).when(claimed).then_refused("OUTCOME_NOT_LISTED", outcome=outcome)

    assert refusal.facts["known"] == "resolved,explained,referred,not-possible"
    assert "name one of resolved, explained, referred, not-possible" in refusal.message


def test_a_case_is_not_resolved_without_the_evidence_that_the_commitment_demands() -> None:
    history = (demanding(Evidence.PHOTO, Evidence.DOCUMENT), routed())

    refused = given(*history).when(resolve(after(hours=1))).then_refused("EVIDENCE_MISSING")
    assert refused.facts == {"kinds": "photo,document"}
    assert "a photo and a document" in refused.message
    given(*history).when(resolve(after(hours=1), evidence=(PHOTO,))).then_refused(
        "EVIDENCE_MISSING", kinds="document"
    )
    given(*history).when(resolve(after(hours=1), evidence=(PHOTO, INVOICE))).then(
        resolved(after(hours=1), evidence=(PHOTO, INVOICE))
    )


def test_one_piece_of_evidence_does_not_count_as_two() -> None:
    twice = (PHOTO, replace(PHOTO, kind=Evidence.DOCUMENT))

    given(demanding(Evidence.PHOTO, Evidence.DOCUMENT), routed()).when(
        resolve(after(hours=1), evidence=twice)
    ).then_refused("EVIDENCE_MISSING", kinds="photo")


def test_evidence_that_did_not_convince_is_not_shown_again() -> None:
    shown = resolved(after(hours=1), evidence=(PHOTO,))
    objected = CaseReopened(body_id=ROADS, by_reporter=True, imported=False, at=after(hours=2))
    history = (demanding(Evidence.PHOTO), routed(), shown, objected)

    again = given(*history).when(resolve(after(hours=3), evidence=(PHOTO,)))
    refused = again.then_refused("EVIDENCE_MISSING", already_shown=PHOTO.digest)
    assert "a photo: this piece was attached by somebody else or shown before" in refused.message
    assert given(*history).when(resolve(after(hours=3), evidence=(replace(PHOTO, digest="c3"),))).events


def test_what_the_reporter_attached_is_no_evidence_of_the_bodys_work() -> None:
    hole = Attachment(digest=PHOTO.digest, media_type=PHOTO.media_type, size=PHOTO.size)
    history = (replace(demanding(Evidence.PHOTO), attachments=(hole,)), routed())

    refused = given(*history).when(resolve(after(hours=1), evidence=(PHOTO,)))

    refused.then_refused("EVIDENCE_MISSING", already_shown=PHOTO.digest)
    assert given(*history).when(resolve(after(hours=1), evidence=(replace(PHOTO, digest="c3"),))).events


FILE = Attachment(digest=PHOTO.digest, media_type=PHOTO.media_type, size=PHOTO.size)
"""The photo, as something that was attached."""


def answered(body_id: str, at: datetime) -> ReporterAnswered:
    text = Personal("c41d", "we were there")
    return ReporterAnswered(note_id="note-1", body_id=body_id, text=text, attachments=(FILE,), at=at)


def attached(body_id: str | None, at: datetime) -> Attached:
    return Attached(digest=PHOTO.digest, body_id=body_id, at=at)


def test_what_a_body_sent_with_its_answer_is_evidence_once_it_is_handed_over_as_such() -> None:
    history = (demanding(Evidence.PHOTO), routed(), answered(ROADS, after(minutes=20)))

    given(*history).when(resolve(after(hours=1))).then_refused("EVIDENCE_MISSING", kinds="photo")
    assert given(*history).when(resolve(after(hours=1), evidence=(PHOTO,))).events


def test_what_another_body_sent_is_no_evidence_of_this_bodys_work() -> None:
    moved = CaseReassigned(
        from_body_id=PARKS, body_id=ROADS, legal_basis="it is a road", at=after(minutes=30)
    )
    history = (
        demanding(Evidence.PHOTO),
        replace(routed(), body_id=PARKS),
        answered(PARKS, after(minutes=20)),
        moved,
    )

    refused = given(*history).when(resolve(after(hours=1), evidence=(PHOTO,)))

    refused.then_refused("EVIDENCE_MISSING", already_shown=PHOTO.digest)


def test_what_the_reporter_objected_with_is_no_evidence_that_it_is_mended_now() -> None:
    objected = replace(reopen(hours=2), attachments=(FILE, FILE), reason="look")
    outcome = given(demanding(Evidence.PHOTO), routed(), RESOLVED).when(objected)

    [reopened] = outcome.events
    assert isinstance(reopened, CaseReopened)
    assert reopened.attachments == (FILE,)
    again = given(demanding(Evidence.PHOTO), routed(), RESOLVED, reopened)
    again.when(resolve(after(hours=3), evidence=(PHOTO,))).then_refused("EVIDENCE_MISSING")


@pytest.mark.parametrize(
    ("wrote", "counts"),
    [
        ([attached(None, MONDAY)], False),
        ([attached(ROADS, MONDAY)], True),
        ([attached(PARKS, MONDAY)], False),
        ([attached(None, MONDAY), attached(ROADS, after(minutes=1))], False),
        ([attached(None, after(minutes=1)), attached(ROADS, MONDAY)], True),
    ],
    ids=["theirs", "ours", "another body's", "theirs, sent back by us", "ours, sent back by them"],
)
def test_a_file_of_the_conversation_is_evidence_for_the_body_that_attached_it_first(
    wrote: list[Attached], *, counts: bool
) -> None:
    claimed = resolve(after(hours=1), evidence=(PHOTO,), attached=tuple(wrote))

    outcome = given(demanding(Evidence.PHOTO), routed()).when(claimed)

    if counts:
        assert outcome.events
    else:
        outcome.then_refused("EVIDENCE_MISSING", already_shown=PHOTO.digest)


def test_an_answer_with_their_photo_does_not_make_it_the_bodys() -> None:
    history = (demanding(Evidence.PHOTO), routed(), answered(ROADS, after(minutes=20)))
    claimed = resolve(after(hours=1), evidence=(PHOTO,), attached=(attached(None, after(minutes=10)),))

    given(*history).when(claimed).then_refused("EVIDENCE_MISSING", already_shown=PHOTO.digest)


def test_imported_history_is_taken_as_it_is_told() -> None:
    held = replace(demanding(Evidence.PHOTO), imported=True)

    outcome = given(held, routed()).when(resolve(after(hours=1))).when(CloseCase(at=after(hours=2)))

    outcome.then(resolved(after(hours=1)), closed(after(hours=2), Closing.HISTORY))


# -- who ends it ----------------------------------------------------------------------------------


def test_a_body_does_not_close_what_the_reporter_has_not_answered() -> None:
    refused = given(opened(), routed(), RESOLVED).when(CloseCase(at=after(hours=1, minutes=1)))

    refused.then_refused("CONFIRMATION_PENDING", until_time=WEEK_LATER.isoformat())


def test_the_reporter_confirms_and_the_case_is_closed() -> None:
    outcome = given(opened(), routed(), RESOLVED).when(ConfirmResolution(at=after(hours=2)))

    outcome.then(CONFIRMED)
    outcome.when(CloseCase(at=after(hours=3))).then(CONFIRMED, closed(after(hours=3), Closing.CONFIRMED))


def test_silence_closes_when_the_time_to_answer_is_over() -> None:
    outcome = given(opened(), routed(), RESOLVED)

    outcome.when(PassMoments(at=WEEK_LATER)).then_nothing_happens()
    outcome.when(PassMoments(at=after(days=20))).then(closed(WEEK_LATER))


def test_a_confirmed_case_that_nobody_closes_closes_by_itself() -> None:
    given(opened(), routed(), RESOLVED, CONFIRMED).when(PassMoments(at=after(days=20))).then(
        closed(WEEK_LATER, Closing.CONFIRMED)
    )


def test_the_commitment_says_how_long_the_reporter_is_asked() -> None:
    patient = replace(CASE_TERMS, confirmation=CASE_TERMS.confirmation * 2)

    given(replace(opened(), terms=patient), routed()).when(resolve(after(hours=1))).then(
        resolved(after(hours=1), confirm_until=after(hours=1, days=14))
    )


def test_the_reporter_is_heard_until_the_last_moment() -> None:
    objection = ReopenCase(by_reporter=True, imported=False, reason="a lie", at=WEEK_LATER)

    outcome = given(opened(), routed(), RESOLVED).when(objection)

    assert [type(event) for event in outcome.events] == [CaseReopened, DeadlineWarned, DeadlineBreached]
    outcome.then_state(lambda state: isinstance(state, Accepted) and state.file.reopenings == 1)


def test_why_the_reporter_objects_is_kept_under_their_key() -> None:
    objection = ReopenCase(by_reporter=True, imported=False, reason="a lie", at=after(hours=2))

    given(opened(), routed(), RESOLVED).when(objection).then(
        CaseReopened(
            body_id=ROADS,
            by_reporter=True,
            imported=False,
            at=after(hours=2),
            reason=Personal("resident-lin", "a lie"),
        )
    )


# -- how it begins again --------------------------------------------------------------------------


@pytest.mark.parametrize("history", [(RESOLVED,), (RESOLVED, CONFIRMED), (RESOLVED, closed(after(hours=3)))])
@pytest.mark.parametrize("by_reporter", [True, False])
def test_what_was_resolved_is_taken_up_again_by_the_same_body(
    history: tuple[CaseConfirmed, ...], by_reporter: bool
) -> None:
    again = given(opened(), routed(), *history).when(reopen(by_reporter=by_reporter, hours=4))

    again.then(CaseReopened(body_id=ROADS, by_reporter=by_reporter, imported=False, at=after(hours=4)))


def test_a_body_does_not_send_back_what_it_has_resolved_and_another_one_does() -> None:
    objected = (
        given(opened(), routed())
        .when(resolve(after(hours=1)))
        .when(ReopenCase(by_reporter=True, imported=False, at=after(hours=2)))
    )

    objected.when(ReturnCase(at=after(hours=3))).then_refused("RESOLVED_BEFORE")
    moved = objected.when(reassign(PARKS, hours=3)).when(ReturnCase(at=after(hours=4)))
    assert moved.refusal is None


def test_whoever_objects_without_end_is_ended_by_the_next_area_up() -> None:
    outcome = given(opened(), routed()).when(resolve(after(hours=1))).when(reopen(hours=2))
    for day in range(1, 10):
        outcome = outcome.when(resolve(after(days=day))).when(reopen(days=day, hours=1))

    rejected_once = outcome.when(RejectCase(reason_code="unclear", at=after(days=10)))
    contested = rejected_once.when(contest(days=11))
    upheld = contested.when(RejectCase(reason_code="unclear", at=after(days=12)))

    upheld.when(contest(days=13)).then_refused("REJECTION_UPHELD")


def test_a_case_handed_over_in_the_last_second_is_late_for_whoever_deals_with_it() -> None:
    [*_, due] = sorted(each.due_at for each in deadlines())
    at = (due - MONDAY).total_seconds()

    outcome = (
        given(opened(), routed(), CaseAccepted(body_id=ROADS, at=after(hours=1)))
        .when(reassign(PARKS, seconds=at - 1))
        .when(reassign(ROADS, seconds=at + 1))
        .when(resolve(after(seconds=at + 2)))
    )

    [breach] = [event for event in outcome.events if isinstance(event, DeadlineBreached)]
    [resolution] = [event for event in outcome.events if isinstance(event, CaseResolved)]
    assert breach.body_id == PARKS  # who had it then; the trail tells who gave it to them
    assert (resolution.body_id, resolution.on_time) == (ROADS, False)


def test_only_closing_starts_the_window_for_reopening() -> None:
    history = (opened(), routed(), RESOLVED)

    outcome = given(*history).when(reopen(hours=1, days=36))

    assert isinstance(outcome.events[0], type(closed(WEEK_LATER)))
    assert outcome.refusal is None
    given(*history).when(reopen(hours=2, days=37)).then_refused("REOPENING_WINDOW_OVER")


def test_the_commitment_says_how_long_a_case_may_be_reopened() -> None:
    strict = replace(CASE_TERMS, reopening=CASE_TERMS.reopening / 30)
    outcome = given(replace(opened(), terms=strict), routed(), RESOLVED, CONFIRMED).when(
        CloseCase(at=after(hours=3))
    )

    outcome.when(reopen(hours=26)).then_state(lambda state: isinstance(state, Accepted))
    outcome.when(reopen(hours=28)).then_refused("REOPENING_WINDOW_OVER")


def test_a_case_that_was_closed_in_history_stays_closed_when_it_is_released() -> None:
    held = replace(opened(), imported=True)

    outcome = given(held, routed(), RESOLVED).when(ReleaseCase(at=after(days=20)))

    outcome.then(CaseReleased(at=after(days=20)), closed(WEEK_LATER))
    outcome.then_state(lambda state: isinstance(state, Closed) and state.ended_at == WEEK_LATER)


# -- what is rejected -----------------------------------------------------------------------------


def test_a_dispatcher_rejects_what_is_no_matter_of_ours_for_a_reason_of_the_list() -> None:
    unowned = CaseUnowned(decision=decision(), at=after())
    rejection = RejectCase(reason_code="unclear", at=after(hours=1))

    given(opened(), unowned).when(rejection).then(rejected(after(hours=1), None))
    refused = given(opened(), unowned).when(replace(rejection, reason_code="no time"))
    named = refused.then_refused("REJECT_REASON_NOT_LISTED", reason="no time").message
    assert f"name one of {', '.join(CASE_TERMS.reject_reasons)}" in named


def test_the_reporter_objects_to_a_rejection_and_the_next_area_up_decides() -> None:
    outcome = given(replace(opened(), deadlines=()), routed(), rejected(after(hours=1))).when(
        contest(hours=1.2)
    )

    outcome.then(
        RejectionContested(
            responded=False, reason=Personal("resident-lin", "it is your road"), at=after(hours=1.2)
        ),
        AdjudicationOpened(area_path=AreaPath("city/harbour"), at=after(hours=1.2)),
    )
    outcome.then_state(
        lambda state: isinstance(state, Submitted) and state.file.deciding_path == "city/harbour"
    )


def test_limits_that_were_used_up_while_it_was_rejected_are_used_up() -> None:
    outcome = given(opened(), routed(), rejected(after(hours=1))).when(contest(days=5))

    moments = [event for event in outcome.events if isinstance(event, DeadlineWarned | DeadlineBreached)]
    assert len(moments) == 4
    assert {(moment.body_id, moment.deciding_path) for moment in moments} == {(None, STREET)}


def test_a_reporter_objects_to_a_rejection_once_and_in_time() -> None:
    history = (opened(), routed(), rejected(after(hours=1)))
    again = (
        given(*history).when(contest(hours=1.2)).when(RejectCase(reason_code="unclear", at=after(hours=2)))
    )

    again.when(contest(hours=3)).then_refused("REJECTION_UPHELD", area_path="city/harbour")
    given(*history).when(contest(hours=2, days=30)).then_refused("REOPENING_WINDOW_OVER")


def test_a_rejection_that_was_objected_to_ends_with_a_body_or_for_good() -> None:
    contested = given(opened(), routed(), rejected(after(hours=1))).when(contest(hours=1.2))
    named = CaseReassigned(from_body_id=None, body_id=PARKS, legal_basis="Decree 7", at=after(hours=2))

    state = CASE.fold([named], contested.state)

    assert isinstance(state, Opened)
    assert state.file.contested
