"""Two reports about one pothole: nobody wins time by merging them, and nobody who reported it is lost."""

from datetime import datetime, timedelta

import pytest

from libs.ledger.decider import Refusal
from libs.rules.terms import Evidence
from services.cases.domain.case import CASE
from services.cases.domain.case import commands as asked
from services.cases.domain.case import events as told
from services.cases.domain.case.situations import Closed, Merged, Resolved, Routed, Waiting
from services.cases.domain.clocks import ClockKind
from services.cases.domain.values import EvidenceReference, PauseDecision
from services.cases.tests.domain.history import (
    MONDAY,
    PARKS,
    after,
    pause,
    reassign,
    rejected,
    request_pause,
    resolve,
)
from services.cases.tests.domain.town import CALENDARS, Town, refusal_of

OLD, NEW = "old", "new"
NEXT_WEEK = after(days=7)


@pytest.fixture
def town() -> Town:
    """One hole reported on Monday, again a week later, when the first report is overdue."""
    town = Town()
    town.opens(OLD, MONDAY)
    town.opens(NEW, NEXT_WEEK)
    return town


def _refused(town: Town, code: str, case_id: str, into: str, at: datetime) -> Refusal:
    before = {each: list(events) for each, events in town.told.items()}
    with pytest.raises(Refusal) as refused:
        town.merges(case_id, into, at)
    assert refused.value.code == code
    assert town.told == before
    return refused.value


# -- a lazy body -----------------------------------------------------------------------------------


def test_an_overdue_case_merged_into_a_fresh_one_makes_that_overdue(town: Town) -> None:
    due = town.clock(OLD).deadline.due_at

    town.merges(OLD, NEW, NEXT_WEEK + timedelta(hours=1))

    assert town.clock(NEW).breached
    assert town.clock(NEW).deadline.due_at == due
    done = town.does(NEW, resolve(NEXT_WEEK + timedelta(hours=2)))
    assert [each.on_time for each in done if isinstance(each, told.CaseResolved)] == [False]


def test_a_case_merged_into_a_fresh_one_keeps_its_limit(town: Town) -> None:
    town.opens("tuesday", after(days=1))
    town.opens("wednesday", after(days=2))
    due = town.clock("tuesday").deadline.due_at

    town.merges("tuesday", "wednesday", after(days=2, hours=1))

    assert town.clock("wednesday").deadline.due_at == due
    [breach] = [
        each
        for each in town.does("wednesday", asked.PassMoments(at=due + timedelta(seconds=1)))
        if isinstance(each, told.DeadlineBreached) and each.clock is ClockKind.RESOLUTION
    ]
    assert breach.at == due


def test_a_fresh_case_merged_into_an_old_one_changes_no_limit(town: Town) -> None:
    before = town.clock(OLD).deadline

    town.merges(NEW, OLD, NEXT_WEEK + timedelta(hours=1))

    assert town.clock(OLD).deadline == before


def test_a_longer_promise_of_the_older_report_takes_no_time_from_the_younger() -> None:
    town = Town()
    town.opens("slow", MONDAY, days=30)
    town.opens("fast", after(days=1), days=1)
    due = town.clock("fast").deadline.due_at

    town.merges("fast", "slow", after(days=1, hours=1))

    assert town.clock("slow").deadline.due_at == due


def test_a_first_response_that_was_missed_stays_missed_where_somebody_else_was_answered(town: Town) -> None:
    town.does(NEW, asked.AcceptCase(at=NEXT_WEEK + timedelta(minutes=1)))

    town.merges(OLD, NEW, NEXT_WEEK + timedelta(hours=1))

    assert town.clock(NEW, ClockKind.FIRST_RESPONSE).breached
    assert town.clock(NEW, ClockKind.FIRST_RESPONSE).met_at is not None


def test_a_promise_that_was_kept_makes_no_other_one_late(town: Town) -> None:
    kept = Town()
    kept.opens(OLD, MONDAY, days=30)
    kept.does(OLD, asked.AcceptCase(at=after(hours=1)))
    kept.opens(NEW, after(days=7))

    kept.merges(OLD, NEW, after(days=7, minutes=1))

    assert not kept.clock(NEW, ClockKind.FIRST_RESPONSE).breached
    assert kept.clock(NEW, ClockKind.FIRST_RESPONSE).met_at is None


def test_who_was_told_is_not_told_again(town: Town) -> None:
    town.passes(NEXT_WEEK)
    was_told = town.clock(OLD).escalated

    town.merges(OLD, NEW, NEXT_WEEK + timedelta(minutes=1))

    assert town.clock(NEW).escalated == was_told
    assert not [each for each in town.told[NEW] if isinstance(each, told.DeadlineBreached)]


def test_a_pause_that_began_before_the_merge_moves_the_other_limit_only_from_then_on() -> None:
    town = Town()
    town.opens("tight", after(days=1), days=1)
    town.opens("paused", MONDAY, days=30)
    town.does("paused", asked.StartWork(at=after(minutes=10)))
    town.does("paused", pause(after(minutes=20)))
    due = town.clock("tight").deadline.due_at

    town.merges("tight", "paused", after(days=1, hours=1))
    town.does("paused", asked.ResumeCase(calendars=CALENDARS, at=after(days=1, hours=3)))

    assert town.clock("paused").deadline.due_at == due + timedelta(hours=2)


def test_a_pause_that_is_used_up_after_the_merge_moves_the_limit_by_the_rest() -> None:
    town = Town()
    town.opens("tight", after(days=1), days=1)
    town.opens("paused", MONDAY, days=30)
    town.does("paused", asked.StartWork(at=after(minutes=10)))
    town.does("paused", pause(after(minutes=20)))
    town.merges("tight", "paused", after(days=1, hours=1))
    state = town.state("paused")
    assert isinstance(state, Waiting)
    assert state.until is not None
    assert state.paused_at == after(days=1, hours=1)

    town.does("paused", asked.PassMoments(at=state.until + timedelta(seconds=1)))

    assert town.clock("paused").deadline == state.later


def uses_up_its_pauses(town: Town, case_id: str, rest: timedelta = timedelta(0)) -> datetime:
    """Work on both cases begins, and that on one of them pauses as often as it may, each time after a rest.

    Answers when the next pause is refused.
    """
    start = after(minutes=10)
    for each in (OLD, NEW):
        town.does(each, asked.StartWork(at=start))
    while refusal_of(town, case_id, pause(start)) is None:
        town.does(case_id, pause(start))
        waiting = town.state(case_id)
        assert isinstance(waiting, Waiting)
        assert waiting.until is not None
        town.does(case_id, asked.ResumeCase(calendars=CALENDARS, at=waiting.until))
        start = waiting.until + rest
    return start


def test_pauses_that_were_used_up_are_not_had_again_by_a_merge() -> None:
    town = Town()
    town.opens(OLD, MONDAY, days=60)
    town.opens(NEW, MONDAY, days=60)
    start = uses_up_its_pauses(town, OLD, rest=timedelta(minutes=1))

    town.merges(OLD, NEW, start)

    refusal = refusal_of(town, NEW, pause(start))
    assert refusal is not None
    assert refusal.code == "PAUSE_LIMIT_USED"


def test_a_pause_that_lasts_gives_no_more_time_to_a_case_whose_pauses_are_used_up() -> None:
    town = Town()
    town.opens(OLD, MONDAY, days=30)
    town.opens(NEW, MONDAY, days=60)
    start = uses_up_its_pauses(town, OLD)
    due = town.clock(OLD).deadline.due_at
    town.does(NEW, pause(start))

    town.merges(OLD, NEW, start + timedelta(minutes=1))

    town.passes(start + timedelta(days=60))
    assert town.clock(NEW).deadline.due_at <= due


def test_evidence_that_did_not_convince_is_not_shown_again_after_a_merge(town: Town) -> None:
    shown = EvidenceReference(kind=Evidence.PHOTO, digest="ab" * 32, media_type="image/jpeg", size=9)
    town.does(OLD, resolve(NEXT_WEEK, evidence=(shown,)))
    town.does(OLD, asked.ReopenCase(by_reporter=True, imported=False, at=NEXT_WEEK + timedelta(hours=1)))

    town.merges(OLD, NEW, NEXT_WEEK + timedelta(hours=2))

    assert shown.digest in town.file(NEW).evidence


# -- what is not merged ----------------------------------------------------------------------------


def test_nothing_is_merged_into_a_case_that_has_ended(town: Town) -> None:
    done = NEXT_WEEK + timedelta(hours=1)
    town.does(NEW, resolve(done))
    _refused(town, "CASE_STATE_FORBIDS", OLD, NEW, done)

    town.does(NEW, asked.PassMoments(at=done + timedelta(days=8)))

    assert isinstance(town.state(NEW), Closed)
    _refused(town, "CASE_STATE_FORBIDS", OLD, NEW, done + timedelta(days=8))


def test_a_case_that_was_resolved_is_not_merged_away_from_its_reporter(town: Town) -> None:
    town.does(OLD, resolve(NEXT_WEEK))

    _refused(town, "CASE_STATE_FORBIDS", OLD, NEW, NEXT_WEEK + timedelta(hours=1))


def test_cases_of_unlike_affairs_are_not_merged(town: Town) -> None:
    town.opens("lamp", NEXT_WEEK, affair="street-lamps")

    refusal = _refused(town, "AFFAIRS_DIFFER", OLD, "lamp", NEXT_WEEK)

    assert refusal.facts == {"affair_id": "potholes", "into_affair_id": "street-lamps"}


def test_a_case_is_not_merged_into_itself(town: Town) -> None:
    _refused(town, "MERGED_WITH_ITSELF", OLD, OLD, NEXT_WEEK)


def test_cases_are_not_merged_in_a_circle(town: Town) -> None:
    town.opens("third", NEXT_WEEK)
    town.merges(OLD, NEW, NEXT_WEEK)
    town.merges(NEW, "third", NEXT_WEEK)

    refusal = _refused(town, "CASE_MERGED", "third", OLD, NEXT_WEEK)

    assert refusal.facts == {"into_case_id": NEW, "into_public_id": "LL-new"}
    assert [each.case_id for each in town.file("third").reports] == ["third", NEW, OLD]


def test_of_two_who_merge_the_same_cases_the_other_way_round_one_is_refused(town: Town) -> None:
    old, new = town.state(OLD), town.state(NEW)
    town.merges(OLD, NEW, NEXT_WEEK)

    with pytest.raises(Refusal) as refused:
        CASE.decide(asked.MergeCase(seen=new, into=old, at=NEXT_WEEK), town.state(NEW))

    assert refused.value.code == "CONCURRENT_CHANGE"  # the next try reads both anew
    _refused(town, "CASE_MERGED", NEW, OLD, NEXT_WEEK)


# -- a merged case ---------------------------------------------------------------------------------


def test_a_merged_case_refuses_ordinary_commands_and_names_where_it_went(town: Town) -> None:
    town.merges(OLD, NEW, NEXT_WEEK)
    at = NEXT_WEEK + timedelta(hours=1)

    for command in (
        asked.AcceptCase(at=at),
        asked.StartWork(at=at),
        asked.AddNote(text="x", to_reporter=False, at=at),
        asked.RejectCase(reason_code="unclear", at=at),
        resolve(at),
        reassign(PARKS, days=8),
    ):
        refusal = refusal_of(town, OLD, command)
        assert refusal is not None
        assert refusal.code == "CASE_MERGED"
        assert refusal.facts["into_public_id"] == "LL-new"


def test_a_pause_that_was_requested_is_void_once_the_case_is_merged() -> None:
    """Nobody could decide on it any more; the body may request it again if the case is given back."""
    town = Town()
    town.opens(OLD, MONDAY)
    town.opens(NEW, MONDAY)
    town.does(OLD, asked.StartWork(at=after(minutes=10)))
    town.does(OLD, request_pause(after(minutes=20), after(days=60)))

    town.merges(OLD, NEW, after(minutes=30))

    [request] = town.file(OLD).pause_requests
    assert request.decision is PauseDecision.VOID
    town.unmerges(OLD, after(minutes=40))
    assert town.file(OLD).pause_request is None
    assert [type(event) for event in town.does(OLD, request_pause(after(hours=1), after(days=60)))] == [
        told.PauseRequested
    ]


def test_nothing_passes_in_a_merged_case(town: Town) -> None:
    town.merges(OLD, NEW, NEXT_WEEK)

    assert town.does(OLD, asked.PassMoments(at=after(days=90))) == []


def test_what_a_merged_case_tells_is_still_erased(town: Town) -> None:
    town.opens("nameless", MONDAY)
    town.told["nameless"][0] = _nameless(town.told["nameless"][0])
    town.merges("nameless", NEW, NEXT_WEEK)

    erased = town.does("nameless", asked.EraseContent(at=NEXT_WEEK))

    assert [type(each) for each in erased] == [told.CaseContentErased]
    assert town.file("nameless").content_erased


def _nameless(opened: told.CaseEvent) -> told.CaseOpened:
    assert isinstance(opened, told.CaseOpened)
    return told.CaseOpened(
        case_id=opened.case_id,
        public_id=opened.public_id,
        affair_id=opened.affair_id,
        area_path=opened.area_path,
        channel=opened.channel,
        deadlines=opened.deadlines,
        terms=opened.terms,
        at=opened.at,
    )


# -- all who reported ------------------------------------------------------------------------------


def test_one_of_several_reporters_does_not_take_the_matter_back_for_all(town: Town) -> None:
    town.merges(OLD, NEW, NEXT_WEEK)

    refusal = refusal_of(town, NEW, asked.WithdrawCase(at=NEXT_WEEK))

    assert refusal is not None
    assert refusal.code == "OTHERS_REPORTED_IT"


def test_one_of_several_reporters_does_not_confirm_it_for_all(town: Town) -> None:
    town.merges(OLD, NEW, NEXT_WEEK)
    town.does(NEW, resolve(NEXT_WEEK + timedelta(hours=1)))
    asked_until = town.state(NEW)
    assert isinstance(asked_until, Resolved)

    town.does(NEW, asked.ConfirmResolution(at=NEXT_WEEK + timedelta(hours=2)))

    refusal = refusal_of(town, NEW, asked.CloseCase(at=NEXT_WEEK + timedelta(hours=3)))
    assert refusal is not None
    assert refusal.code == "CONFIRMATION_PENDING"
    again = asked.ConfirmResolution(at=NEXT_WEEK + timedelta(hours=3))
    assert town.does(NEW, again) == []
    objection = asked.ReopenCase(by_reporter=True, imported=False, at=asked_until.confirm_until)
    assert any(isinstance(each, told.CaseReopened) for each in town.does(NEW, objection))


def test_a_word_given_by_one_of_several_reporters_is_no_word_of_the_others_once_they_are_alone(
    town: Town,
) -> None:
    town.merges(OLD, NEW, NEXT_WEEK)
    town.does(NEW, resolve(NEXT_WEEK + timedelta(hours=1)))
    town.does(NEW, asked.ConfirmResolution(at=NEXT_WEEK + timedelta(hours=2)))  # by who reported the old one

    town.unmerges(OLD, NEXT_WEEK + timedelta(hours=3))

    refusal = refusal_of(town, NEW, asked.CloseCase(at=NEXT_WEEK + timedelta(hours=4)))
    assert refusal is not None
    assert refusal.code == "CONFIRMATION_PENDING"


def test_all_who_reported_it_keep_their_say_after_it_was_rejected(town: Town) -> None:
    town.merges(OLD, NEW, NEXT_WEEK)
    town.told[NEW].append(rejected(NEXT_WEEK + timedelta(hours=1)))

    contested = town.does(NEW, asked.ContestRejection(calendars=CALENDARS, at=NEXT_WEEK + timedelta(hours=2)))

    assert any(isinstance(each, told.RejectionContested) for each in contested)
    assert {each.reporter_id for each in town.file(NEW).reports} == {"resident-old", "resident-new"}


# -- given back ------------------------------------------------------------------------------------


def test_a_case_that_is_given_back_goes_on_as_if_it_had_never_been_away(town: Town) -> None:
    alone = Town()
    alone.opens("tuesday", after(days=1))
    town.opens("tuesday", after(days=1))
    town.opens("wednesday", after(days=2))
    town.merges("tuesday", "wednesday", after(days=2, hours=1))

    town.unmerges("tuesday", after(days=20))
    alone.passes(after(days=20))

    assert isinstance(town.state("tuesday"), Routed)
    assert town.file("tuesday").clocks == alone.file("tuesday").clocks
    assert town.clock("tuesday").breached


def test_the_other_case_has_its_own_limits_again(town: Town) -> None:
    alone = Town()
    alone.opens(NEW, NEXT_WEEK)
    town.merges(OLD, NEW, NEXT_WEEK + timedelta(hours=1))

    town.unmerges(OLD, NEXT_WEEK + timedelta(minutes=90))

    assert town.file(NEW).clocks == alone.file(NEW).clocks
    assert town.file(NEW).reports == alone.file(NEW).reports


def test_the_limit_of_a_duplicate_that_stays_is_kept(town: Town) -> None:
    town.opens("tuesday", after(days=1))
    town.opens("thursday", after(days=3))
    due = town.clock("tuesday").deadline.due_at
    town.merges("tuesday", "thursday", after(days=3))
    town.merges(OLD, "thursday", after(days=3))

    town.unmerges(OLD, after(days=3, hours=1))

    assert town.clock("thursday").deadline.due_at == due
    assert not town.clock("thursday").breached
    assert [each.case_id for each in town.file("thursday").reports] == ["thursday", "tuesday"]


def test_what_the_hidden_limit_would_have_said_is_said_when_the_case_is_given_back(town: Town) -> None:
    town.merges(OLD, NEW, NEXT_WEEK + timedelta(hours=1))
    own = Town()
    own.opens(NEW, NEXT_WEEK)
    response = own.clock(NEW, ClockKind.FIRST_RESPONSE).deadline
    town.does(NEW, asked.AcceptCase(at=response.due_at + timedelta(minutes=1)))

    town.unmerges(OLD, NEXT_WEEK + timedelta(days=1))

    breaches = [each for each in town.told[NEW] if isinstance(each, told.DeadlineBreached)]
    assert [each.at for each in breaches if each.clock is ClockKind.FIRST_RESPONSE] == [response.due_at]
    assert town.clock(NEW, ClockKind.FIRST_RESPONSE).breached


def test_a_case_is_given_back_after_the_other_one_was_closed(town: Town) -> None:
    town.merges(OLD, NEW, NEXT_WEEK)
    town.does(NEW, resolve(NEXT_WEEK + timedelta(hours=1)))
    town.does(NEW, asked.PassMoments(at=NEXT_WEEK + timedelta(days=20)))

    town.unmerges(OLD, NEXT_WEEK + timedelta(days=21))

    assert isinstance(town.state(NEW), Closed)
    assert isinstance(town.state(OLD), Routed)


def test_a_case_is_given_back_only_by_the_case_that_has_it(town: Town) -> None:
    town.opens("third", NEXT_WEEK)
    town.merges(OLD, NEW, NEXT_WEEK)
    town.merges(NEW, "third", NEXT_WEEK)

    with pytest.raises(Refusal) as refused:
        town.unmerges(OLD, NEXT_WEEK)
    assert refused.value.code == "CASE_MERGED"

    town.unmerges(NEW, NEXT_WEEK)
    town.unmerges(OLD, NEXT_WEEK)
    assert [len(town.file(each).reports) for each in (OLD, NEW, "third")] == [1, 1, 1]


def test_a_case_that_was_not_merged_is_not_given_back(town: Town) -> None:
    with pytest.raises(Refusal) as refused:
        town.unmerges(OLD, NEXT_WEEK)

    assert refused.value.code == "CASE_NOT_MERGED"
    assert not isinstance(town.state(OLD), Merged)
