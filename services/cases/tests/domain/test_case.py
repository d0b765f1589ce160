"""What may happen to a case, told as given, when, then."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

import pytest

from libs.ledger.decider import Kind
from libs.ledger.personal import Personal
from libs.rules.areas import AreaPath
from libs.rules.routing import Responsibility
from libs.testkit.deciders import deciding
from services.cases.domain.case import CASE
from services.cases.domain.case.commands import (
    AcceptCase,
    AddNote,
    AnswerReporter,
    CaseCommand,
    CloseCase,
    ConfirmResolution,
    ContestRejection,
    EraseContent,
    PassMoments,
    ReassignCase,
    RejectCase,
    ReopenCase,
    RequestPause,
    ResumeCase,
    ReturnCase,
    StartWork,
    WithdrawCase,
)
from services.cases.domain.case.events import (
    AdjudicationOpened,
    CaseAccepted,
    CaseConfirmed,
    CaseContentErased,
    CaseEscalated,
    CaseEvent,
    CaseMerged,
    CaseOpened,
    CasePaused,
    CaseReassigned,
    CaseReturned,
    CaseUnowned,
    CaseWithdrawn,
    DeadlineBreached,
    DeadlineWarned,
    NoteAdded,
    WorkStarted,
)
from services.cases.domain.case.situations import Case, Routed, Submitted
from services.cases.domain.clocks import ClockKind, promise
from services.cases.domain.values import Channel, Point
from services.cases.tests.domain.history import (
    COMMITMENT,
    OFFICE,
    PARKS,
    PARKS_ANSWER,
    ROADS,
    ROADS_ANSWER,
    after,
    closed,
    decision,
    facts,
    open_case,
    opened,
    pause,
    reassign,
    rejected,
    resolve,
    resolved,
    routed,
)

given = deciding(CASE)


def accepted(**delta: float) -> CaseAccepted:
    return CaseAccepted(body_id=ROADS, at=after(**delta))


def returned(times: int, body: str = ROADS, **delta: float) -> CaseReturned:
    return CaseReturned(body_id=body, returns=times, at=after(**delta))


def reassigned(to: str, from_body: str | None = None, **delta: float) -> CaseReassigned:
    return CaseReassigned(from_body_id=from_body, body_id=to, legal_basis="Decree 7", at=after(**delta))


def started(**delta: float) -> WorkStarted:
    return WorkStarted(body_id=ROADS, at=after(**delta))


# -- opening ---------------------------------------------------------------------------------------


def test_a_report_becomes_a_case_and_goes_to_the_responsible_body() -> None:
    given().when(open_case()).then(opened(), routed())


@pytest.mark.parametrize("channel", list(Channel))
def test_a_channel_changes_nothing_but_its_own_name(channel: Channel) -> None:
    given().when(open_case(channel=channel)).then(replace(opened(), channel=channel), routed())


def test_without_a_responsible_body_the_case_is_unowned_and_its_clocks_run_all_the_same() -> None:
    promised = promise(COMMITMENT, OFFICE, after(), owned=False)

    given().when(open_case(facts())).then(
        replace(opened(), deadlines=promised), CaseUnowned(decision=decision(), at=after())
    )


def test_without_a_commitment_nothing_is_promised() -> None:
    outcome = given().when(open_case(facts(ROADS_ANSWER, promised=False)))

    outcome.then(opened(promised=False), routed())


def test_who_gives_no_name_is_heard_where_the_affair_allows_it() -> None:
    outcome = given().when(open_case(facts(anonymous_allowed=True), anonymous=True, reporter_id=None))

    assert outcome.events[0].anonymous  # type: ignore[union-attr]  # the first event is CaseOpened
    outcome.then_state(lambda state: isinstance(state, Submitted) and state.file.subject == "c41d")


def test_who_gives_no_name_is_refused_where_the_affair_needs_one() -> None:
    given().when(open_case(anonymous=True, reporter_id=None)).then_refused("ANONYMOUS_NOT_ALLOWED")


def test_a_reporter_whom_identity_does_not_know_is_refused() -> None:
    refused = given().when(open_case(reporter_known=False))

    refused.then_refused("REPORTER_UNKNOWN", Kind.PRECONDITION, reporter_id="resident-lin")
    given().when(open_case(reporter_known=False, reporter_id=None)).then(
        *given().when(open_case(reporter_id=None)).events
    )


def test_an_anonymous_report_names_nobody() -> None:
    known = facts(anonymous_allowed=True)

    given().when(open_case(known, anonymous=True)).then_refused("ANONYMOUS_WITH_NAME", Kind.INVALID)


def test_the_exact_place_is_kept_like_an_address() -> None:
    report = open_case(point=Point(latitude=34.1, longitude=-118.4))

    [happened, _] = CASE.decide(report, CASE.initial)

    assert isinstance(happened, CaseOpened)
    assert happened.place == Personal("resident-lin", "34.1,-118.4")
    assert happened.point is None
    assert "34.1" not in repr(report) + repr(happened)


def test_a_case_is_opened_once() -> None:
    given(opened(), routed()).when(open_case()).then_refused("CASE_EXISTS", Kind.ALREADY_EXISTS)


def test_the_state_holds_no_personal_data() -> None:
    assert "bucket" not in repr(given(opened(), routed()).state)
    assert "bucket" not in repr(open_case())


# -- who answers -----------------------------------------------------------------------------------


def test_the_body_accepts() -> None:
    given(opened(), routed()).when(AcceptCase(at=after(hours=1))).then(accepted(hours=1))


def test_nobody_accepts_an_unowned_case() -> None:
    history = (opened(), CaseUnowned(decision=decision(), at=after()))

    given(*history).when(AcceptCase(at=after(hours=1))).then_refused(
        "CASE_STATE_FORBIDS", state="CASE_STATE_SUBMITTED"
    )


def test_a_dispatcher_gives_an_unowned_case_to_a_body() -> None:
    history = (opened(), CaseUnowned(decision=decision(), at=after()))

    given(*history).when(reassign(PARKS, hours=1)).then(reassigned(PARKS, hours=1))


def test_a_dispatcher_moves_a_case_from_body_to_body() -> None:
    outcome = given(opened(), routed(), accepted(hours=1)).when(reassign(PARKS, hours=1.5))

    outcome.then(reassigned(PARKS, ROADS, hours=1.5))
    outcome.then_state(lambda state: isinstance(state, Routed) and state.body_id == PARKS)


def test_a_case_goes_to_bodies_that_exist() -> None:
    given(opened(), routed()).when(reassign("phantom", known=False)).then_refused("BODY_UNKNOWN")


def test_a_case_is_not_sent_where_it_is() -> None:
    given(opened(), routed()).when(reassign(ROADS)).then_refused("BODY_HAS_CASE")


def by_item(cited: Responsibility | None, **changes: str) -> ReassignCase:
    fields: dict[str, Any] = {"body_id": PARKS, "item_id": "item-2", "cited": cited, **changes}
    return ReassignCase(body_known=True, at=after(hours=1), **fields)


def test_a_reassignment_cites_the_item_that_names_the_body() -> None:
    cited = CaseReassigned(
        from_body_id=ROADS, body_id=PARKS, item_id="item-2", item_version=2, at=after(hours=1)
    )

    given(opened(), routed()).when(by_item(PARKS_ANSWER)).then(cited)


@pytest.mark.parametrize(
    "cited",
    [None, ROADS_ANSWER, replace(PARKS_ANSWER, area_id="hill"), replace(PARKS_ANSWER, affair_id="lamps")],
    ids=["not in force", "another body's", "of another area", "of another affair"],
)
def test_an_item_that_does_not_cover_the_case_is_no_basis(cited: Responsibility | None) -> None:
    given(opened(), routed()).when(by_item(cited)).then_refused("ITEM_NOT_APPLICABLE", item_id="item-2")


def test_a_dispatchers_word_alone_makes_nobody_responsible() -> None:
    for basis in ({"item_id": "", "legal_basis": ""}, {"item_id": "item-2", "legal_basis": "Decree 7"}):
        given(opened(), routed()).when(by_item(PARKS_ANSWER, **basis)).then_refused(
            "BASIS_MISSING", Kind.INVALID
        )


def test_a_body_returns_what_is_not_its_own() -> None:
    outcome = given(opened(), routed()).when(ReturnCase(at=after(hours=1)))

    outcome.then(returned(1, hours=1))
    outcome.then_state(lambda state: isinstance(state, Submitted) and state.file.returns == 1)


def test_a_body_does_not_return_what_it_has_begun() -> None:
    history = (opened(), routed(), started(hours=1))

    given(*history).when(ReturnCase(at=after(hours=1.5))).then_refused("CASE_STATE_FORBIDS")


def test_after_the_second_return_the_next_area_up_decides() -> None:
    unpromised = replace(opened(), deadlines=())
    history = (unpromised, routed(), returned(1, hours=0.5), reassigned(PARKS, hours=1))

    given(*history).when(ReturnCase(at=after(hours=1.2))).then(
        returned(2, PARKS, hours=1.2),
        AdjudicationOpened(area_path=AreaPath("city/harbour"), at=after(hours=1.2)),
    )


def test_adjudication_has_a_limit_and_alarms_the_area_above() -> None:
    history = (opened(), routed(), returned(1, hours=0.5), reassigned(PARKS, hours=1))
    twice = ReturnCase(calendars={"office": OFFICE}, at=after(hours=1.2))

    outcome = given(*history).when(twice).when(PassMoments(at=after(days=2, hours=2)))

    path, due_at = AreaPath("city/harbour"), after(days=2, hours=1.2)
    warned, breached, escalated = outcome.events[2:][-3:]
    assert isinstance(warned, DeadlineWarned)
    assert breached == DeadlineBreached(
        clock=ClockKind.ADJUDICATION, body_id=None, deciding_path=path, at=due_at
    )
    assert isinstance(escalated, CaseEscalated)
    assert (escalated.area_path, escalated.at) == ("city", due_at)
    decided = given(*history).when(twice).when(reassign(ROADS, hours=2)).when(PassMoments(at=after(days=3)))
    assert not any(getattr(event, "clock", None) is ClockKind.ADJUDICATION for event in decided.events)


def test_at_the_top_of_the_tree_the_top_itself_decides() -> None:
    at_the_top = replace(opened(), area_path=AreaPath("city"), deadlines=())
    history = (at_the_top, routed(), returned(1, hours=0.5), reassigned(PARKS, hours=1))

    given(*history).when(ReturnCase(at=after(hours=1.2))).then(
        returned(2, PARKS, hours=1.2),
        AdjudicationOpened(area_path=AreaPath("city"), at=after(hours=1.2)),
    )


def test_what_adjudication_has_decided_goes_round_no_more() -> None:
    history = (
        opened(),
        routed(),
        returned(1, hours=0.2),
        reassigned(PARKS, hours=0.4),
        returned(2, PARKS, hours=0.6),
        AdjudicationOpened(area_path=AreaPath("city/harbour"), at=after(hours=0.6)),
        reassigned(ROADS, hours=0.8),
    )

    given(*history).when(ReturnCase(at=after(hours=1))).then_refused("DECIDED_BY_ADJUDICATION")


# -- work ------------------------------------------------------------------------------------------


def test_work_may_begin_without_a_word_of_acceptance() -> None:
    given(opened(), routed()).when(StartWork(at=after(hours=1))).then(started(hours=1))


def test_work_waits_only_once_it_has_begun() -> None:
    given(opened(), routed(), accepted()).when(pause(after())).then_refused("CASE_STATE_FORBIDS")


def test_a_waiting_case_is_not_resolved_before_it_goes_on() -> None:
    history = (opened(), routed(), started(hours=1), CasePaused(body_id=ROADS, at=after(hours=2)))

    given(*history).when(resolve(after(hours=3))).then_refused(
        "CASE_STATE_FORBIDS", state="CASE_STATE_WAITING"
    )


def test_a_body_may_resolve_at_once() -> None:
    given(opened(), routed()).when(resolve(after(hours=1), outcome="filled")).then(
        resolved(after(hours=1), outcome=Personal("resident-lin", "filled"))
    )


def test_a_note_is_kept_under_the_reporters_key_and_numbered() -> None:
    first = NoteAdded(note_id="note-1", text=Personal("x", "y"), to_reporter=False, at=after())

    given(opened(), routed(), first).when(
        AddNote(text="she called again", to_reporter=False, at=after(hours=1))
    ).then(
        NoteAdded(
            note_id="note-2",
            text=Personal("resident-lin", "she called again"),
            to_reporter=False,
            at=after(hours=1),
        )
    )


def test_the_reporter_takes_it_back() -> None:
    given(opened(), routed()).when(WithdrawCase(at=after(hours=1))).then(
        CaseWithdrawn(body_id=ROADS, at=after(hours=1))
    )


def test_why_the_reporter_takes_it_back_is_kept_under_their_key() -> None:
    words = Personal("resident-lin", "my neighbour did it")

    given(opened(), routed()).when(WithdrawCase(reason="my neighbour did it", at=after(hours=1))).then(
        CaseWithdrawn(body_id=ROADS, at=after(hours=1), reason=words)
    )


def test_what_was_withdrawn_stays_so() -> None:
    history = (opened(), routed(), CaseWithdrawn(body_id=ROADS, at=after(hours=1)))

    for command in (AcceptCase(at=after(hours=2)), reopen(hours=2), CloseCase(at=after(hours=2))):
        given(*history).when(command).then_refused("CASE_STATE_FORBIDS")


def reopen(*, by_reporter: bool = True, **delta: float) -> ReopenCase:
    return ReopenCase(by_reporter=by_reporter, imported=False, at=after(**delta))


# -- forgetting ------------------------------------------------------------------------------------


def nameless(*, imported: bool = False) -> CaseOpened:
    return replace(opened(imported=imported), reporter_id=None, description=Personal("c41d", "a hole"))


def test_what_nobody_registered_told_is_erased_once_with_the_key_of_the_case() -> None:
    outcome = given(nameless(), routed()).when(EraseContent(at=after(hours=1)))

    outcome.then(CaseContentErased(case_id="c41d", at=after(hours=1)))
    outcome.then_state(lambda state: isinstance(state, Routed) and state.file.content_erased)
    erased = CaseContentErased(case_id="c41d", at=after(hours=1))
    given(nameless(), routed(), erased).when(EraseContent(at=after(hours=2))).then()


def test_what_a_registered_reporter_told_is_erased_with_the_person() -> None:
    given(opened(), routed()).when(EraseContent(at=after(hours=1))).then_refused(
        "CONTENT_IS_THE_REPORTERS", reporter_id="resident-lin"
    )


def test_history_goes_on_after_its_content_was_erased() -> None:
    erased = CaseContentErased(case_id="c41d", at=after(days=900))

    given(nameless(imported=True), routed(), erased).when(AcceptCase(at=after(hours=1))).then(
        accepted(hours=1)
    )


# -- time ------------------------------------------------------------------------------------------


def test_history_is_imported_in_its_order() -> None:
    history = (opened(imported=True), routed(), accepted(hours=2))

    refusal = given(*history).when(StartWork(at=after(hours=1))).then_refused("OUT_OF_ORDER")

    assert refusal.facts["last_time"] == "2022-01-03T11:00:00+00:00"


def test_a_machine_whose_clock_is_slow_does_no_harm() -> None:
    just_before = accepted().at - timedelta(seconds=2)

    given(opened(), routed(), accepted()).when(StartWork(at=just_before)).then(started())


def test_a_live_case_takes_no_late_history() -> None:
    history = (opened(), routed(), accepted(hours=1))

    given(*history).when(StartWork(at=after(minutes=30))).then_refused("OUT_OF_ORDER")


# -- the whole table -------------------------------------------------------------------------------

EVERY_COMMAND: list[CaseCommand] = [
    AcceptCase(at=after(hours=9)),
    ReturnCase(at=after(hours=9)),
    reassign(PARKS, hours=9),
    StartWork(at=after(hours=9)),
    pause(after(hours=9)),
    ResumeCase(calendars={"office": OFFICE}, at=after(hours=9)),
    RequestPause(
        reason_code="weather",
        until=after(days=60),
        requested_by="rob",
        calendars={"office": OFFICE},
        at=after(hours=9),
    ),
    AnswerReporter(text="x", at=after(hours=9)),
    AddNote(text="x", to_reporter=False, at=after(hours=9)),
    resolve(after(hours=9)),
    ConfirmResolution(at=after(hours=9)),
    CloseCase(at=after(hours=9)),
    WithdrawCase(at=after(hours=9)),
    RejectCase(reason_code="unclear", at=after(hours=9)),
    ContestRejection(calendars={"office": OFFICE}, at=after(hours=9)),
    reopen(hours=9),
]

MERGED = CaseMerged(into_case_id="0ther", into_public_id="LL-0THER-00000", body_id=ROADS, at=after(hours=1))
CONFIRMED = CaseConfirmed(body_id=ROADS, at=after(hours=2))
HISTORIES: dict[str, tuple[CaseEvent, ...]] = {
    "Submitted": (opened(), CaseUnowned(decision=decision(), at=after())),
    "Routed": (opened(), routed()),
    "Accepted": (opened(), routed(), accepted(hours=1)),
    "InProgress": (opened(), routed(), started(hours=1)),
    "Waiting": (opened(), routed(), started(hours=1), CasePaused(body_id=ROADS, at=after(hours=2))),
    "Resolved": (opened(), routed(), resolved(after(hours=1))),
    "Confirmed": (opened(), routed(), resolved(after(hours=1)), CONFIRMED),
    "Closed": (opened(), routed(), resolved(after(hours=1)), CONFIRMED, closed(after(hours=2))),
    "Rejected": (opened(), routed(), rejected(after(hours=1))),
    "Withdrawn": (opened(), routed(), CaseWithdrawn(body_id=ROADS, at=after(hours=1))),
    "Merged": (opened(), routed(), MERGED),
}

ALLOWED = {
    "Submitted": "ReassignCase AddNote WithdrawCase RejectCase",
    "Routed": "AcceptCase ReturnCase ReassignCase StartWork AnswerReporter AddNote ResolveCase WithdrawCase"
    " RejectCase",
    "Accepted": "ReturnCase ReassignCase StartWork AnswerReporter AddNote ResolveCase WithdrawCase"
    " RejectCase",
    "InProgress": "ReassignCase PauseCase RequestPause AnswerReporter AddNote ResolveCase WithdrawCase"
    " RejectCase",
    "Waiting": "ReassignCase ResumeCase RequestPause AnswerReporter AddNote WithdrawCase RejectCase",
    "Resolved": "AnswerReporter AddNote ConfirmResolution CloseCase ReopenCase",
    "Confirmed": "AnswerReporter AddNote CloseCase ReopenCase",
    "Closed": "AnswerReporter AddNote ReopenCase",
    "Rejected": "AddNote ContestRejection",
    "Withdrawn": "AddNote",
    "Merged": "",
}


def _allows(history: tuple[CaseEvent, ...], command: CaseCommand) -> bool:
    refusal = given(*history).when(command).refusal
    known = ("CASE_STATE_FORBIDS", "CONFIRMATION_PENDING", "CASE_MERGED", "OTHERS_REPORTED_IT")
    assert refusal is None or refusal.code in known
    return refusal is None or refusal.code == "CONFIRMATION_PENDING"  # in history, and later, it is closed


@pytest.mark.parametrize("situation", HISTORIES)
def test_each_situation_allows_exactly_this(situation: str) -> None:
    allowed = [type(command).__name__ for command in EVERY_COMMAND if _allows(HISTORIES[situation], command)]

    assert allowed == ALLOWED[situation].split()


def test_the_table_above_names_every_situation_and_every_command() -> None:
    assert {kind.__name__ for kind in get_args(Case)} == {*HISTORIES, "NotOpened"}
    elsewhere = {
        "OpenCase",
        "PassMoments",
        "AnnulMoment",
        "AcknowledgeEscalation",
        "ApprovePause",
        "RefusePause",
        "ReleaseCase",
        "EraseContent",
        "MergeCase",  # and its counterparts: test_merging.py
        "AddDuplicate",
        "UnmergeCase",
        "RemoveDuplicate",
    }
    assert {kind.__name__ for kind in get_args(CaseCommand)} == {
        *elsewhere,
        *(type(command).__name__ for command in EVERY_COMMAND),
    }


@pytest.mark.parametrize("command", EVERY_COMMAND, ids=lambda command: type(command).__name__)
def test_what_was_never_opened_is_not_found(command: CaseCommand) -> None:
    given().when(command).then_refused("CASE_NOT_FOUND", Kind.NOT_FOUND)
