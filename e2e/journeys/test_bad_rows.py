"""A city's file with every kind of dirt goes through the whole import: every row is accounted for."""

import csv
import gzip
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from linli.cases.v1 import cases_service_pb2 as cases
from linli.cases.v1 import cases_types_pb2 as types

from e2e.city import los_angeles as la
from e2e.city.platform import Platform, sign_in
from e2e.city.rows import Rule
from e2e.journeys.cities import free_port

BASE = {
    "requesttype": "Bulky Items", "status": "Closed", "owner": "BOS", "requestsource": "Call",
    "createddate": "1/2/20 9:00", "updateddate": "1/9/20 9:00", "servicedate": "1/3/20 10:30",
    "closeddate": "1/4/20 12:00", "anonymous": "N", "address": "16815 W VANOWEN ST",
    "latitude": "34.19402846", "longitude": "-118.4994716", "nc": "19",
}  # fmt: skip
"""A row without dirt, in Lake Balboa."""

IMPORTED = {
    "clean": {},
    "no-place": {"latitude": "", "longitude": "", "nc": ""},
    "council-alone": {"latitude": "", "longitude": ""},
    "at-sea": {"latitude": "0", "longitude": "0"},
    "no-such-council": {"nc": "999"},
    "spring": {"closeddate": "3/8/20 2:30", "servicedate": ""},
    "autumn": {"closeddate": "11/1/20 1:30", "servicedate": ""},
    "no-closing-time": {"closeddate": ""},
    "closing-date": {"closeddate": "1/2/20 0:00", "servicedate": ""},
    "two-owners": {"owner": "LASAN"},
    "cancelled": {"status": "Cancelled"},
    "open": {"status": "Open", "closeddate": "", "servicedate": ""},
    "pending": {"status": "Pending", "closeddate": "", "servicedate": ""},
    "referred": {"status": "Referred Out"},
    "hostile": {"address": "1 Straße '; DROP TABLE cases; -- 大街 🚧"},
    "not-utf-8": {"address": "1 CA\udcd1ON DR"},
}
REFUSED = {
    "late": ({"createddate": "1/5/20 9:00"}, Rule.END_BEFORE_START),
    "clean": ({"address": "somewhere else"}, Rule.TWICE),
    "no-date": ({"createddate": "the other day"}, Rule.BAD_TIME),
    "no-such-day": ({"closeddate": "2/30/20 9:00"}, Rule.BAD_TIME),
    "last-century": ({"createddate": "1/2/99 9:00"}, Rule.BEFORE_THE_CITY),
    "tomorrow": ({"closeddate": "1/1/60 9:00"}, Rule.IN_THE_FUTURE),
    "volcano": ({"requesttype": "Volcano"}, Rule.UNKNOWN_TYPE),
    "nasa": ({"owner": "NASA"}, Rule.UNKNOWN_OWNER),
    "lost": ({"status": "Lost"}, Rule.UNKNOWN_STATUS),
    "pigeon": ({"requestsource": "Pigeon"}, Rule.UNKNOWN_CHANNEL),
    "moon": ({"latitude": "384400"}, Rule.BAD_COORDINATES),
    "": ({}, Rule.INCOMPLETE),
}
NOT_TOLD = {"x" * 65: {}, "long-address": {"address": "y" * 501}}
"""Rows that read well, but that the platform itself refuses."""
BY_RULE = {
    Rule.NO_COORDINATES, Rule.COUNCIL_WITHOUT_BOUNDARY, Rule.IN_SPRING_GAP, Rule.IN_AUTUMN_FOLD,
    Rule.CLOSED_WITHOUT_TIME, Rule.NOT_UTF_8, Rule.COUNCIL_ALONE, Rule.END_IS_A_DATE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Imported:
    """What the program printed, and the cases that are there when it is started again."""

    said: str
    cases: dict[str, cases.Case]


@pytest.fixture(scope="module")
def imported(folder: Path) -> Iterator[Imported]:
    source = folder / "dirty.csv.gz"
    source.write_bytes(gzip.compress(_file()))
    data = folder / "dirty"
    data.mkdir(mode=0o755)
    port, http_port = str(free_port()), str(free_port())
    command = [sys.executable, "-m", "e2e.city", "--once", "--requests", str(source), "--data", str(data)]
    done = subprocess.run(
        [*command, "--port", port, "--http-port", http_port], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    platform = Platform(data=data, port=int(port), http_port=int(http_port), log=data / "again.log")
    platform.start()
    try:
        city = sign_in(platform.address, platform.secret)
        listed = city.cases.list_cases(cases.ListCasesRequest(page_size=200)).cases
        yield Imported(done.stdout, {case.external_reference.number: case for case in listed})
    finally:
        platform.stop()


def _file() -> bytes:
    """The heading, the rows, and at the end two lines that are no rows."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, ["srnumber", *BASE], lineterminator="\n")
    writer.writeheader()
    for number, changes in [*IMPORTED.items(), *NOT_TOLD.items()]:
        writer.writerow({"srnumber": number, **BASE, **changes})
    for number, (changes, _) in REFUSED.items():
        writer.writerow({"srnumber": number, **BASE, **changes})
    lines = "too-short,Bulky Items\n" + 'open-quote,Bulky Items,"Closed\nthe "rest'
    return (text.getvalue() + lines).encode("utf-8", "surrogateescape")


def test_the_counts_add_up(imported: Imported) -> None:
    told, refused, not_told = len(IMPORTED), len(REFUSED) + 2, len(NOT_TOLD)
    rows = told + refused + not_told

    assert f"The import: {rows} rows, {told} cases, {refused} rows refused,\n{not_told} cases not told" in (
        imported.said
    )
    assert imported.cases.keys() == IMPORTED.keys()


def test_every_refused_row_stands_in_the_report_with_its_line_and_its_rule(imported: Imported) -> None:
    found = re.findall(r"^  line (\d+) \((.*)\): (.*?: refused): (.*)$", imported.said, re.MULTILINE)

    first = 2 + len(IMPORTED) + len(NOT_TOLD)
    expected = [(first + n, number, rule.value) for n, (number, (_, rule)) in enumerate(REFUSED.items())]
    short = first + len(REFUSED)
    expected += [(short, "too-short", Rule.BROKEN_LINE.value), (short + 2, "", Rule.BROKEN_LINE.value)]
    assert [(int(line), number, rule) for line, number, rule, _ in found] == expected
    assert all(detail for *_, detail in found)


def test_every_rule_that_was_applied_is_counted(imported: Imported) -> None:
    counted = {
        rule for rule in Rule if re.search(rf"^ +1  {re.escape(rule.value)}$", imported.said, re.MULTILINE)
    }

    assert counted >= BY_RULE


def test_what_the_platform_refuses_is_told_with_its_reason(imported: Imported) -> None:
    for number in NOT_TOLD:
        assert re.search(rf"^  {number}: OpenCase: INVALID_REQUEST: ", imported.said, re.MULTILINE), number


def test_cases_are_what_the_rules_say(imported: Imported) -> None:
    """A row without coordinates lies in the council that it names, or else in the city."""
    found = imported.cases
    ended = {number: case.ended_time.ToDatetime(UTC) for number, case in found.items()}

    assert {found[number].area_id for number in ("no-place", "at-sea")} == {la.CITY}
    assert {found[number].area_id for number in ("clean", "no-such-council", "council-alone")} == {
        la.council_id("19")
    }
    assert ended["clean"] == datetime(2020, 1, 4, 20, 0, tzinfo=UTC)
    assert ended["closing-date"] == datetime(2020, 1, 2, 17, 0, tzinfo=UTC)
    assert ended["spring"] == datetime(2020, 3, 8, 10, 30, tzinfo=UTC)
    assert ended["autumn"] == datetime(2020, 11, 1, 8, 30, tzinfo=UTC)
    assert ended["no-closing-time"] == datetime(2020, 1, 9, 17, 0, tzinfo=UTC)
    assert found["two-owners"].body_id == "lasan"
    ends = {number: types.CaseState.Name(found[number].state).removeprefix("CASE_STATE_") for number in found}
    others = {"cancelled": "WITHDRAWN", "open": "ROUTED", "pending": "IN_PROGRESS", "referred": "REJECTED"}
    assert ends == {**dict.fromkeys(IMPORTED, "CLOSED"), **others}
