"""What neighbours' events lead to."""

from datetime import UTC, datetime, timedelta

from linli.cases.v1 import cases_events_pb2
from linli.identity.v1 import identity_events_pb2
from linli.volunteers.v1 import volunteers_events_pb2

from libs.ledger.forgotten import FORGETTING, HearErasure
from libs.ledger.noted import Note
from libs.messaging.reactions import Erasure, Fact, Reaction
from services.volunteers.domain.need import NEED
from services.volunteers.domain.need.commands import RaiseNeed, WithdrawNeed
from services.volunteers.domain.noted import RESIDENT, ResidentErasureNoted, ResidentFact, ResidentNoted
from services.volunteers.domain.volunteer import VOLUNTEER, ForgetVolunteer, FreeShift
from services.volunteers.entrypoints.reactions import (
    when_case_merged,
    when_case_opened,
    when_case_withdrawn,
    when_need_withdrawn,
    when_resident_registered,
    when_subject_erased,
)

AT = datetime(2026, 3, 2, 14, 20, tzinfo=UTC)
FACT = Fact(
    source="linli://test/cases", event_id="e", type="t", subject="case-c1", subject_version=1, sequence=1,
    time=AT, recorded_time=AT,
)  # fmt: skip


def test_a_case_whose_reporter_is_assisted_calls_for_a_helper_the_next_day() -> None:
    opened = cases_events_pb2.CaseOpened(case_id="c1", area_path="la/north", assisted=True)

    [reaction] = when_case_opened(opened, FACT)

    assert (reaction.decider, reaction.id) == (NEED, "case-c1")
    assert isinstance(reaction.command, RaiseNeed)
    assert reaction.command.shift.start == AT.replace(minute=0) + timedelta(days=1, hours=1)


def test_any_other_case_calls_for_nobody() -> None:
    assert when_case_opened(cases_events_pb2.CaseOpened(case_id="c1", area_path="la"), FACT) == []


def test_a_case_taken_back_needs_no_helper() -> None:
    [reaction] = when_case_withdrawn(cases_events_pb2.CaseWithdrawn(case_id="c1"), FACT)

    assert (reaction.decider, reaction.id, reaction.command) == (NEED, "case-c1", WithdrawNeed(at=AT))


def test_a_case_that_goes_on_in_another_one_needs_no_helper() -> None:
    [reaction] = when_case_merged(cases_events_pb2.CaseMerged(case_id="c1", into_case_id="c2"), FACT)

    assert (reaction.decider, reaction.id, reaction.command) == (NEED, "case-c1", WithdrawNeed(at=AT))


def test_who_was_erased_is_asked_no_more() -> None:
    erased = identity_events_pb2.SubjectErased(subject_id="ann", has_receipt=True)
    note: Note[ResidentFact] = Note(ResidentErasureNoted(resident_id="ann"))

    assert when_subject_erased(erased, FACT) == [
        Erasure(subject="ann"),
        Reaction(VOLUNTEER, "ann", ForgetVolunteer(at=AT)),
        Reaction(RESIDENT, "ann", note),
        Reaction(FORGETTING, "ann", HearErasure(subject_id="ann", at=AT, has_receipt=True)),
    ]


def test_who_was_registered_is_noted() -> None:
    registered = identity_events_pb2.ResidentRegistered(resident_id="ann")

    [reaction] = when_resident_registered(registered, FACT)

    assert (reaction.decider, reaction.id) == (RESIDENT, "ann")
    assert reaction.command == Note(ResidentNoted(resident_id="ann"))


def test_whoever_had_accepted_is_free_again_when_the_need_ends() -> None:
    ended = volunteers_events_pb2.NeedWithdrawn(need_id="n1", volunteer_ids=["ann", "bea"])

    assert when_need_withdrawn(ended, FACT) == [
        Reaction(VOLUNTEER, "ann", FreeShift(need_id="n1")),
        Reaction(VOLUNTEER, "bea", FreeShift(need_id="n1")),
    ]
