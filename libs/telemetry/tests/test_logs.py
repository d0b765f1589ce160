"""Logs are lines of JSON that lead to the trace and never to a person."""

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from libs.ledger.personal import Personal
from libs.telemetry import logs, traces


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.setup(stream=stream, service="cases", cell="demo")
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_a_line_says_what_where_when_and_in_which_trace(written: io.StringIO) -> None:
    with traces.span("inbox") as span:
        logs.get("inbox").warning("event parked", source="catalog", position=17)

    (line,) = lines(written)
    assert line.pop("time").endswith("Z")
    assert line == {
        "event": "event parked",
        "level": "warning",
        "logger": "inbox",
        "service": "cases",
        "cell": "demo",
        "source": "catalog",
        "position": 17,
        "trace_id": span.trace_id,
        "span_id": span.span_id,
    }


def test_a_line_begins_with_what_people_read_first(written: io.StringIO) -> None:
    logs.get("inbox").warning("event parked", position=17)

    assert list(lines(written)[0])[:5] == ["time", "level", "logger", "event", "position"]


def test_denied_fields_are_refused_wherever_they_hide(written: io.StringIO) -> None:
    logs.get("x").warning(
        "seen",
        phone="555",
        Authorization="Bearer e",
        facts={"email": "li@a.org", "ok": [{"note": "hers"}, 1]},
    )

    (line,) = lines(written)
    assert (line["phone"], line["Authorization"]) == (logs.REFUSED, logs.REFUSED)
    assert line["facts"] == {"email": logs.REFUSED, "ok": [{"note": logs.REFUSED}, 1]}


def test_personal_data_never_shows_whatever_its_field(written: io.StringIO) -> None:
    logs.get("x").warning("seen", subject=Personal("p-1", "Li Mei"), many=[Personal("p-2", "Wang")])

    assert "Li Mei" not in written.getvalue()
    assert "Wang" not in written.getvalue()
    assert "p-1" in written.getvalue()


def test_a_traceback_shows_the_way_and_no_variables(written: io.StringIO) -> None:
    secret = "Li Mei, 555-1234"
    try:
        _ = len(secret) // 0
    except ZeroDivisionError:
        logs.get("x").exception("broke")

    (line,) = lines(written)
    assert "ZeroDivisionError" in line["exception"]
    assert secret not in line["exception"]


def test_other_libraries_log_in_the_same_form(written: io.StringIO) -> None:
    logging.getLogger("grpc").warning("address %s 已占用", "[::]:1")

    (line,) = lines(written)
    assert (line["event"], line["logger"], line["service"]) == ("address [::]:1 已占用", "grpc", "cases")


def test_lines_below_the_level_are_not_written(written: io.StringIO) -> None:
    logs.get("x").debug("too fine")

    assert written.getvalue() == ""


def test_a_line_break_in_a_value_stays_within_its_line(written: io.StringIO) -> None:
    logs.get("x").warning("seen", value='a\n{"event": "forged"}')

    assert len(lines(written)) == 1


@pytest.mark.process
def test_without_setup_warnings_go_to_stderr_without_variables() -> None:
    program = (
        "from libs.telemetry import logs\n"
        "secret = 'Li Mei'\n"
        "logs.get('x').info('quiet')\n"
        "try: 1 // (len(secret) - 6)\n"
        "except ZeroDivisionError: logs.get('x').exception('broke')\n"
    )

    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert json.loads(ran.stderr)["event"] == "broke"
    assert "Li Mei" not in ran.stderr


DUPLICATE = 'duplicate key violates "one_person"\nDETAIL:  Key (phone)=(555-1234, Li Mei) already exists.'


def test_what_a_database_quotes_of_its_rows_is_left_out_of_stack_traces(written: io.StringIO) -> None:
    try:
        raise psycopg.errors.UniqueViolation(DUPLICATE)
    except psycopg.Error:
        logs.get("x").exception("broke")

    (line,) = lines(written)
    assert 'duplicate key violates "one_person"' in line["exception"]
    assert "555-1234" not in written.getvalue()


def test_nor_is_it_in_a_field_or_in_what_another_library_logs(written: io.StringIO) -> None:
    logs.get("x").warning("seen", error=DUPLICATE, facts={"why": [DUPLICATE]})
    logging.getLogger("another").warning("error connecting: %s", DUPLICATE)

    assert "Li Mei" not in written.getvalue()
    assert [line["event"] for line in lines(written)] == [
        "seen",
        f"error connecting: {DUPLICATE.partition('DETAIL')[0]}{logs.REFUSED}",
    ]


def test_a_line_of_another_library_leads_to_the_trace_too(written: io.StringIO) -> None:
    with traces.span("rpc") as span:
        logging.getLogger("grpc").warning("slow")

    assert lines(written)[0]["trace_id"] == span.trace_id


MANY_LINES = """value too long for type character varying(9)
DETAIL:  Failing row contains (1, Li
Mei, 555-1234).
HINT:  Make it shorter.
CONTEXT:  COPY people, line 1, column name: "Li
Mei"
TABLE NAME:  people"""


def test_what_is_quoted_over_several_lines_is_left_out_to_its_end(written: io.StringIO) -> None:
    try:
        try:
            raise psycopg.errors.StringDataRightTruncation(MANY_LINES)
        except psycopg.Error as error:
            raise RuntimeError("cannot store it") from error
    except RuntimeError:
        logs.get("x").exception("broke")

    (line,) = lines(written)
    for kept in ("value too long", "Make it shorter", "TABLE NAME:  people", "RuntimeError: cannot store it"):
        assert kept in line["exception"]
    for secret in ("Mei", "555-1234", "COPY"):
        assert secret not in line["exception"]
