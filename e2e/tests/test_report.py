"""The report of the city: rows that add up, lines that fit, and no column that says nothing."""

import re
from datetime import UTC, datetime

import pytest
from linli.cases.v1 import cases_types_pb2 as types
from linli.supervision.v1 import supervision_service_pb2 as supervision
from linli.types.v1.types_pb2 import LocalizedText

from e2e.city import summary
from services.command.imports.report import tables as report
from services.command.imports.report.board import Board, Row, Section

JUDGED = datetime(2020, 7, 1, tzinfo=UTC)
ENDED = {
    "resolved": types.CASE_STATE_RESOLVED,
    "closed": types.CASE_STATE_CLOSED,
    "withdrawn": types.CASE_STATE_WITHDRAWN,
    "rejected": types.CASE_STATE_REJECTED,
}
OUTCOME: summary.Summary = {
    "rows": 10_000, "told": 9_998, "not_told": [], "rules": {}, "earlier": 0, "repeated": 0,
    "refused": [[n, f"1-{n}", "a time that cannot be read: refused", "so much " * 40] for n in (7, 9)],
    "commands": 37_000, "seconds": 40.0, "cores": 2,
    "helped": {
        "volunteers": 60, "needs": 30, "proposed": 27, "covered": 135, "bound": 135, "accepted": 15,
        "declined": 12, "minutes": 1800,
    },
}  # fmt: skip


def row(name: str, returned: int = 0, opened: int = 0, **ended: int) -> Row:
    states = [supervision.StateCount(state=ENDED[word], cases=cases) for word, cases in ended.items()]
    cases = opened + sum(ended.values())
    return Row(
        group_id=name.lower(), name=LocalizedText(en=name), cases=cases, open=opened, states=states,
        returned=returned, on_time_rate=0.961, median_close_seconds=300, p90_close_seconds=15_724_800,
    )  # fmt: skip


def board(whole: Row, *rows: Row) -> Board:
    return Board(whole, [Section("By department", "(none)", rows)], JUDGED)


def figures(line: str) -> list[int]:
    """The counts of a row up to the first rate."""
    return [int(word.replace(",", "")) for word in re.findall(r"(?<= )[\d,]+(?=  )", line.partition("%")[0])]


@pytest.mark.parametrize("resolved", [{}, {"resolved": 30}])
def test_every_row_adds_up_to_its_cases(resolved: dict[str, int]) -> None:
    whole = row("all", opened=21, closed=16_957, withdrawn=89, rejected=26, **resolved)
    table = list(report.lines(board(whole, row("Sanitation", opened=21, closed=6_957, **resolved), whole)))

    rows = [line for line in table if "%" in line]

    assert len(rows) == 3
    for line in rows:
        cases, *parts = figures(line)
        assert len(parts) == 4 + len(resolved), line
        assert cases == sum(parts), line


def test_cases_sent_back_have_a_column_only_where_there_are_any() -> None:
    none, some = row("all", closed=5), row("all", closed=5, returned=2)

    without, shown = (list(report.lines(board(whole, whole))) for whole in (none, some))

    assert [line for line in without if "sent a case back" in line] == [
        "No body sent a case back (the file does not tell of it)."
    ]
    assert not any(re.search(r"\bback$", line) for line in without if "sent" not in line)
    assert not any("sent a case back" in line for line in shown)
    assert any(line.endswith("back") for line in shown)


def test_names_are_cut_before_a_line_gets_too_long() -> None:
    long = row("Office of " + "Community " * 12, opened=99_999, closed=1_000_000, resolved=9, returned=3)

    table = list(report.lines(board(long, long)))

    assert max(map(len, table)) == report.WIDTH
    assert any(re.match(r"  Office \w*.*…", line) for line in table)
    assert max(map(len, report.LEGEND)) <= report.WIDTH


def test_a_duration_has_its_unit() -> None:
    assert [report.lasted(seconds) for seconds in (0, 240, 8_000, 86_400, 14_662_080)] == [
        "0 min", "4 min", "2.2 h", "1.0 d", "169.7 d",
    ]  # fmt: skip
    assert report.spoken(240) == "4 minutes"


def test_a_late_first_answer_is_a_share_of_the_cases() -> None:
    whole = row("all", opened=1, closed=7)
    whole.first_response_breached = 2

    *_, last = (line for line in report.lines(board(whole, whole)) if "%" in line)

    assert last.endswith("25.0%")


def test_of_the_import_no_line_is_too_long_either() -> None:
    said = list(summary.lines(OUTCOME, again=False))

    assert max(map(len, said)) <= report.WIDTH
    assert "  line 7 (1-7): a time that cannot be read: refused: so much" in "\n".join(said)


def test_of_a_long_list_the_first_ten_of_each_kind_stand_in_the_report() -> None:
    refused = [[n, f"1-{n}", "a time that cannot be read: refused", "31/1/20 9:00"] for n in range(2, 9_878)]
    refused.insert(5_000, [10_000, "1-x", "a number that an earlier line has: refused", "1-1"])
    not_told = [[f"2-{n}", "OpenCase", f"INVALID_REQUEST: address {n}"] for n in range(12)]

    said = list(summary.lines({**OUTCOME, "refused": refused, "not_told": not_told}, again=False))

    assert [line.split()[1] for line in said if line.startswith("  line ")] == [
        *(str(n) for n in range(2, 12)), "10000",
    ]  # fmt: skip
    assert "  and 9,866 more: a time that cannot be read: refused" in said
    assert "  and 2 more: OpenCase: INVALID_REQUEST" in said
    assert len(said) < 50


def test_a_run_that_went_on_says_what_was_there_already() -> None:
    went_on = {**OUTCOME, "earlier": 4_855, "repeated": 23, "commands": 18_000, "seconds": 20.0}

    first, second = (" ".join(summary.lines(outcome, again=False)) for outcome in (OUTCOME, went_on))

    assert "This run told 37,000 steps in 40 s (925/s)" in first
    assert "earlier run" not in first
    assert "This run told 18,000 steps in 20 s (900/s)" in second
    assert "4,855 cases were there already from an earlier run and not sent again" in second
    assert "23 steps were repeated and answered as the first time" in second


def test_figures_found_again_are_those_of_the_run_that_finished() -> None:
    said = " ".join(summary.lines(OUTCOME, again=True))

    assert "The run that finished it told 37,000 steps" in said
    assert "This run" not in said
