"""What a case record notes, and whose rating it takes."""

from typing import Any

import pytest

from libs.ledger.decider import Kind
from libs.ledger.noted import Note
from libs.ledger.personal import Personal
from libs.rules.areas import AreaPath
from libs.testkit.clocks import moment
from libs.testkit.deciders import deciding
from services.supervision.domain.case_record import CASE_RECORD
from services.supervision.domain.case_record.commands import RateCase
from services.supervision.domain.case_record.events import (
    CaseRated,
    ClosingNoted,
    OpeningNoted,
    ReopeningNoted,
    ResolutionNoted,
    RoutingNoted,
    WithdrawalNoted,
)
from services.supervision.domain.values import Origin

given = deciding(CASE_RECORD)


def origin(version: int) -> Origin:
    at = moment(f"2020-01-03 09:{version:02}")
    return Origin(
        source="linli://test/cases",
        sequence=70 + version,
        version=version,
        event_id=f"event-{version}",
        at=at,
        recorded_at=at,
        actor="staff-4",
    )


OPENED = OpeningNoted(
    case_id="c1",
    public_id="LL-7F3K9-2QD4X",
    affair_id="bulky-items",
    area_path=AreaPath("la/south"),
    channel="web",
    anonymous=False,
    assisted=False,
    reporter_id="resident-7",
    origin=origin(1),
)
ROUTED = RoutingNoted(body_id="lasan", origin=origin(2))
RESOLVED = ResolutionNoted(body_id="lasan", origin=origin(3))
CLOSED = ClosingNoted(body_id="lasan", origin=origin(4))
REOPENED = ReopeningNoted(body_id="lasan", by_reporter=True, origin=origin(5))


def rate(**about: Any) -> RateCase:
    usual = {"rater_id": "resident-7", "stars": 4, "comment": "", "at": moment("2020-01-05 10:00")}
    return RateCase(**{**usual, **about})


def rated(**about: Any) -> CaseRated:
    usual = {
        "rater_id": "resident-7",
        "stars": 4,
        "by_reporter": True,
        "body_id": "lasan",
        "affair_id": "bulky-items",
        "area_path": "la/south",
        "at": moment("2020-01-05 10:00"),
    }
    return CaseRated(**{**usual, **about})


def test_a_record_begins_with_the_opening() -> None:
    given().when(Note(OPENED)).then(OPENED)


def test_what_happens_to_a_case_is_noted() -> None:
    given(OPENED).when(Note(ROUTED)).then(ROUTED)


@pytest.mark.parametrize("fact", [OPENED, ROUTED])
def test_what_was_noted_already_is_not_noted_again(fact: OpeningNoted | RoutingNoted) -> None:
    given(OPENED, ROUTED).when(Note(fact)).then_nothing_happens()


def test_a_version_that_was_not_published_leaves_no_hole() -> None:
    given(OPENED, ROUTED).when(Note(CLOSED)).then(CLOSED)


def test_nothing_is_noted_before_the_opening() -> None:
    given().when(Note(ROUTED)).then_refused("OPENING_MISSING", Kind.PRECONDITION, version="2")


def test_the_reporter_rates_a_closed_case() -> None:
    given(OPENED, ROUTED, RESOLVED, CLOSED).when(rate()).then(rated())


def test_the_comment_is_the_personal_data_of_the_rater() -> None:
    comment = Personal("resident-7", "came at once")

    given(OPENED, ROUTED, CLOSED).when(rate(comment="came at once")).then(rated(comment=comment))


def test_a_neighbour_rates_as_a_neighbour() -> None:
    by_neighbour = rated(rater_id="resident-8", by_reporter=False)

    given(OPENED, CLOSED).when(rate(rater_id="resident-8")).then(by_neighbour)


def test_nobody_rates_an_unknown_case() -> None:
    given().when(rate()).then_refused("CASE_UNKNOWN", Kind.NOT_FOUND)


@pytest.mark.parametrize(
    "history",
    [
        (OPENED,),
        (OPENED, ROUTED, RESOLVED),
        (OPENED, ROUTED, RESOLVED, CLOSED, REOPENED),
        (OPENED, WithdrawalNoted(body_id=None, origin=origin(2))),
    ],
    ids=["open", "resolved", "reopened", "withdrawn"],
)
def test_only_a_closed_case_is_rated(history: tuple[Any, ...]) -> None:
    given(*history).when(rate()).then_refused("CASE_NOT_CLOSED", Kind.PRECONDITION)


def test_each_person_rates_once() -> None:
    given(OPENED, CLOSED, rated()).when(rate(stars=1)).then_refused("CASE_RATED_ALREADY", Kind.ALREADY_EXISTS)


def test_each_person_rates_once_also_after_a_reopening() -> None:
    closed_again = ClosingNoted(body_id="lasan", origin=origin(6))

    given(OPENED, CLOSED, rated(), REOPENED, closed_again).when(rate()).then_refused("CASE_RATED_ALREADY")


def test_several_persons_rate_the_same_case() -> None:
    by_neighbour = rated(rater_id="resident-8", stars=2, by_reporter=False)

    given(OPENED, CLOSED, rated()).when(rate(rater_id="resident-8", stars=2)).then(by_neighbour)


@pytest.mark.parametrize("stars", [-1, 0, 6])
def test_there_are_five_stars(stars: int) -> None:
    given(OPENED, CLOSED).when(rate(stars=stars)).then_refused("STARS_OUT_OF_RANGE", Kind.INVALID)


def test_a_rating_does_not_hide_what_is_published_later() -> None:
    given(OPENED, ROUTED, RESOLVED, CLOSED, rated()).when(Note(REOPENED)).then(REOPENED)
