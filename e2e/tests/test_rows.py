"""Every kind of dirt has a rule, and nothing vanishes."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from e2e.city.history import story
from e2e.city.rows import Refused, Request, Rule, parse_rows
from e2e.city.source import read_requests
from services.command.imports.report.tables import WIDTH

DATA = Path(__file__).parents[1] / "data" / "myla311-2020.csv.gz"
COUNCILS = frozenset({"19"})
BODIES = {"BOS": "bos"}


def row(**changes: str) -> dict[str, str]:
    clean = {
        "srnumber": "1-1", "requesttype": "Bulky Items", "status": "Closed", "owner": "BOS", "nc": "19",
        "createddate": "1/2/20 9:00", "updateddate": "1/9/20 9:00", "servicedate": "1/3/20 10:30",
        "closeddate": "1/4/20 12:00", "requestsource": "Call", "anonymous": "N", "address": "1 MAIN ST",
        "latitude": "34.1", "longitude": "-118.4",
    }  # fmt: skip
    return clean | changes


def read(**changes: str) -> Request | Refused:
    [outcome] = parse_rows([(2, row(**changes))], COUNCILS)
    return outcome


def accepted(**changes: str) -> Request:
    outcome = read(**changes)
    assert isinstance(outcome, Request), outcome
    return outcome


def test_a_clean_row_is_read_in_utc_without_a_rule() -> None:
    request = accepted()

    assert request.created == datetime(2020, 1, 2, 17, 0, tzinfo=UTC)
    assert request.responded == datetime(2020, 1, 3, 18, 30, tzinfo=UTC)
    assert request.ended == datetime(2020, 1, 4, 20, 0, tzinfo=UTC)
    assert request.rules == ()


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"latitude": "", "longitude": "", "nc": ""}, Rule.NO_COORDINATES),
        ({"latitude": "", "longitude": "", "nc": "999"}, Rule.NO_COORDINATES),
        ({"latitude": "", "longitude": ""}, Rule.COUNCIL_ALONE),
        ({"nc": "999"}, Rule.COUNCIL_WITHOUT_BOUNDARY),
        ({"closeddate": ""}, Rule.CLOSED_WITHOUT_TIME),
        ({"closeddate": "1/2/20 0:00"}, Rule.END_IS_A_DATE),
        ({"servicedate": "1/2/20 0:00"}, Rule.RESPONSE_IS_A_DATE),
        ({"servicedate": "1/1/20 0:00"}, Rule.RESPONSE_BEFORE_START),
        ({"servicedate": "1/5/20 8:00"}, Rule.RESPONSE_AFTER_END),
        ({"closeddate": "3/8/20 2:30"}, Rule.IN_SPRING_GAP),
        ({"closeddate": "11/1/20 1:30"}, Rule.IN_AUTUMN_FOLD),
    ],
)
def test_dirt_is_imported_by_its_rule(changes: dict[str, str], rule: Rule) -> None:
    assert rule in accepted(**changes).rules


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"latitude": "x"}, Rule.BAD_COORDINATES),
        ({"latitude": "134.1"}, Rule.BAD_COORDINATES),
        ({"closeddate": "1/1/20 9:00"}, Rule.END_BEFORE_START),
        ({"closeddate": "31/1/20 9:00"}, Rule.BAD_TIME),
        ({"createddate": "2020-01-02T09:00:00"}, Rule.BAD_TIME),
        ({"createddate": "12/31/18 23:59"}, Rule.BEFORE_THE_CITY),
        ({"createddate": "1/3/20 9:00", "closeddate": "1/2/20 0:00"}, Rule.END_BEFORE_START),
        ({"status": "Lost"}, Rule.UNKNOWN_STATUS),
        ({"requesttype": "Volcano"}, Rule.UNKNOWN_TYPE),
        ({"owner": "NASA"}, Rule.UNKNOWN_OWNER),
        ({"requestsource": "Pigeon"}, Rule.UNKNOWN_CHANNEL),
        ({"requestsource": ""}, Rule.UNKNOWN_CHANNEL),
        ({"createddate": "1/2/68 9:00", "closeddate": "1/3/68 9:00"}, Rule.IN_THE_FUTURE),
        ({"owner": ""}, Rule.INCOMPLETE),
    ],
)
def test_a_row_that_cannot_be_trusted_is_refused_with_its_line(changes: dict[str, str], rule: Rule) -> None:
    refused = read(**changes)

    assert isinstance(refused, Refused)
    assert (refused.line, refused.rule) == (2, rule)


def test_a_skipped_local_time_moves_forward_by_an_hour() -> None:
    assert accepted(closeddate="3/8/20 2:30").ended == datetime(2020, 3, 8, 10, 30, tzinfo=UTC)


def test_a_repeated_local_time_is_the_first_of_the_two() -> None:
    assert accepted(closeddate="11/1/20 1:30").ended == datetime(2020, 11, 1, 8, 30, tzinfo=UTC)


def test_a_date_without_time_is_never_earlier_than_the_creation() -> None:
    request = accepted(servicedate="1/2/20 0:00")

    assert request.responded == request.created


def test_a_closing_date_without_time_is_never_earlier_than_the_creation() -> None:
    same_day, later = accepted(closeddate="1/2/20 0:00"), accepted(closeddate="1/4/20 0:00")

    assert same_day.ended == same_day.created
    assert later.ended == datetime(2020, 1, 4, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "area"),
    [
        ({"latitude": ""}, "la-nc-19"),
        ({"latitude": "", "nc": "999"}, "la"),
        ({"latitude": "", "nc": ""}, "la"),
        ({}, "la"),
    ],
)
def test_a_council_is_taken_from_the_row_only_where_no_place_can_find_it(
    changes: dict[str, str], area: str
) -> None:
    request = accepted(**changes)

    assert request.filed_under == area
    assert story(request, BODIES).steps[0].open_case.area_id == area


def test_a_sentence_of_a_rule_fits_a_line_of_the_report_beside_its_count() -> None:
    assert max(len(f"  {99_999:>6,}  {rule.value}") for rule in Rule) <= WIDTH


def test_a_number_seen_twice_is_refused() -> None:
    outcomes = list(parse_rows([(2, row()), (3, row())], COUNCILS))

    assert isinstance(outcomes[1], Refused)
    assert outcomes[1].rule is Rule.TWICE


def test_the_real_file_loses_no_row() -> None:
    outcomes = list(read_requests(DATA, COUNCILS))

    kinds = Counter(o.status if isinstance(o, Request) else "refused" for o in outcomes)
    assert kinds == {"Closed": 9723, "Cancelled": 244, "Open": 16, "Pending": 15, "Referred Out": 2}
    assert sum(Rule.NO_COORDINATES in o.rules for o in outcomes if isinstance(o, Request)) == 11
    assert sum(Rule.END_IS_A_DATE in o.rules for o in outcomes if isinstance(o, Request)) == 90
    assert sum(Rule.CLOSED_WITHOUT_TIME in o.rules for o in outcomes if isinstance(o, Request)) == 18
