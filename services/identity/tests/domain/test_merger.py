"""Mergers: proposed by one, approved by another, without chains, and undone exactly."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from libs.ledger.decider import Kind
from libs.rules.areas import AreaPath
from libs.testkit.deciders import deciding
from services.identity.domain.merger import (
    LASTS,
    MERGER,
    MOST,
    DecideMerger,
    Merger,
    MergerProposed,
    MergerRejected,
    ProposeMerger,
    RegistrationLetGo,
    RegistrationTaken,
    ResidentsMerged,
    ResidentsUnmerged,
    TakeRegistration,
)

AT = datetime(2020, 1, 3, 9, tzinfo=UTC)
LATER = AT + timedelta(days=1)
PINE = AreaPath("pine")
given = deciding(MERGER)

PROPOSED = MergerProposed(
    merger_id="two.1",
    merged_id="two",
    survivor_id="one",
    undoing=False,
    proposer_id="wu",
    area_path=PINE,
    proposed_at=AT,
    expires_at=AT + LASTS,
)
MERGED = ResidentsMerged(
    merger_id="two.1", merged_id="two", survivor_id="one", decider_id="li", area_path=PINE, merged_at=LATER
)
UNDOING = replace(PROPOSED, merger_id="two.2", undoing=True)
TAKEN = RegistrationTaken(survivor_id="one", merged_id="two", taken_at=LATER)


def propose(**other: Any) -> ProposeMerger:
    asked = ProposeMerger(
        merger_id="two.1", merged_id="two", survivor_id="one", undoing=False, by="wu", area_path=PINE, at=AT
    )
    return replace(asked, **other)


def decide(by: str = "li", *, approve: bool = True, merger_id: str = "two.1") -> DecideMerger:
    return DecideMerger(merger_id=merger_id, approve=approve, by=by, at=LATER)


def test_one_proposes_and_another_approves() -> None:
    given().when(propose()).then(PROPOSED)
    given(PROPOSED).when(decide()).then(MERGED)


def test_nobody_approves_their_own_proposal() -> None:
    given(PROPOSED).when(decide("wu")).then_refused("MERGER_TAKES_ANOTHER_PERSON", Kind.PERMISSION)


@pytest.mark.parametrize("who", ["one", "two"])
def test_nobody_merges_themself(who: str) -> None:
    given().when(propose(by=who)).then_refused("MERGER_ABOUT_YOURSELF", Kind.PERMISSION)
    given(PROPOSED).when(decide(who)).then_refused("MERGER_ABOUT_YOURSELF")


def test_whoever_proposed_may_take_it_back() -> None:
    rejected = MergerRejected(merger_id="two.1", merged_id="two", decider_id="wu", rejected_at=LATER)

    given(PROPOSED).when(decide("wu", approve=False)).then(rejected)
    given(PROPOSED, rejected).when(decide()).then_refused("MERGER_UNKNOWN", Kind.NOT_FOUND)


def test_what_was_looked_at_is_what_is_approved() -> None:
    given(PROPOSED).when(decide(merger_id="two.0")).then_refused("MERGER_UNKNOWN", Kind.NOT_FOUND)


def test_a_proposal_expires_and_makes_room_for_the_next() -> None:
    late = AT + LASTS

    given(PROPOSED).when(replace(decide(), at=late)).then_refused("MERGER_EXPIRED", Kind.PRECONDITION)
    given(PROPOSED).when(propose(merger_id="two.2")).then_refused("MERGER_OPEN", Kind.ALREADY_EXISTS)
    outcome = given(PROPOSED).when(propose(merger_id="two.2", at=late))
    assert outcome.refusal is None


def test_there_are_no_chains() -> None:
    given(PROPOSED, MERGED).when(propose(survivor_id="three")).then_refused("MERGER_UNFIT")
    given(RegistrationTaken(survivor_id="two", merged_id="zero", taken_at=AT)).when(propose()).then_refused(
        "MERGER_UNFIT", Kind.PRECONDITION
    )
    taking = TakeRegistration(survivor_id="two", merged_id="three", undoing=False, at=LATER)
    given(PROPOSED, MERGED).when(taking).then_refused("MERGER_UNFIT")
    given().when(propose(survivor_id="two")).then_refused("MERGER_UNFIT")


def test_a_registration_that_got_others_meanwhile_is_not_merged() -> None:
    got = RegistrationTaken(survivor_id="two", merged_id="zero", taken_at=AT)

    given(PROPOSED, got).when(decide()).then_refused("MERGER_UNFIT")


def test_a_merger_is_undone_by_two_and_leaves_nothing() -> None:
    undone = ResidentsUnmerged(
        merger_id="two.2",
        merged_id="two",
        survivor_id="one",
        decider_id="li",
        area_path=PINE,
        unmerged_at=LATER,
    )
    let_go = TakeRegistration(survivor_id="one", merged_id="two", undoing=True, at=LATER)

    outcome = given(PROPOSED, MERGED, UNDOING).when(decide(merger_id="two.2"))

    outcome.then(undone)
    assert outcome.state == Merger()
    given(TAKEN).when(let_go).then(RegistrationLetGo(survivor_id="one", merged_id="two", let_go_at=LATER))
    given(PROPOSED, MERGED, UNDOING).when(decide("wu", merger_id="two.2")).then_refused(
        "MERGER_TAKES_ANOTHER_PERSON"
    )
    given().when(propose(undoing=True)).then_refused("MERGER_UNFIT")


def test_a_survivor_has_room_for_as_many_as_a_token_names() -> None:
    full = [RegistrationTaken(survivor_id="one", merged_id=f"no-{n}", taken_at=AT) for n in range(MOST)]
    taking = TakeRegistration(survivor_id="one", merged_id="two", undoing=False, at=LATER)

    given(*full[1:]).when(taking).then(TAKEN)
    given(*full).when(taking).then_refused("MERGER_UNFIT")
