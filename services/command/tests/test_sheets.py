"""Messages as rows of a sheet."""

from datetime import timedelta

import pytest
from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types
from linli.types.v1.types_pb2 import Point

from libs.rpc.moments import stamp
from libs.testkit.clocks import START
from services.command.sheets import columns, harmless


def row(case: pb.Case) -> dict[str, str]:
    return {column.name: column.cell(case) for column in columns(pb.Case.DESCRIPTOR)}


def test_each_field_has_its_column_and_messages_open_out() -> None:
    found = row(
        pb.Case(case_id="c1", state=types.CASE_STATE_ROUTED, opened_time=stamp(START), anonymous=True)
    )

    assert found["case_id"] == "c1"
    assert found["state"] == "CASE_STATE_ROUTED"
    assert found["opened_time"] == START.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert found["anonymous"] == "true"


def test_what_is_not_set_is_an_empty_cell() -> None:
    found = row(pb.Case(case_id="c1"))

    assert found["opened_time"] == ""
    assert found["external_reference.number"] == ""


def test_a_list_is_one_cell_of_json() -> None:
    case = pb.Case(deadlines=[types.Deadline(commitment_id="promise", commitment_version=2)])

    assert '"commitment_id": "promise"' in row(case)["deadlines"]


def test_when_a_case_is_due_and_whether_it_is_overdue_can_be_sorted_by() -> None:
    answer = types.Deadline(clock=types.CLOCK_KIND_FIRST_RESPONSE, due_time=stamp(START), breached=True)
    resolution = types.Deadline(clock=types.CLOCK_KIND_RESOLUTION, due_time=stamp(START + timedelta(days=1)))
    due = (START + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")

    found = row(pb.Case(deadlines=[answer, resolution]))
    assert (found["due_time"], found["overdue"]) == (due, "false")

    resolution.breached = True
    found = row(pb.Case(deadlines=[answer, resolution]))
    assert (found["due_time"], found["overdue"]) == (due, "true")

    found = row(pb.Case(deadlines=[answer]))
    assert (found["due_time"], found["overdue"]) == ("", "")


def test_no_two_columns_have_one_name() -> None:
    for rows in (pb.Case, pb.DuplicateCandidate):
        names = [column.name for column in columns(rows.DESCRIPTOR)]
        assert len(names) == len(set(names))


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_formula_becomes_a_text(text: str) -> None:
    assert harmless(text) == f"'{text}"


def test_numbers_keep_their_sign() -> None:
    (latitude, longitude) = (
        column.cell(Point(latitude=-33.9, longitude=-118.2)) for column in columns(Point.DESCRIPTOR)
    )

    assert (latitude, longitude) == ("-33.9", "-118.2")
