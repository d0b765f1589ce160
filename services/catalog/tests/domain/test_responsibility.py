"""Responsibility items: never two at the same moment, versions that follow each other, ends."""

from dataclasses import replace
from datetime import timedelta

import pytest

from libs.ledger.decider import Kind
from libs.testkit.clocks import moment
from libs.testkit.deciders import deciding
from services.catalog.domain.responsibility import RESPONSIBILITY, EndResponsibility
from services.catalog.tests.domain.stories import MEALS, NOW, assign, assigned, ended, revise, revised

given = deciding(RESPONSIBILITY)
SPRING = moment("2020-04-01 00:00")
SUMMER = moment("2020-07-01 00:00")
AUTUMN = moment("2020-10-01 00:00")


def end(at: object) -> EndResponsibility:
    return EndResponsibility(item_id="meals:elm-street:1", valid_until=at, at=NOW)  # type: ignore[arg-type] # a moment


def test_an_item_is_cited_by_affair_area_and_number() -> None:
    given().when(assign()).then(assigned())


@pytest.mark.parametrize(
    ("start", "until"),
    [(NOW, None), (SUMMER, None), (SPRING, AUTUMN), (NOW - timedelta(days=9), NOW + timedelta(seconds=1))],
)
def test_no_two_items_hold_at_the_same_moment(start: object, until: object) -> None:
    other = assign(start, until, body_id="another")  # type: ignore[arg-type] # moments

    given(assigned(end=AUTUMN)).when(other).then_refused(
        "RESPONSIBILITY_OVERLAPS", Kind.PRECONDITION, item_id="meals:elm-street:1"
    )


def test_one_item_may_follow_another_without_a_gap() -> None:
    given(assigned(end=SUMMER)).when(assign(SUMMER)).then(assigned(2, SUMMER))
    given(assigned(start=SUMMER)).when(assign(SPRING, SUMMER)).then(assigned(2, SPRING, SUMMER))


def test_an_item_that_was_taken_back_is_in_nobodys_way() -> None:
    given(assigned(), ended(1, NOW)).when(assign()).then(assigned(2))


def test_a_period_ends_after_it_begins() -> None:
    given().when(assign(SUMMER, SUMMER)).then_refused("PERIOD_EMPTY", Kind.INVALID)


def test_nobody_answers_without_a_legal_basis() -> None:
    given().when(assign(legal_basis=" ")).then_refused("LEGAL_BASIS_MISSING")


def test_nobody_is_made_to_answer_for_a_retired_affair() -> None:
    given().when(assign(affair=replace(MEALS, retired=True))).then_refused("AFFAIR_RETIRED")


def test_a_revision_is_the_next_version_and_keeps_the_end() -> None:
    given(assigned(end=AUTUMN)).when(revise(SPRING)).then(revised(2, SPRING, AUTUMN))


def test_the_same_revision_again_changes_nothing() -> None:
    later = replace(revise(SUMMER), valid_from=None, at=SUMMER)

    given(assigned()).when(revise(SPRING)).when(revise(SPRING)).when(later).then(revised(2, SPRING))


def test_the_same_revision_from_another_moment_does_not_pass_for_a_success() -> None:
    given(assigned()).when(revise(SPRING)).when(revise(SUMMER)).then_refused("VERSION_UNCHANGED")


def test_versions_never_go_back_in_time() -> None:
    given(assigned(start=SUMMER)).when(revise(SPRING)).then_refused("VERSION_TOO_EARLY")


def test_a_correction_may_hold_from_the_same_moment() -> None:
    given(assigned()).when(revise(NOW)).then(revised(2, NOW))


def test_what_has_ended_is_not_revised() -> None:
    given(assigned(), ended(1, SPRING)).when(revise(SUMMER)).then_refused("RESPONSIBILITY_ENDED")


def test_an_end_may_come_earlier_but_not_later() -> None:
    given(assigned(end=SUMMER)).when(end(SPRING)).then(ended(1, SPRING))
    given(assigned(end=SUMMER)).when(end(AUTUMN)).then_refused("RESPONSIBILITY_ENDED")
    given(assigned(end=SUMMER)).when(end(SUMMER)).then_nothing_happens()


def test_the_end_says_which_version_and_body_were_the_last() -> None:
    given(assigned(), revised(2, SPRING)).when(end(SUMMER)).then(ended(2, SUMMER, body_id="canteen"))


def test_an_unknown_item_is_refused() -> None:
    given().when(end(SPRING)).then_refused("RESPONSIBILITY_UNKNOWN", Kind.NOT_FOUND)
