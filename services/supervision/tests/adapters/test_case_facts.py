"""What each fact changes in the row of its case."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from libs.ledger.recorded import Recorded
from libs.testkit.clocks import START
from libs.testkit.recorded import recorded
from libs.testkit.views import folded
from services.supervision.adapters.views.case_facts import CaseFacts
from services.supervision.adapters.views.names import Names
from services.supervision.domain.case_record import events
from services.supervision.domain.noted import NameNoted
from services.supervision.domain.values import CaseState, ClockKind, MomentKind, Named, Origin
from services.supervision.tests.domain.test_case_record import OPENED, rated

HOUR = timedelta(hours=1)
OPENED_AT = OPENED.origin.at


def origin(hours: float) -> Origin:
    at = OPENED_AT + hours * HOUR
    return Origin(
        source="linli://test/cases", sequence=100 + int(hours), version=2 + int(hours), event_id=f"e{hours}",
        at=at, recorded_at=at, actor="staff-4",
    )  # fmt: skip


def row_after(*facts: Any) -> dict[str, Any]:
    [row] = folded(CaseFacts(), recorded("case_record-c1", OPENED, *facts)).all("cases")
    return row


def holdings_after(*facts: Any) -> dict[str, bool]:
    rows = folded(CaseFacts(), recorded("case_record-c1", OPENED, *facts)).all("holdings")
    return {row["body_id"]: row["returned"] for row in rows}


ROUTED = events.RoutingNoted(body_id="lasan", origin=origin(0))
RESOLVED = events.ResolutionNoted(body_id="lasan", origin=origin(4))
CLOSED = events.ClosingNoted(body_id="lasan", origin=origin(5.5))


def test_an_opened_case_has_no_body_and_no_end() -> None:
    row = row_after()

    assert (row["state"], row["body_id"], row["opened_at"]) == ("submitted", None, OPENED_AT)
    assert (row["ended_at"], row["close_seconds"], row["returns"], row["reopenings"]) == (None, None, 0, 0)


@pytest.mark.parametrize(
    "answer",
    [
        events.AcceptanceNoted(body_id="lasan", origin=origin(1)),
        events.WorkNoted(body_id="lasan", origin=origin(1)),
        events.AnswerNoted(body_id="lasan", origin=origin(1)),
        events.ResolutionNoted(body_id="lasan", origin=origin(1)),
    ],
    ids=lambda event: type(event).__name__,
)
def test_the_first_answer_counts(answer: Any) -> None:
    later = events.AnswerNoted(body_id="lasan", origin=origin(3))

    assert row_after(ROUTED, answer, later)["first_response_at"] == OPENED_AT + HOUR


@pytest.mark.parametrize("to_reporter", [True, False])
def test_a_note_is_no_answer_of_the_body(to_reporter: bool) -> None:
    note = events.RemarkNoted(to_reporter=to_reporter, origin=origin(1))

    assert row_after(ROUTED, note)["first_response_at"] is None


def test_a_body_that_returns_what_it_accepted_has_not_answered() -> None:
    accepted = events.AcceptanceNoted(body_id="lasan", origin=origin(1))
    returned = events.ReturnNoted(body_id="lasan", response_void=True, origin=origin(2))

    assert row_after(ROUTED, accepted, returned)["first_response_at"] is None


def test_the_time_to_close_is_counted_in_whole_seconds() -> None:
    late = events.ClosingNoted(body_id="lasan", origin=origin(5.50041))

    assert row_after(ROUTED, RESOLVED, late)["close_seconds"] == 19801


def test_a_reopening_takes_resolution_and_closing_back() -> None:
    reopened = events.ReopeningNoted(body_id="lasan", by_reporter=True, origin=origin(6))

    row = row_after(ROUTED, RESOLVED, CLOSED, reopened)

    assert (row["state"], row["resolved_at"], row["ended_at"], row["close_seconds"]) == (
        "accepted",
        None,
        None,
        None,
    )
    assert (row["resolutions"], row["reopenings"]) == (1, 1)


def test_a_return_stays_with_the_body_that_returned() -> None:
    returned = events.ReturnNoted(body_id="lasan", origin=origin(1))
    reassigned = events.ReassignmentNoted(from_body_id=None, body_id="bos", origin=origin(2))

    assert holdings_after(ROUTED, returned, reassigned) == {"lasan": True, "bos": False}


def test_a_body_that_gets_the_case_back_has_returned_it_none_the_less() -> None:
    returned = events.ReturnNoted(body_id="lasan", origin=origin(1))
    back = events.ReassignmentNoted(from_body_id=None, body_id="lasan", origin=origin(2))

    assert holdings_after(ROUTED, returned, back) == {"lasan": True}


def test_a_breach_is_flagged_for_its_clock() -> None:
    breach = events.BreachNoted(clock=ClockKind.FIRST_RESPONSE, body_id="lasan", origin=origin(2))

    row = row_after(ROUTED, breach)

    assert (row["first_response_breached"], row["resolution_breached"]) == (True, False)


def test_a_breach_stays_with_the_body_that_had_the_case() -> None:
    breach = events.BreachNoted(clock=ClockKind.RESOLUTION, body_id="lasan", origin=origin(1))
    returned = events.ReturnNoted(body_id="lasan", origin=origin(2))
    reassigned = events.ReassignmentNoted(from_body_id=None, body_id="bos", origin=origin(3))

    row = row_after(ROUTED, breach, returned, reassigned)

    assert (row["body_id"], row["resolution_breached_by"]) == ("bos", "lasan")


@pytest.mark.parametrize("clock", [ClockKind.ANSWER, ClockKind.DISPATCH, ClockKind.ADJUDICATION])
def test_a_late_reading_or_dispatch_is_no_late_response(clock: ClockKind) -> None:
    row = row_after(ROUTED, events.BreachNoted(clock=clock, body_id="lasan", origin=origin(2)))

    assert (row["first_response_breached"], row["resolution_breached"]) == (False, False)


@pytest.mark.parametrize(("moment", "still"), [(MomentKind.BREACH, False), (MomentKind.WARNING, True)])
def test_an_annulled_breach_counts_no_more(moment: MomentKind, still: bool) -> None:
    breach = events.BreachNoted(clock=ClockKind.RESOLUTION, body_id="lasan", origin=origin(2))
    annulment = events.AnnulmentNoted(
        clock=ClockKind.RESOLUTION, moment=moment, body_id="lasan", origin=origin(3)
    )

    assert row_after(ROUTED, breach, annulment)["resolution_breached"] is still
    assert row_after(ROUTED, breach, annulment, breach)["resolution_breached"]


def test_ratings_add_up() -> None:
    row = row_after(ROUTED, RESOLVED, CLOSED, rated(stars=5), rated(rater_id="resident-8", stars=2))

    assert (row["ratings"], row["stars"]) == (2, 7)


def test_the_view_knows_how_far_its_source_is_counted() -> None:
    rows = folded(CaseFacts(), recorded("case_record-c1", OPENED, ROUTED, CLOSED))

    assert rows.all("sources") == [{"source": "linli://test/cases", "sequence": 105}]


def test_every_row_that_a_fold_reads_is_announced() -> None:
    """`keys` only speeds the projector up; what it leaves out is fetched one by one."""
    view = CaseFacts()
    for event in recorded("case_record-c1", ROUTED, RESOLVED, CLOSED):
        assert ("cases", "c1") in view.keys(event)
    assert ("holdings", ("c1", "lasan")) in view.keys(recorded("case_record-c1", ROUTED)[0])


def test_names_do_not_touch_the_facts() -> None:
    named = NameNoted(named=Named.BODY, id="lasan", path="lasan", zh="", en="Sanitation")
    history: list[Recorded[Any]] = recorded("name-body:lasan", named)

    assert folded(CaseFacts(), history).all("cases") == []
    assert [row["en"] for row in folded(Names(), history).all("names")] == ["Sanitation"]


def test_the_newest_name_holds() -> None:
    names = [NameNoted(named=Named.BODY, id="b", path="b", zh="", en=name) for name in ("Old", "New")]

    assert [row["en"] for row in folded(Names(), recorded("name-body:b", *names)).all("names")] == ["New"]


def test_moments_are_those_of_the_case_and_not_of_the_noting() -> None:
    noted_later = recorded("case_record-c1", OPENED, at=START + 400 * HOUR)

    opened_at: datetime = folded(CaseFacts(), noted_later).all("cases")[0]["opened_at"]

    assert opened_at == OPENED_AT


def _noted_again(kind: Any, at: float, **changes: Any) -> Any:
    usual = {
        "duplicate_id": "c2", "body_id": "lasan", "since": OPENED_AT - 48 * HOUR, "origin": origin(at),
        "first_response_due_at": None, "due_at": OPENED_AT, "first_response_breached": False,
        "resolution_breached": True,
    }  # fmt: skip
    return kind(**{**usual, **changes})


def test_a_case_counts_from_the_earliest_of_its_reports_and_by_the_earliest_limit() -> None:
    row = row_after(ROUTED, _noted_again(events.DuplicateNoted, 1), RESOLVED, CLOSED)

    assert (row["opened_at"], row["due_at"]) == (OPENED_AT - 48 * HOUR, OPENED_AT)
    assert row["resolution_breached"]
    assert row["close_seconds"] == 53.5 * 3600


def test_a_limit_that_the_other_case_missed_counts_for_who_had_that() -> None:
    other = replace(OPENED, case_id="c2")
    missed = events.BreachNoted(clock=ClockKind.RESOLUTION, body_id="dot", origin=origin(1))
    history = [
        *recorded("case_record-c2", other, missed),
        *recorded("case_record-c1", OPENED, ROUTED, _noted_again(events.DuplicateNoted, 2)),
    ]

    rows = {row["case_id"]: row for row in folded(CaseFacts(), history).all("cases")}

    assert rows["c1"]["resolution_breached_by"] == "dot"


def test_a_case_without_its_duplicate_counts_as_before() -> None:
    before = row_after(ROUTED)
    back = {"since": OPENED_AT, "due_at": before["due_at"], "resolution_breached": False}
    back |= {"first_response_due_at": before["first_response_due_at"]}

    row = row_after(
        ROUTED, _noted_again(events.DuplicateNoted, 1), _noted_again(events.SeparationNoted, 2, **back)
    )

    assert row == before


def test_a_merged_case_has_ended_until_it_is_given_back() -> None:
    merged = events.MergeNoted(into_case_id="c2", body_id="lasan", origin=origin(1))
    back = events.UnmergeNoted(state=CaseState.ROUTED, body_id="lasan", origin=origin(2))

    assert row_after(ROUTED, merged)["state"] == "merged"
    assert row_after(ROUTED, merged)["ended_at"] is not None
    assert row_after(ROUTED, merged, back) == row_after(ROUTED)
