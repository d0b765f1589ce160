"""A case's record, read as its trail."""

from typing import get_args

from libs.ledger.recorded import Context
from libs.testkit.recorded import recorded
from services.supervision.application.trail import TYPES, trail_of
from services.supervision.domain.case_record.events import CaseRecordEvent, OfRequest, RemarkNoted
from services.supervision.tests.domain.test_case_record import CLOSED, OPENED, origin, rated

OWN_SOURCE = "linli://test/supervision"


def test_every_event_of_a_case_has_a_place_in_its_trail() -> None:
    assert set(TYPES) == set(get_args(CaseRecordEvent))


def test_a_noted_fact_stands_with_the_origin_that_was_noted() -> None:
    [entry] = trail_of(recorded("case_record-c1", OPENED), OWN_SOURCE)

    assert (entry.type, entry.actor, entry.at) == ("linli.cases.v1.CaseOpened", "staff-4", OPENED.origin.at)
    assert (entry.source, entry.sequence, entry.subject_version) == ("linli://test/cases", 71, 1)


def test_a_rating_stands_as_an_event_of_supervision_itself() -> None:
    history = recorded("case_record-c1", OPENED, CLOSED, rated(stars=2), context=Context(actor="resident-7"))

    entry = trail_of(history, OWN_SOURCE)[-1]

    assert (entry.type, entry.source) == ("linli.supervision.v1.CaseRated", OWN_SOURCE)
    assert (entry.number, entry.actor, entry.stars, entry.body_id) == (3, "resident-7", 2, "lasan")


def test_a_note_for_colleagues_is_internal() -> None:
    for_colleagues = RemarkNoted(to_reporter=False, origin=origin(2))
    to_reporter = RemarkNoted(to_reporter=True, origin=origin(3))

    trail = trail_of(recorded("case_record-c1", OPENED, for_colleagues, to_reporter), OWN_SOURCE)

    assert [entry.internal for entry in trail] == [False, True, False]


def test_the_public_hears_of_a_pause_that_was_approved_not_of_what_was_asked_for() -> None:
    asked = [
        noted(body_id="lasan", area_id="la", origin=origin(number))
        for number, noted in enumerate(get_args(OfRequest), start=2)
    ]

    trail = trail_of(recorded("case_record-c1", OPENED, *asked), OWN_SOURCE)

    assert {entry.type for entry in trail if entry.internal} == {
        "linli.cases.v1.PauseRequested",
        "linli.cases.v1.PauseRefused",
        "linli.cases.v1.PauseRequestLapsed",
    }
