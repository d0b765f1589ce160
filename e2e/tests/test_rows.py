"""Every kind of dirt has a rule, and nothing vanishes."""

import gzip
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from e2e.city.rows import HeadingWrong, Refused, Request, Rule, parse_rows, read_requests

DATA = Path(__file__).parents[1] / "data" / "myla311-2020.csv.gz"
COUNCILS = frozenset({"19"})


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
        ({"latitude": "", "longitude": ""}, Rule.NO_COORDINATES),
        ({"nc": "999"}, Rule.COUNCIL_WITHOUT_BOUNDARY),
        ({"closeddate": ""}, Rule.CLOSED_WITHOUT_TIME),
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


def test_a_number_seen_twice_is_refused() -> None:
    outcomes = list(parse_rows([(2, row()), (3, row())], COUNCILS))

    assert isinstance(outcomes[1], Refused)
    assert outcomes[1].rule is Rule.TWICE


HEADING = "srnumber,requesttype,status,owner,nc,createddate,updateddate,servicedate,closeddate,"
HEADING += "requestsource,anonymous,address,latitude,longitude"


def from_file(folder: Path, *lines: bytes) -> list[Request | Refused]:
    source = folder / "rows.csv.gz"
    source.write_bytes(gzip.compress(b"\n".join([HEADING.encode(), *lines, b""])))
    return list(read_requests(source, COUNCILS))


def line(number: str, address: bytes = b"1 MAIN ST") -> bytes:
    values = row(srnumber=number, address="@")
    plain = ",".join(values[field] for field in HEADING.split(","))
    return plain.encode().replace(b"@", address)


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    outcomes = from_file(tmp_path, line("1-1"), b"", line("1-2", b'"two\nlines"'), line("1-3"))

    assert [(outcome.line, outcome.number) for outcome in outcomes] == [(2, "1-1"), (5, "1-2"), (6, "1-3")]


def test_a_line_with_too_many_or_too_few_fields_is_refused(tmp_path: Path) -> None:
    outcomes = from_file(tmp_path, line("1-1") + b",more", b"1-2,Bulky Items", line("1-3"))

    assert [(outcome.line, isinstance(outcome, Refused)) for outcome in outcomes] == [
        (2, True), (3, True), (4, False),
    ]  # fmt: skip


def test_what_an_open_quote_swallows_is_named(tmp_path: Path) -> None:
    outcomes = from_file(tmp_path, line("1-1", b'"1 MAIN ST'), line("1-2", b'"2 MAIN ST"'), line("1-3"))

    assert isinstance(outcomes[0], Refused)
    assert outcomes[0].rule is Rule.BROKEN_LINE
    assert "lines 2 to 3" in outcomes[0].detail
    assert [outcome.number for outcome in outcomes[1:]] == ["1-3"]


def test_bytes_that_are_no_text_are_marked(tmp_path: Path) -> None:
    [request] = from_file(tmp_path, line("1-1", b"1 CA\xd1ON DR"))

    assert isinstance(request, Request)
    assert (request.address, request.rules) == ("1 CA\ufffdON DR", (Rule.NOT_UTF_8,))


def test_the_real_file_loses_no_row() -> None:
    outcomes = list(read_requests(DATA, COUNCILS))

    kinds = Counter(o.status if isinstance(o, Request) else "refused" for o in outcomes)
    assert kinds == {"Closed": 9723, "Cancelled": 244, "Open": 16, "Pending": 15, "Referred Out": 2}
    assert sum(Rule.NO_COORDINATES in o.rules for o in outcomes if isinstance(o, Request)) == 11
    assert sum(Rule.CLOSED_WITHOUT_TIME in o.rules for o in outcomes if isinstance(o, Request)) == 18


def test_a_file_that_lacks_a_column_is_refused_by_its_heading(tmp_path: Path) -> None:
    packed = tmp_path / "other.csv.gz"
    packed.write_bytes(gzip.compress(b"srnumber,requesttype\r\n1-1,Bulky Items\r\n"))

    with pytest.raises(HeadingWrong, match="lacks status, createddate"):
        list(read_requests(packed, COUNCILS))


def test_a_file_that_is_not_gzipped_is_refused(tmp_path: Path) -> None:
    plain = tmp_path / "plain.csv"
    plain.write_text("srnumber,requesttype\n", "utf-8")

    with pytest.raises(HeadingWrong, match="not gzipped"):
        list(read_requests(plain, COUNCILS))
